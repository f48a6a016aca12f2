"""The nodes that a tool starts: processes that never outlive it."""

from collections.abc import Mapping, Sequence
import ctypes
import os
from pathlib import Path
import signal
import subprocess
import sys

from ros_vision_perception.core.errors import PerceptionError

_PATIENCE_S = 5.0
# prctl(2): send a signal to the child when its parent dies, however it does.
_PR_SET_PDEATHSIG = 1


class Children:
    """Processes that run commands of this package, each with a log file."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Write logs to `folder`; `environment` is that of the processes."""
        self._folder = folder
        self._environment = dict(environment)
        self._processes: dict[str, subprocess.Popen] = {}

    def start(
        self, command: str, parameters: Mapping[str, object], own: Sequence[str] = ()
    ) -> None:
        """Start a node with arguments of its `own` and ROS parameters."""
        program = [sys.executable, '-m', 'ros_vision_perception', command]
        arguments = [*program, *own, '--ros-args']
        for name, value in parameters.items():
            arguments += ['-p', f'{name}:={value}']
        with self._log(command).open('wb') as log:
            self._processes[command] = subprocess.Popen(
                arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_prepare,
            )

    @property
    def pids(self) -> tuple[int, ...]:
        """Their process ids."""
        return tuple(process.pid for process in self._processes.values())

    def check(self) -> None:
        """Do nothing while all live.

        Raises:
            PerceptionError: when one has ended, with the last line that it wrote.
        """
        for command, process in self._processes.items():
            if process.poll() is not None:
                log = self._log(command)
                lines = log.read_text(errors='replace').split('\n')
                said = next((line.strip() for line in reversed(lines) if line.strip()), 'nothing')
                raise PerceptionError(
                    f'{command} ended with status {process.returncode} and said: {said} '
                    f'(all of it: {log})'
                )

    def stop(self) -> None:
        """End all, gently at first."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self, command: str) -> Path:
        return self._folder / f'{command}.log'


def _prepare() -> None:
    # A shell that starts something in the background has it ignore this, and so all its children.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == 'linux':
        _die_with_parent()


def _die_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between
        os.kill(os.getpid(), signal.SIGKILL)
