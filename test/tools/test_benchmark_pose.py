"""A pose model alone, measured on a folder of images."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_networks import write_network

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.pipeline.stages import Stages
from ros_vision_perception.tools.benchmark.command import main
from ros_vision_perception.tools.benchmark.pose import measure

DETS = np.array([[[40, 40, 120, 280, 0.8], [200, 100, 280, 180, 0.5]]], np.float32)


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Return a detector, a network for crops, and two images, as arguments."""
    image, crop = (1, 3, 320, 320), ('N', 3, 256, 192)
    labels = np.zeros((1, 2), np.float32)
    detector = write_network(
        tmp_path / 'a.onnx', {'input': image}, {'dets': DETS, 'labels': labels}
    )
    maps = np.full((2, 17, 64, 48), 0.5, np.float32)
    pose = write_network(tmp_path / 'b.onnx', {'input': crop}, {'output': maps})
    for name in 'xy':
        cv2.imwrite(str(tmp_path / f'{name}.png'), np.zeros((320, 320, 3), np.uint8))
    model = ['--pose', f'{detector}+{pose}', '--max-people', '2']
    return ['pose', '--images', str(tmp_path), *model]


def test_figures_are_printed_and_written(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / 'figures.json'
    arguments = [*arguments, '--backend', 'onnxruntime-cpu', '--frames', '3']
    assert main([*arguments, '--json', str(file)]) == 0
    figures = json.loads(file.read_text())
    assert figures['model'] == 'a+b' and figures['frames'] == 3 and figures['people'] == 2
    assert figures['stages'].keys() == {'whole', 'preprocess', 'infer', 'decode'}
    assert len(figures['networks']) == 2
    assert all('on the CPU, 2 threads' in where for where in figures['networks'].values())
    medians = {stage: times['p50_ms'] for stage, times in figures['stages'].items()}
    assert medians['whole'] > medians['infer'] > 0
    assert 'overhead_ratio' in capsys.readouterr().out


class Resting:
    """A pose model that calls its network in every second frame."""

    skeleton, model_name = COCO17, 'resting'

    def __init__(self) -> None:
        self.stamps: list[int] = []

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        self.stamps.append(frame.stamp_ns)
        if len(self.stamps) % 2:
            with stages('infer'):
                pass
        return Keypoints.empty(COCO17, frame.size)

    def look_ahead(self, stages: Stages) -> None:
        pass

    def reset(self) -> None:
        raise AssertionError('the images are one stream')


def test_frames_without_a_call_have_no_ratio() -> None:
    model = Resting()
    figures = measure(model, [np.zeros((4, 4, 3), np.uint8)] * 2, 5)
    assert len(model.stamps) == 5 and np.all(np.diff(model.stamps) > 0)
    assert np.isfinite(figures['overhead_ratio']) and figures['people'] == 0


def test_nothing_to_look_at_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['pose', '--pose', 'blazepose-full'])
    assert 'one of the arguments --video --images --bag is required' in capsys.readouterr().err
