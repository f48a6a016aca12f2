"""What is there to deploy fits the package: files, launch arguments, and the shell in between."""

from configparser import ConfigParser
import json
from pathlib import Path
import re
import shlex
import shutil
import subprocess

import pytest

from ros_vision_perception.nodes.launch_plan import ARGUMENTS, plan

_ROOT = Path(__file__).parents[1]
_UNIT = (_ROOT / 'deploy' / 'ros-vision-perception.service').read_text(encoding='utf-8')
_DOCKERFILE = (_ROOT / 'deploy' / 'jetson.Dockerfile').read_text(encoding='utf-8')
# Instructions, each in one line.
_STEPS = [
    step.split(None, 1)
    for step in re.sub(r'\\\n', '', _DOCKERFILE).splitlines()
    if step and step[0] not in '# '
]
_DEFAULTS = {name: argument.default for name, argument in ARGUMENTS.items()}


def _service() -> tuple[dict[str, str], dict[str, str]]:
    """Return the section Service, and the variables that it sets."""
    # Environment comes several times, which systemd adds up and ConfigParser does not.
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(_UNIT)
    assert parser.sections() == ['Unit', 'Service', 'Install']
    settings = re.findall(r'^Environment=(.*)$', _UNIT, re.M)
    pairs = [word.split('=', 1) for line in settings for word in shlex.split(line)]
    return dict(parser['Service']), {name: value for name, value in pairs}


def _given(words: list[str]) -> dict[str, str]:
    """Return launch arguments as `plan` takes them."""
    pairs = [word.split(':=', 1) for word in words]
    assert all(name in ARGUMENTS for name, _ in pairs)
    return {**_DEFAULTS, **{name: value for name, value in pairs}}


def _check_script(script: str) -> None:
    (package, file), *_ = re.findall(r'ros2 launch (\w+) (\S+)', script)
    assert (package, (_ROOT / 'launch' / file).is_file()) == ('ros_vision_perception', True)
    bash = shutil.which('bash')
    if bash is None:
        pytest.skip('needs bash')
    subprocess.run([bash, '-n', '-c', script], check=True)


def test_the_service_starts_the_launch_file_with_arguments_that_it_has() -> None:
    service, environment = _service()
    shell, option, script = shlex.split(service['ExecStart'])
    assert (shell, option) == ('/bin/bash', '-c')
    assert '$' not in script.replace('$$', ''), 'systemd would fill it in'
    _check_script(script.replace('$$', '$'))
    assert set(re.findall(r'\$\$(\w+)', script)) <= environment.keys()
    assert plan(_given(environment['ARGUMENTS'].split()))


def test_the_service_ends_as_ctrl_c_does_and_comes_back_by_itself() -> None:
    service, _ = _service()
    assert (service['KillSignal'], service['KillMode']) == ('SIGINT', 'mixed')
    assert service['Restart'] == 'always'


def test_the_container_copies_what_the_build_reads() -> None:
    copied = [path for step in _STEPS if step[0] == 'COPY' for path in step[1].split()[:-1]]
    assert all((_ROOT / path).exists() for path in copied)
    read = re.findall(r'install\(DIRECTORY ([\w ]+) DEST', (_ROOT / 'CMakeLists.txt').read_text())
    assert {word for words in read for word in words.split()} <= set(copied)
    assert {'CMakeLists.txt', 'package.xml', 'msg', 'ros_vision_perception'} <= set(copied)


def test_the_container_starts_the_launch_file_with_arguments_that_it_has() -> None:
    steps = {name: rest for name, rest in _STEPS}
    shell, option, script, _name = json.loads(steps['ENTRYPOINT'])
    assert (shell, option) == ('/bin/bash', '-c')
    _check_script(script)
    (node,) = plan(_given(json.loads(steps['CMD'])))
    assert node.parameters['backend'] == 'tensorrt'


def test_the_requirements_of_the_container_leave_out_what_the_base_has() -> None:
    pattern = re.search(r"grep -v '(.*?)'", _DOCKERFILE)
    grep = shutil.which('grep')
    if grep is None:
        pytest.skip('needs grep')
    assert pattern is not None
    file = _ROOT / 'requirements' / 'runtime.in'
    left = subprocess.run(
        [grep, '-v', pattern[1], str(file)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {'onnxruntime>=1.17', 'rosbags', 'platformdirs'} <= set(left)
    assert not [line for line in left if line.startswith(('numpy', 'opencv'))]


def test_what_the_documents_name_exists() -> None:
    named = set()
    for page in (_ROOT / 'docs').glob('*.md'):
        named |= set(re.findall(r'\bdeploy/[\w.-]+', page.read_text(encoding='utf-8')))
    assert named == {f'deploy/{path.name}' for path in (_ROOT / 'deploy').iterdir()}
