"""From a name or a path to files; every way in which there can be no model."""

from collections.abc import Callable
from pathlib import Path
import subprocess
import sys

import pytest
from tflite_writer import NetworkWriter

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo import resolve as resolve_module
from ros_vision_perception.zoo.cache import FOLDER_VARIABLE, cache_folder
from ros_vision_perception.zoo.catalog import default_catalog
from ros_vision_perception.zoo.onnx_metadata import read_metadata
from ros_vision_perception.zoo.resolve import ResolvedModel, default_store, resolve
from ros_vision_perception.zoo.tflite.convert import convert

POSE = {'family': 'blazepose', 'task': 'pose', 'skeleton': 'blazepose33'}
SELFIE = {'family': 'selfie', 'task': 'segmentation', 'skeleton': ''}
WriteModel = Callable[[Path, dict[str, str]], Path]


@pytest.fixture
def write_model() -> WriteModel:
    """Write a small .onnx file with metadata."""

    def write(path: Path, metadata: dict[str, str]) -> Path:
        net = NetworkWriter((1, 4, 6, 2))
        output = net.add('RELU', [net.input], (1, 4, 6, 2))
        path.write_bytes(convert(net.finish(output), {'map': f't{output}'}, metadata))
        return path

    return write


def refuse(line: str) -> None:
    raise AssertionError(f'nothing was to be reported: {line}')


def test_metadata_is_read_back(tmp_path: Path, write_model: WriteModel) -> None:
    metadata = {'family': 'blazepose', 'empty': '', 'umlaut': 'Größe', 'long': 'x' * 1000}
    assert read_metadata(write_model(tmp_path / 'a.onnx', metadata)) == metadata


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, write_model: WriteModel) -> None:
    path = write_model(tmp_path / 'a.onnx', {'family': 'blazepose'})
    whole = path.read_bytes()
    refused = 0
    for length in range(0, len(whole), 5):
        path.write_bytes(whole[:length])
        try:
            read_metadata(path)
        except ModelError as error:
            assert str(error) == f'{path} is no ONNX model, or not all of one'
            refused += 1
    # Between two outermost fields the rest is still a message, though without the last ones.
    assert refused >= (len(whole) // 5) - 3


@pytest.mark.parametrize('data', [b'', b'\x00', b'PK\x03\x04zip', b'\xff' * 50, b'hello', b'{}'])
def test_something_else_is_no_model(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'a.onnx'
    path.write_bytes(data)
    with pytest.raises(ModelError, match='is no ONNX model, or not all of one'):
        resolve(str(path), refuse)


def test_a_file_says_itself_what_it_is(tmp_path: Path, write_model: WriteModel) -> None:
    path = write_model(tmp_path / 'mine.onnx', {**SELFIE, 'file': 'segmenter.onnx'})
    model = resolve(str(path), refuse)
    assert model == ResolvedModel('mine', 'selfie', {'segmenter.onnx': path})
    assert model.file('segmenter.onnx') == path


def test_a_folder_is_one_model(tmp_path: Path, write_model: WriteModel) -> None:
    folder = tmp_path / 'my-pose'
    folder.mkdir()
    for name in ('detector.onnx', 'landmark.onnx'):
        write_model(folder / name, POSE)
    model = resolve(str(folder), refuse)
    assert (model.name, model.family) == ('my-pose', 'blazepose')
    assert model.files.keys() == {'detector.onnx', 'landmark.onnx'}
    with pytest.raises(
        ModelError, match=r'needs landmark_mask\.onnx; got detector\.onnx, landmark\.onnx'
    ):
        model.file('landmark_mask.onnx')


def test_files_of_a_folder_need_not_be_of_one_family(
    tmp_path: Path, write_model: WriteModel
) -> None:
    files = {
        name: write_model(tmp_path / name, metadata)
        for name, metadata in (('a.onnx', POSE), ('b.onnx', SELFIE), ('c.onnx', {}))
    }
    assert resolve(str(tmp_path), refuse) == ResolvedModel(tmp_path.name, None, files)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r'no \.onnx file in the folder'):
        resolve(str(tmp_path), refuse)


def test_a_single_file_need_not_say_what_it_is(tmp_path: Path, write_model: WriteModel) -> None:
    path = write_model(tmp_path / 'a.onnx', {})
    assert resolve(str(path), refuse) == ResolvedModel('a', None, {'a.onnx': path})


@pytest.mark.parametrize('name', ['blazepose', 'missing.onnx', '/no/such/folder', ''])
def test_what_does_not_exist_is_refused_with_the_known_names(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        resolve(name or str(tmp_path / 'nothing'), refuse)
    assert 'available: blazepose-full, selfie-segmentation' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_the_cache_folder_is_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'xdg'))
    assert cache_folder() == tmp_path / 'xdg/ros_vision_perception'


def test_a_cached_model_is_resolved_without_the_library_for_onnx(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing that library would double the time in which a node starts."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(resolve_module, 'download', refuse)
    for model in default_catalog().models[:2]:
        for file in model.files:
            source = tmp_path / 'sources' / file.member
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes((assets / f'models/mp_{source.name}').read_bytes())
    lines: list[str] = []
    default_store(lines.append).ensure(default_catalog().model('selfie-segmentation'))
    assert lines == ['selfie-segmentation: converting segmenter.onnx']

    program = (
        'import sys\n'
        'from ros_vision_perception.zoo.resolve import resolve\n'
        "model = resolve('selfie-segmentation', print)\n"
        "lazy = {'onnx', 'tflite', 'filelock', 'requests'}\n"
        'print(model.family, *sorted(lazy & set(sys.modules)))\n'
    )
    environment = {FOLDER_VARIABLE: str(tmp_path), 'PYTHONPATH': ':'.join(sys.path)}
    output = subprocess.run(
        [sys.executable, '-c', program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert output.stdout.split() == ['selfie']
