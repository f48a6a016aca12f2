"""The cache of models with several processes at once, and with one that is killed."""

from collections.abc import Mapping
import os
from pathlib import Path
import subprocess
import sys
import time

from small_models import CATALOG, WALKER, FakeIndex, assert_whole, convert

from ros_vision_perception.zoo.store import Store


class OtherProcess:
    """This file, run as a program on the same cache: see the end of it."""

    def __init__(self, role: str, tmp_path: Path) -> None:
        arguments = [sys.executable, __file__, role, str(tmp_path)]
        environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            arguments, stdin=pipe, stdout=pipe, text=True, env=environment
        )

    def read_line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip()

    def start(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write('start\n')
        self._process.stdin.flush()

    def wait(self) -> list[str]:
        """Return the rest of what it says."""
        output, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        return str(output).splitlines()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def test_of_two_processes_at_once_one_downloads_and_both_get_the_model(
    tmp_path: Path, store: Store, index: FakeIndex
) -> None:
    processes = [OtherProcess('use', tmp_path) for _ in range(2)]
    assert [process.read_line() for process in processes] == ['ready', 'ready']
    for process in processes:
        process.start()
    said = sorted(process.wait() for process in processes)

    assert index.downloads == 1
    assert said == [
        [
            'downloading networks==1.0 (1 MB), once',
            'walker: converting eyes.onnx',
            'walker: converting legs.onnx',
        ],
        ['waiting for another process that prepares models'],
    ]
    assert_whole(store, WALKER)


def test_a_process_killed_half_way_leaves_nothing_that_looks_whole(
    tmp_path: Path, store: Store, lines: list[str]
) -> None:
    process = OtherProcess('hang', tmp_path)
    assert process.read_line() == 'hangs in legs.onnx'
    process.kill()
    assert store.problem(WALKER) == 'not cached'

    partial = store.folder(WALKER) / '.partial-left'  # as if it had been killed while writing
    partial.write_bytes(b'conv')
    store.ensure(WALKER)

    assert_whole(store, WALKER)
    assert not partial.exists()
    assert lines == ['walker: converting eyes.onnx', 'walker: converting legs.onnx']


def convert_and_hang(
    data: bytes, outputs: Mapping[str, str], metadata: Mapping[str, str]
) -> bytes:
    if metadata['file'] == 'legs.onnx':
        print('hangs in legs.onnx', flush=True)
        time.sleep(60)
    return convert(data, outputs, metadata)


def use_store(role: str, folder: Path) -> None:
    """Use the model in the cache of another process's test."""
    index = FakeIndex(folder / 'downloads.log', seconds=2.0)
    if role == 'hang':
        Store(folder / 'cache', CATALOG, index, convert_and_hang, lambda line: None).ensure(WALKER)
        return
    print('ready', flush=True)
    sys.stdin.readline()
    store = Store(folder / 'cache', CATALOG, index, convert, print)
    store.ensure(WALKER)
    assert store.problem(WALKER) is None


if __name__ == '__main__':
    use_store(sys.argv[1], Path(sys.argv[2]))
