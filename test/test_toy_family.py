"""A new family is one file, one entry in the table of families and one in the catalogue."""

from collections.abc import Iterator
from pathlib import Path

from file_server import FileServer, serving
import numpy as np
import pytest
from small_networks import write_network
import toy_family

from ros_vision_perception import commands
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline import families
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools import models
from ros_vision_perception.zoo import catalog, resolve
from ros_vision_perception.zoo.cache import FOLDER_VARIABLE
from ros_vision_perception.zoo.web import MIRRORS_VARIABLE

FRAME = Frame(np.zeros((100, 200, 3), np.uint8), 'bgr8', 0)
JOINTS = np.linspace(0.1, 0.9, 17 * 3, dtype=np.float32).reshape(1, 17, 3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_network(
        tmp_path / 'mine.onnx', {'toy_image': ('batch', 3, 32, 32)}, {'toy_joints': JOINTS}
    )


@pytest.fixture
def toy(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the family: all that is to be done for one."""
    with serving(FileServer({'/toy.onnx': file.read_bytes()})) as server:
        monkeypatch.setitem(families.POSE, 'toy', toy_family)
        entries = Path(catalog.__file__).with_name('catalog.yaml').read_text(encoding='utf-8')
        extended = catalog.parse(f"""{entries}
  - name: toy
    summary: one person's joints
    task: pose
    family: toy
    skeleton: coco17
    licence: MIT
    downloads:
      - name: toy.onnx
        urls: [{server.address}/toy.onnx]
        input_shape: [3, 32, 32]
        input_values: RGB in [0, 255]
""")
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / 'cache'))
        monkeypatch.delenv(MIRRORS_VARIABLE, raising=False)
        for module in (resolve, models):
            monkeypatch.setattr(module, 'default_catalog', lambda: extended)
        yield


def load(model: str) -> tuple[np.ndarray, str]:
    pipeline = load_pose(
        model, threads=1, max_people=3, with_masks=False, skeleton='', report=lambda line: None
    )
    return pipeline.estimate(FRAME, no_stages).keypoints_xy, pipeline.skeleton.name


@pytest.mark.usefixtures('toy')
def test_its_models_run_by_name_and_by_path(file: Path) -> None:
    for model in ('toy', str(file)):
        points, skeleton = load(model)
        assert skeleton == 'coco17'
        np.testing.assert_allclose(points, JOINTS[..., :2] * [200, 100], rtol=1e-5)


@pytest.mark.usefixtures('toy')
def test_the_commands_know_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run('models', ['inspect', str(file)]) == 0
    assert f'family toy, a pose model, joints of coco17: {toy_family.EXPECTED}' in (
        capsys.readouterr().out
    )
    assert commands.run('models', ['fetch', 'toy']) == 0
    capsys.readouterr()
    assert commands.run('models', ['list']) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith('toy '))
    assert line.split()[:4] == ['toy', 'pose', 'MIT', 'cached']
    assert commands.run('models', ['verify']) == 0


def test_without_it_its_files_are_of_no_known_family(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run('models', ['inspect', str(file)]) == 1
    assert 'is of no known family' in capsys.readouterr().err
