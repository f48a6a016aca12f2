"""What a YAML file beside a model says of it."""

from pathlib import Path

import numpy as np
import pytest
from small_networks import Shape, write_network

from ros_vision_perception import commands
from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.recognise import Network
from ros_vision_perception.zoo.resolve import resolve
from ros_vision_perception.zoo.sidecar import read_sidecar

IMAGE: dict[str, Shape] = {'images': (1, 3, 64, 64)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    outputs = {'output0': np.zeros((1, 56, 84), np.float32)}
    return write_network(
        tmp_path / 'mine.onnx', IMAGE, outputs, {'family': 'rtmo', 'made': 'here'}
    )


def write(file: Path, text: str) -> None:
    file.with_suffix('.yaml').write_text(text)


def test_without_one_nothing_changes(file: Path) -> None:
    assert read_sidecar(file) == {}


def test_all_that_it_may_say_becomes_metadata(file: Path) -> None:
    write(
        file,
        'family: heatmap\nskeleton: coco17\nclasses: [person, shelf]\nmetadata: {codec: udp}\n',
    )
    assert read_sidecar(file) == {
        'family': 'heatmap',
        'skeleton': 'coco17',
        'names': "{0: 'person', 1: 'shelf'}",
        'codec': 'udp',
    }


def test_it_wins_over_the_metadata_and_says_so(file: Path) -> None:
    write(file, 'family: yolo-pose\n')
    lines: list[str] = []
    assert resolve(str(file), lines.append).family == 'yolo-pose'
    assert lines == ['mine.onnx: mine.yaml beside it decides family']
    network = Network.load(file, lambda path: OnnxBackend(path, 1))
    assert network.signature.metadata == {'family': 'yolo-pose', 'made': 'here'}


def test_a_wrong_entry_in_the_file_is_put_right_by_it(file: Path) -> None:
    def load() -> str:
        pipeline = load_pose(
            str(file), threads=1, max_people=1, with_masks=False, skeleton='', report=lines.append
        )
        return pipeline.skeleton.name

    lines: list[str] = []
    with pytest.raises(ModelError, match='is no pose model that is known'):
        load()
    write(file, 'family: yolo-pose\n')
    assert load() == 'coco17'


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('familly: yolo-pose', r'mine\.yaml: unknown key familly; known: family, skeleton, cl'),
        ('family: 3', r'mine\.yaml\.family: expected str; got 3'),
        ('skeleton: coco18', "unknown skeleton 'coco18'; available: coco17"),
        ('classes: person', r'mine\.yaml\.classes: expected list'),
        ('classes: [1]', r'classes\[0\]: expected str; got 1'),
        ('metadata: {codec: 1}', r'metadata\.codec: expected str; got 1'),
        ('', 'expected dict; got None'),
        ('a: [', r'mine\.yaml: no YAML'),
        ('\x00', r'mine\.yaml: no YAML'),
    ],
)
def test_a_fault_in_it_is_one_line(text: str, message: str, file: Path) -> None:
    write(file, text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        resolve(str(file), lambda line: None)
    assert '\n' not in str(caught.value)


def test_inspect_shows_which_file_says_what(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(file, 'family: yolo-pose\n')
    assert commands.run('models', ['inspect', str(file)]) == 0
    output = capsys.readouterr().out
    assert 'mine.yaml family: yolo-pose' in output
    assert 'metadata made: here' in output


def test_inspect_says_what_to_write_where(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run('models', ['inspect', str(file)]) == 1
    captured = capsys.readouterr()
    assert 'input images 1x3x64x64, output output0 1x56x84' in captured.out
    (line,) = captured.err.splitlines()
    assert 'says to be of family rtmo, but is not: expected input Nx3xHxW -> dets' in line
    assert "write 'family: NAME' into mine.yaml" in line

    write(file, 'family: nobody\n')
    assert commands.run('models', ['inspect', str(file)]) == 1
    assert 'of family nobody, which is none of yolo-pose, ' in capsys.readouterr().err
