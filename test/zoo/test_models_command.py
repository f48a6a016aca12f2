"""The command `models`."""

from pathlib import Path

import numpy as np
import pytest
from small_networks import Shape, write_network

from ros_vision_perception import commands
from ros_vision_perception.tools import models
from ros_vision_perception.zoo.cache import FOLDER_VARIABLE
from ros_vision_perception.zoo.catalog import default_catalog


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def filled_cache(assets: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a cache folder with the selfie model, made without a network."""
    for member in default_catalog().members(default_catalog().wheels[0]):
        source = empty_cache / 'sources' / member
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes((assets / f'models/mp_{source.name}').read_bytes())
    assert models.main(['fetch', 'selfie-segmentation']) == 0
    folder = empty_cache / 'models/selfie-segmentation'
    captured = capsys.readouterr()
    assert captured.out == f'{folder}\n'
    assert captured.err == 'selfie-segmentation: converting segmenter.onnx\n'
    return empty_cache


def test_list_names_every_model(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(['list']) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert tuple(line[0] for line in lines) == default_catalog().names
    assert ['blazepose-full', 'pose', 'Apache-2.0', '-'] in [line[:4] for line in lines]
    assert ['yolo11n-pose', 'pose', 'AGPL-3.0', '-'] in [line[:4] for line in lines]


def test_list_says_what_is_cached(filled_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(['list']) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines if line[3] == 'cached'] == ['selfie-segmentation']


def test_info_says_all_that_the_catalogue_knows(
    empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models.main(['info', 'blazepose-full']) == 0
    output = capsys.readouterr().out
    for part in ('Apache-2.0', 'blazepose33', 'Nx3x224x224', 'world_landmarks', '0.955'):
        assert part in output


def test_info_of_a_model_from_the_web_shows_where_from_and_under_what_licence(
    empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models.main(['info', 'yolo11n-pose']) == 0
    output = capsys.readouterr().out
    for part in ('AGPL-3.0: needs --accept-license', 'https://', 'not published', 'Nx3x640x640'):
        assert part in output


def test_what_binds_is_not_fetched_without_a_word(
    empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run('models', ['fetch', 'yolo11n-pose']) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert 'AGPL-3.0' in line and 'models fetch yolo11n-pose --accept-license' in line


def test_prune_says_what_became_free(
    filled_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (filled_cache / 'models/old').mkdir()
    (filled_cache / 'models/old/net.onnx').write_bytes(b'x' * 3_000_000)
    assert models.main(['prune']) == 0
    assert capsys.readouterr().out == f'3.0 MB freed in {filled_cache}\n'
    assert models.main(['prune', 'selfie-segmentation']) == 0
    assert commands.run('models', ['path', 'selfie-segmentation']) == 1


def test_path_of_a_cached_model_is_its_folder(
    filled_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models.main(['path', 'selfie-segmentation']) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert (folder / 'segmenter.onnx').is_file()


def test_verify_finds_damage_and_fetch_repairs_it(
    filled_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run('models', ['verify']) == 0
    (filled_cache / 'models/selfie-segmentation/segmenter.onnx').write_bytes(b'half')
    assert commands.run('models', ['verify']) == 1
    assert 'segmenter.onnx is damaged' in capsys.readouterr().out
    assert commands.run('models', ['fetch', 'selfie-segmentation']) == 0
    assert commands.run('models', ['verify']) == 0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    shape: Shape = (1, 3, 64, 64)
    outputs = {'output0': np.zeros((1, 56, 84), np.float32)}
    return write_network(tmp_path / 'mine.onnx', {'images': shape}, outputs, {'task': 'pose'})


def test_inspect_says_what_a_file_is_and_why(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models.main(['inspect', str(file)]) == 0
    shapes, backend, metadata, family = capsys.readouterr().out.splitlines()
    assert backend.startswith('would run here on: ')
    assert shapes.startswith('input images 1x3x64x64, output output0 1x56x84, ')
    assert metadata == 'metadata task: pose'
    assert family.startswith(
        'is of family yolo-pose, a pose model, joints of coco17, classes person: image Nx3x'
    )


def test_inspect_knows_the_files_of_the_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_network(
        tmp_path / 'a.onnx', {}, {'y': np.zeros(1, np.float32)}, {'family': 'blazepose'}
    )
    assert models.main(['inspect', str(file)]) == 0
    assert 'is of family blazepose: it says so itself' in capsys.readouterr().out


def test_inspect_of_another_network_says_what_is_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_network(tmp_path / 'a.onnx', {}, {'y': np.zeros(1, np.float32)})
    assert commands.run('models', ['inspect', str(file)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert 'is of no known family; expected yolo-pose: ' in line and 'rtmdet: ' in line


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['info', 'nobody'], "no model 'nobody'; available: blazepose-full, selfie-segm"),
        (['fetch', 'nobody'], "no model 'nobody'"),
        (['inspect', '/no/file'], 'no model file at /no/file'),
        (['path', 'blazepose-full'], 'not cached; cure: models fetch blazepose-full'),
    ],
)
def test_what_cannot_be_done_is_one_line_and_not_success(
    arguments: list[str], message: str, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run('models', arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('models: ')
    assert message in line


@pytest.mark.parametrize('arguments', [[], ['dance'], ['info']])
def test_a_wrong_call_shows_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        models.main(arguments)
    assert caught.value.code == 2
    assert 'usage: models' in capsys.readouterr().err


def test_help_names_the_cache_folder(
    empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        models.main(['--help'])
    assert caught.value.code == 0
    assert ''.join(str(empty_cache).split()) in ''.join(capsys.readouterr().out.split())
