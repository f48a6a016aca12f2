"""The lists that must agree: messages, commands, versions, requirements."""

import ast
from importlib.util import find_spec
from pathlib import Path
import re
import sys
from xml.etree import ElementTree

import pytest

from ros_vision_perception.commands import COMMANDS

_ROOT = Path(__file__).parents[1]
_MESSAGES = sorted((_ROOT / 'msg').glob('*.msg'))
_NUMBER = re.compile(r'u?int(16|32|64)|float(32|64)|geometry_msgs/\w+')
# What the comment above a number must tell: a unit, a range without one, or what it counts.
_MEANING = re.compile(
    r'\b(px|pixels|m|s|rad|stamp|clock)\b|\[0, 1\]|no unit|\bids?\b|numbering|track|time|header',
    re.I,
)


def _text(path: str) -> str:
    return (_ROOT / path).read_text(encoding='utf-8')


def _package_xml() -> ElementTree.Element:
    return ElementTree.fromstring(_text('package.xml'))


def test_cmake_builds_every_message() -> None:
    listed = re.findall(r'^ +msg/(\w+\.msg)$', _text('CMakeLists.txt'), re.M)
    assert listed == [path.name for path in _MESSAGES]


def _fields(message: str) -> list[tuple[str, str]]:
    """Return field and comment above it; fields without a blank line between share it."""
    fields = []
    for block in message.split('\n\n'):
        lines = block.splitlines()
        comment = ' '.join(line for line in lines if line.startswith('#'))
        fields += [
            (line, comment) for line in lines if line and line[0] != '#' and '=' not in line
        ]
    return fields


@pytest.mark.parametrize('path', _MESSAGES, ids=lambda path: path.stem)
def test_every_number_in_a_message_has_a_unit(path: Path) -> None:
    text = path.read_text(encoding='utf-8')
    assert text.startswith('# '), 'says what the message is'
    for field, comment in _fields(text):
        if _NUMBER.match(field):
            assert _MEANING.search(comment), f'{field!r} under {comment!r}'


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_exists(name: str) -> None:
    module, _, function = COMMANDS[name].partition(':')
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin).read_text(encoding='utf-8')
    assert re.search(rf'^def {function}\(|^from .* import .*\b{function}\b', source, re.M)


def test_command_names_are_fit_for_ros2_run() -> None:
    assert all(re.fullmatch(r'[a-z][a-z_]*', name) for name in COMMANDS)


def test_both_installs_take_the_commands_from_the_table() -> None:
    assert 'from ${PROJECT_NAME}.commands import COMMANDS' in _text('CMakeLists.txt')
    assert 'ros-vision-perception = {NAME}.__main__:main' in _text('setup.py')
    assert not [name for name in COMMANDS if f"'{name}'" in _text('setup.py')]


def test_pip_and_ros_agree_on_the_version() -> None:
    version = _package_xml().findtext('version')
    assert version and re.fullmatch(r'\d+\.\d+\.\d+', version)
    assert "findtext('version')" in _text('setup.py')
    assert 'VERSION' not in re.search(r'project\(.*\)', _text('CMakeLists.txt')).group()  # type: ignore[union-attr]


def test_every_message_package_is_a_dependency() -> None:
    packages = {
        match
        for path in _MESSAGES
        for match in re.findall(r'^(\w+)/\w+', path.read_text(encoding='utf-8'), re.M)
    }
    declared = {element.text for element in _package_xml().findall('depend')}
    assert packages == declared
    for package in packages:
        assert f'find_package({package} REQUIRED)' in _text('CMakeLists.txt')


def test_the_lock_pins_every_requirement() -> None:
    pinned = {
        re.sub(r'[-_.]+', '-', line.partition('==')[0]).lower()
        for line in _text('requirements/lock.txt').splitlines()
        if '==' in line
    }
    # torch is left to whoever trains: there is one for each kind of GPU; rerun-sdk and ray
    # are large.
    unpinned = {_ROOT / f'requirements/{name}.in' for name in ('training', 'rerun', 'ray')}
    for path in {*(_ROOT / 'requirements').glob('*.in')} - unpinned:
        for line in path.read_text(encoding='utf-8').splitlines():
            if line and line[0] not in '#-':
                name = re.match(r'[\w.-]+', line)
                assert name is not None and re.sub(r'[-_.]+', '-', name.group()).lower() in pinned


def _requirements(name: str) -> set[str]:
    lines = _text(f'requirements/{name}.in').splitlines()
    return {line for line in (re.split('[<>=]', line)[0] for line in lines) if line[:1].isalnum()}


def test_every_library_that_is_imported_is_a_requirement() -> None:
    others = {
        **{'cv2': 'opencv-python-headless', 'yaml': 'pyyaml', 'skimage': 'scikit-image'},
        **{'rerun': 'rerun-sdk', 'ray': 'ray[client]'},
    }
    extras = 'runtime', 'tools', 'tracking', 'training', 'rerun', 'ray'
    required = set().union(*map(_requirements, extras))
    ros = {element.text for element in _package_xml().findall('exec_depend')}
    ros |= {element.text for element in _package_xml().findall('depend')}
    for path in (_ROOT / 'ros_vision_perception').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ''] if isinstance(node, ast.ImportFrom) else []
            for module in {name.partition('.')[0] for name in names}:
                # TensorRT comes with the software of the GPU.
                if module in {*sys.stdlib_module_names, 'ros_vision_perception', 'tensorrt'}:
                    continue
                assert others.get(module, module) in required | ros, f'{path}: {module}'


def test_what_the_readme_tells_to_make_exists() -> None:
    targets = set(re.findall(r'^([a-z]+):', _text('Makefile'), re.M))
    told = set(re.findall(r'\bmake ([a-z]+)\b', _text('README.md') + _text('CONTRIBUTING.md')))
    assert {'demo', 'test'} <= told <= targets
