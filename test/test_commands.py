"""The one table of commands, and how a command fails."""

from collections.abc import Callable
import subprocess
import sys
from types import ModuleType

import pytest

from ros_vision_perception.__main__ import main
from ros_vision_perception.commands import COMMANDS, run
from ros_vision_perception.core.errors import ConfigurationError

# What listing the commands must not wait for.
_HEAVY = ('cv2', 'numpy', 'onnxruntime', 'rclpy', 'scipy')


Main = Callable[[list[str]], int | None]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Main], None]:
    """Return a function that puts a command 'greet' into the table."""

    def install(function: Main) -> None:
        module = ModuleType('greeting')
        module.main = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, 'greeting', module)
        monkeypatch.setitem(COMMANDS, 'greet', 'greeting:main')

    return install


def _fail_with(error: BaseException) -> Main:
    def fail(arguments: list[str]) -> int | None:
        raise error

    return fail


def test_arguments_and_exit_status_pass_through(
    command: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def greet(arguments: list[str]) -> int:
        seen.extend(arguments)
        return 3

    command(greet)
    monkeypatch.setattr(sys, 'argv', ['ros-vision-perception', 'greet', '--name', 'x'])
    assert main() == 3
    assert seen == ['--name', 'x']


def test_a_command_that_returns_nothing_succeeded(command: Callable) -> None:
    command(lambda arguments: None)
    assert run('greet', []) == 0


def test_what_the_user_can_fix_is_one_line_without_a_traceback(
    command: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    command(_fail_with(ConfigurationError('threads: got 0, expected at least 1')))
    assert run('greet', []) == 1
    assert capsys.readouterr().err == 'greet: threads: got 0, expected at least 1\n'


@pytest.mark.parametrize('module', ['rclpy', 'sensor_msgs.msg', 'ros_vision_perception.msg'])
def test_a_missing_ros_is_one_line_that_says_so(
    command: Callable, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    command(_fail_with(ModuleNotFoundError(f'No module named {module!r}', name=module)))
    assert run('greet', []) == 1
    error = capsys.readouterr().err
    assert error.startswith('greet: needs ROS 2') and error.count('\n') == 1


def test_a_fault_of_ours_keeps_its_traceback(command: Callable) -> None:
    command(_fail_with(ModuleNotFoundError("No module named 'numpi'", name='numpi')))
    with pytest.raises(ModuleNotFoundError):
        run('greet', [])


def test_an_unknown_command_lists_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, 'argv', ['ros-vision-perception', 'dmeo'])
    assert main() == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1 and "'dmeo'" in error and 'demo' in error


def test_help_describes_every_command_and_imports_none() -> None:
    code = (
        'import sys; sys.argv[1:] = ["--help"]\n'
        'from ros_vision_perception.__main__ import main\n'
        f'status = main(); sys.exit(status or any(m in sys.modules for m in {_HEAVY}))'
    )
    result = subprocess.run((sys.executable, '-c', code), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line[:2] == '  ')
    assert set(lines) == set(COMMANDS)
    assert all(text[0].isupper() for text in lines.values()), lines
