"""RTMDet end to end: boxes of people come back in the image."""

import numpy as np
import pytest

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.rtmdet import RtmDet, recognise

CONFIG = DetectionConfig(0.1, max_count=3)
FIXED, ANY = RtmDet((320, 320), CONFIG), RtmDet(None, CONFIG)
OUTPUTS: dict[str, Shape] = {'dets': (None, None, None), 'labels': (None, None)}


def decode(
    model: RtmDet, dets: list[list[float]], labels: list[int], size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    outputs: dict[str, np.ndarray] = {
        'dets': np.array([dets], np.float32),
        'labels': np.array([labels]),
    }
    (people,) = model.decode(outputs, [size])
    return people.boxes_xyxy, people.scores


# A network of any size gets 320 x 256 px, one of 320 x 320 px wider bars above and below.
@pytest.mark.parametrize(('model', 'bar'), [(FIXED, 40), (ANY, 8)])
def test_planted_boxes_come_back(model: RtmDet, bar: float) -> None:
    want = np.array([320.0, 100, 480, 380])
    placed = want / 2 + [0, bar, 0, bar]
    boxes, scores = decode(model, [[*placed, 0.8]], [0], (640, 480))
    np.testing.assert_allclose(boxes, want[None], atol=1e-3)
    np.testing.assert_allclose(scores, [0.8])


def test_only_sound_people_above_the_least_score_are_kept_best_first() -> None:
    box = [10.0, 10, 50, 90]
    dets = [
        [*box, 0.3],
        [*box, 0.05],  # too weak
        [*box, 0.9],
        [*box, 0.95],  # a chair
        [np.nan, 10, 50, 90, 0.9],
        [50.0, 10, 10, 90, 0.9],  # inside out
        [*box, 0.5],
        [*box, 0.2],  # one too many
    ]
    _, scores = decode(FIXED, dets, [0, 0, 0, 56, 0, 0, 0, 0], (320, 320))
    np.testing.assert_allclose(scores, [0.9, 0.5, 0.3])


def test_nobody_gives_nobody() -> None:
    outputs: dict[str, np.ndarray] = {
        'dets': np.zeros((1, 0, 5), np.float32),
        'labels': np.zeros((1, 0), np.int64),
    }
    (people,) = FIXED.decode(outputs, [(640, 480)])
    assert people.boxes_xyxy.shape == (0, 4) and people.scores.shape == (0,)


def test_input_is_normalised_blue_green_red() -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[:] = 200, 100, 50
    tensor = FIXED.preprocess([Frame(pixels, 'rgb8', 0)])['input']
    assert tensor.shape == (1, 3, 320, 320) and tensor.dtype == np.float32
    want = [(50 - 103.53) / 57.375, (100 - 116.28) / 57.12, (200 - 123.675) / 58.395]
    np.testing.assert_allclose(tensor[0, :, 160, 160], want, atol=1e-4)
    assert ANY.preprocess([Frame(pixels, 'rgb8', 0)])['input'].shape == (1, 3, 256, 320)


@pytest.mark.parametrize(('height', 'width', 'want'), [(None, None, None), (640, 416, (416, 640))])
def test_a_network_is_recognised(
    height: int | None, width: int | None, want: tuple[int, int] | None
) -> None:
    network = recognise(Signature({'input': (None, 3, height, width)}, OUTPUTS), CONFIG)
    assert network == RtmDet(want, CONFIG)


@pytest.mark.parametrize(
    'outputs',
    [{'dets': (None, None, 6), 'labels': (None, None)}, {'dets': (None, None, 5)}],
)
def test_another_network_is_not_taken_for_one(outputs: dict[str, Shape]) -> None:
    assert recognise(Signature({'input': (1, 3, 320, 320)}, outputs), CONFIG) is None
