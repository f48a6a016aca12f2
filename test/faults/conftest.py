"""What the tests of faults need."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import subprocess
import sys

import pytest

from test.nodes.conftest import ros

__all__ = ['ros']

ROOT = Path(__file__).parents[2]


@pytest.fixture
def spawn(ros_domain: int) -> Iterator[Callable[..., subprocess.Popen]]:
    """Return a function that runs a module with arguments; all are ended after the test."""
    processes: list[subprocess.Popen] = []

    def spawn(module: str, *arguments: str, **variables: str) -> subprocess.Popen:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
        environment = {**os.environ, 'PYTHONPATH': path, **variables}
        program = [sys.executable, '-m', module, *arguments]
        processes.append(subprocess.Popen(program, env=environment))
        return processes[-1]

    yield spawn
    # Who is killed leaves shared memory, in which the next test would find something to mend.
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
