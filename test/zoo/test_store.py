"""The cache of models: whole or absent, repaired when damaged, safe with several processes."""

from collections.abc import Callable, Mapping
import hashlib
import json
import os
from pathlib import Path
import subprocess
import sys
import time
import zipfile

import pytest

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.zoo import store as store_module
from ros_vision_perception.zoo.catalog import Catalog, Model, Wheel, parse
from ros_vision_perception.zoo.store import Store

SOURCES = {'networks/eyes.tflite': b'eyes' * 1000, 'networks/legs.tflite': b'legs' * 1000}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_entry(name: str, member: str) -> str:
    return f"""
      - name: {name}
        member: {member}
        sha256: {sha256(SOURCES[member])}
        size_bytes: 4000
        input_shape: [3, 32, 32]
        input_range: [0, 1]
        outputs: {{map: Identity}}"""


CATALOG: Catalog = parse(f"""
wheels:
  - requirement: networks==1.0
    sha256: {'ab' * 32}
    size_bytes: 1000000
    python_version: '3.11'
    platform: any
models:
  - name: walker
    summary: finds people
    task: pose
    family: blazepose
    skeleton: coco17
    licence: Apache-2.0
    wheel: networks==1.0
    files:{file_entry('eyes.onnx', 'networks/eyes.tflite')}{
    file_entry('legs.onnx', 'networks/legs.tflite')
}
  - name: looker
    summary: finds eyes
    task: segmentation
    family: selfie
    licence: Apache-2.0
    wheel: networks==1.0
    files:{file_entry('eyes.onnx', 'networks/eyes.tflite')}
""")
WALKER, LOOKER = CATALOG.models


def convert(data: bytes, outputs: Mapping[str, str], metadata: Mapping[str, str]) -> bytes:
    return b'converted ' + metadata['file'].encode() + data


class FakeIndex:
    """Gives the wheel, slowly when asked to, and notes each download in a file."""

    def __init__(self, log: Path, seconds: float = 0.0) -> None:
        self._log = log
        self._seconds = seconds

    def __call__(self, wheel: Wheel, folder: Path) -> Path:
        with self._log.open('a') as log:
            log.write(f'{wheel.requirement}\n')
        file = folder / 'networks-1.0-py3-none-any.whl'
        with zipfile.ZipFile(file, 'w') as archive:
            for member, data in SOURCES.items():
                archive.writestr(member, data)
        time.sleep(self._seconds)
        return file

    @property
    def downloads(self) -> int:
        return len(self._log.read_text().splitlines()) if self._log.exists() else 0


def offline(wheel: Wheel, folder: Path) -> Path:
    raise ModelError('could not download: no network')


@pytest.fixture
def index(tmp_path: Path) -> FakeIndex:
    return FakeIndex(tmp_path / 'downloads.log')


@pytest.fixture
def lines() -> list[str]:
    """Return what was reported."""
    return []


@pytest.fixture
def store(tmp_path: Path, index: FakeIndex, lines: list[str]) -> Store:
    return Store(tmp_path / 'cache', CATALOG, index, convert, lines.append)


def without_network(tmp_path: Path) -> Store:
    return Store(tmp_path / 'cache', CATALOG, offline, convert, print)


def assert_whole(store: Store, model: Model) -> None:
    assert store.problem(model) is None
    for file in model.files:
        data = (store.folder(model) / file.name).read_bytes()
        assert data == b'converted ' + file.name.encode() + SOURCES[file.member]


def test_first_use_fetches_and_converts_and_says_so(store: Store, lines: list[str]) -> None:
    files = store.ensure(WALKER)
    assert {name: path.name for name, path in files.items()} == {
        'eyes.onnx': 'eyes.onnx',
        'legs.onnx': 'legs.onnx',
    }
    assert_whole(store, WALKER)
    assert lines == [
        'downloading networks==1.0 (1 MB), once',
        'walker: converting eyes.onnx',
        'walker: converting legs.onnx',
    ]


def test_second_use_is_silent_and_needs_no_network(
    store: Store, lines: list[str], tmp_path: Path
) -> None:
    store.ensure(WALKER)
    lines.clear()
    without_network(tmp_path).ensure(WALKER)
    store.ensure(WALKER)
    assert lines == []


def test_two_models_of_one_wheel_cost_one_download(store: Store, index: FakeIndex) -> None:
    store.ensure(WALKER)
    store.ensure(LOOKER)
    assert_whole(store, LOOKER)
    assert index.downloads == 1


