"""What is done around a network, measured by us and by other libraries."""

import json
from pathlib import Path
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from small_networks import write_network

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.tools.benchmark.command import main
from ros_vision_perception.tools.benchmark.peers import measure

DETS = np.array([[[40, 40, 120, 280, 0.8]]], np.float32)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / 'x.png'), np.zeros((240, 320, 3), np.uint8))
    return tmp_path


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    labels = np.zeros((1, 1), np.float32)
    outputs = {'dets': DETS, 'labels': labels}
    return write_network(tmp_path / 'a.onnx', {'input': (1, 3, 320, 320)}, outputs)


class OtherDetector:
    """The methods of rtmlib's tools that are called."""

    sizes: list[tuple[int, int]] = []  # noqa: RUF012

    def __init__(
        self, path: str, model_input_size: tuple[int, int], score_thr: float, nms_thr: float
    ) -> None:
        self.sizes.append(model_input_size)

    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, float]:
        return np.zeros((320, 320, 3)), 1.0

    def inference(self, image: np.ndarray) -> list[np.ndarray]:
        return [DETS]

    def postprocess(self, outputs: np.ndarray, ratio: float) -> np.ndarray:
        assert outputs.shape == DETS.shape and ratio == 1.0
        return outputs


def rows(detector: Path, images: Path) -> list[dict]:
    file = images / 'figures.json'
    looked = ['--images', str(images), '--repeat', '2', '--json', str(file)]
    assert main(['peers', str(detector), *looked]) == 0
    result: list[dict] = json.loads(file.read_text())
    return result


def test_without_other_libraries_there_is_ours(
    detector: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'rtmlib', None)
    (row,) = rows(detector, images)
    assert (row['model'], row['family'], row['by']) == ('a', 'rtmdet', 'ours')
    assert min(row['preprocess'], row['infer'], row['decode'], row['share']) > 0


def test_a_library_that_reads_the_family_is_measured_with_an_input_of_the_same_size(
    detector: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'rtmlib', SimpleNamespace(RTMDet=OtherDetector))
    ours, other = rows(detector, images)
    assert (ours['by'], other['by']) == ('ours', 'rtmlib')
    assert OtherDetector.sizes == [(320, 320)]


def test_the_best_of_each_stage_counts_beside_our_call_of_the_network() -> None:
    def times(*looks: tuple[float, float, float]) -> list[dict[str, float]]:
        return [dict(zip(('preprocess', 'infer', 'decode'), look, strict=True)) for look in looks]

    ours, other = iter(times((2, 10, 1), (1, 20, 3))), iter(times((4, 1, 5), (9, 1, 4)))
    runs = {'ours': lambda image: next(ours), 'other': lambda image: next(other)}
    figures = measure(runs, [np.zeros((4, 4, 3), np.uint8)], 2)
    assert figures['ours'] == {'preprocess': 1, 'infer': 10, 'decode': 1, 'share': 0.2}
    assert figures['other'] == {'preprocess': 4, 'infer': 1, 'decode': 4, 'share': 0.8}


def test_a_network_of_another_kind_is_refused(images: Path) -> None:
    path = write_network(
        images / 'c.onnx', {'image': (1, 3, 224, 224)}, {'scores': np.zeros((1, 1000), np.float32)}
    )
    with pytest.raises(ModelError, match='no model of one network per frame: got input image'):
        main(['peers', str(path), '--images', str(images)])