def test_the_manifest_holds_what_each_file_was_made_from(store: Store) -> None:
    store.ensure(WALKER)
    manifest = json.loads((store.folder(WALKER) / 'manifest.json').read_text())
    assert manifest.keys() == {'eyes.onnx', 'legs.onnx'}
    recipe = manifest['eyes.onnx']['recipe']
    assert recipe['source_sha256'] == sha256(SOURCES['networks/eyes.tflite'])
    assert recipe['family'] == 'blazepose'
    assert recipe['converter'] == str(store_module.CONVERTER_VERSION)
    data = (store.folder(WALKER) / 'eyes.onnx').read_bytes()
    assert manifest['eyes.onnx']['sha256'] == sha256(data)


@pytest.mark.parametrize(
    ('damage', 'reason'),
    [
        (lambda folder: (folder / 'legs.onnx').write_bytes(b'x'), 'legs.onnx is damaged'),
        (lambda folder: os.truncate(folder / 'legs.onnx', 100), 'legs.onnx is damaged'),
        (lambda folder: (folder / 'legs.onnx').unlink(), 'legs.onnx is missing'),
        (lambda folder: (folder / 'manifest.json').write_text('{'), 'manifest.json is damaged'),
        (lambda folder: (folder / 'manifest.json').write_text('[]'), 'made from something else'),
        (
            lambda folder: (folder / 'manifest.json').write_text('{"eyes.onnx": 1}'),
            'made from something else',
        ),
    ],
)
def test_what_is_damaged_is_made_again_without_network_and_said(
    damage: Callable[[Path], object], reason: str, store: Store, index: FakeIndex, lines: list[str]
) -> None:
    store.ensure(WALKER)
    damage(store.folder(WALKER))
    lines.clear()
    assert reason in (store.problem(WALKER) or '')

    store.ensure(WALKER)

    assert_whole(store, WALKER)
    assert reason in lines[0]
    assert index.downloads == 1


def test_a_damaged_source_is_fetched_again_and_said(
    store: Store, index: FakeIndex, lines: list[str], tmp_path: Path
) -> None:
    store.ensure(WALKER)
    (tmp_path / 'cache/sources/networks/legs.tflite').write_bytes(b'legs')
    (store.folder(WALKER) / 'legs.onnx').unlink()
    lines.clear()
    store.ensure(WALKER)
    assert_whole(store, WALKER)
    assert 'legs.tflite is damaged; fetching it again' in lines
    assert index.downloads == 2


def test_another_converter_makes_everything_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ensure(WALKER)
    monkeypatch.setattr(store_module, 'CONVERTER_VERSION', 99)
    assert 'another version' in (store.problem(WALKER) or '')
    store.ensure(WALKER)
    assert_whole(store, WALKER)


def test_no_network_and_no_cache_is_one_line_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = without_network(tmp_path)
    with pytest.raises(ModelError, match='no network'):
        store.ensure(WALKER)
    assert [path.name for path in (tmp_path / 'cache').iterdir()] == ['.lock']


def test_a_wheel_with_other_contents_is_refused(tmp_path: Path) -> None:
    def download(wheel: Wheel, folder: Path) -> Path:
        file = folder / 'networks-1.0-py3-none-any.whl'
        with zipfile.ZipFile(file, 'w') as archive:
            for member in SOURCES:
                archive.writestr(member, b'something else')
        return file

    store = Store(tmp_path / 'cache', CATALOG, download, convert, print)
    with pytest.raises(ModelError, match=r'eyes\.tflite in networks-1\.0.*: expected sha256'):
        store.ensure(WALKER)
    assert store.problem(WALKER) == 'not cached'


@pytest.mark.parametrize('kind', ['a file', 'below a file', 'where nothing can be made'])
def test_a_cache_folder_that_cannot_be_written_is_named_with_the_cure(
    kind: str, tmp_path: Path, index: FakeIndex
) -> None:
    (tmp_path / 'file').write_text('')
    root = {
        'a file': tmp_path / 'file',
        'below a file': tmp_path / 'file/cache',
        'where nothing can be made': Path('/proc/cache'),
    }[kind]
    with pytest.raises(ConfigurationError) as caught:
        Store(root, CATALOG, index, convert, print).ensure(WALKER)
    assert str(caught.value).startswith(f'cannot write the model cache {root} (')
    assert 'set ROS_VISION_PERCEPTION_CACHE' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_filled_cache_is_used_without_writing_to_it(store: Store, tmp_path: Path) -> None:
    store.ensure(WALKER)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*')}
    (tmp_path / 'cache/.lock').unlink()
    store.ensure(WALKER)
    assert not (tmp_path / 'cache/.lock').exists()
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*')}
    assert after.keys() == before.keys() - {tmp_path / 'cache/.lock'}


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
