"""MoveNet MultiPose and RTMO: planted people come back."""

import numpy as np
import pytest

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import movenet_multi, rtmo
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from test.core.people import figure

CONFIG = DetectionConfig(0.2, max_count=2)
IMAGE = 640, 480
JOINTS = figure(300.0, feet_y=450.0, height=400.0)
BOX = np.array([200.0, 40, 420, 460])
MULTI_INPUT: dict[str, Shape] = {'input': (1, None, None, 3)}
MULTI_OUTPUT: dict[str, Shape] = {'output_0': (1, 6, 56)}
RTMO_INPUT: dict[str, Shape] = {'input': (None, 3, 640, 640)}
RTMO_OUTPUTS: dict[str, Shape] = {'dets': (None, None, 5), 'keypoints': (None, None, None, 3)}


def multi() -> movenet_multi.MoveNetMulti:
    found = movenet_multi.recognise(Signature(MULTI_INPUT, MULTI_OUTPUT), CONFIG)
    assert found is not None
    return found


def one_stage(metadata: dict[str, str] | None = None) -> rtmo.Rtmo:
    said = {'skeleton': 'coco17'} if metadata is None else metadata
    found = rtmo.recognise(Signature(RTMO_INPUT, RTMO_OUTPUTS, said), CONFIG)
    assert found is not None
    return found


def movenet_rows(scores: list[float]) -> np.ndarray:
    """Return the (1, 6, 56) numbers of the same person, once per score; 256 x 192 px input."""
    rows = np.zeros((1, 6, 56), np.float32)
    for row, score in enumerate(scores):
        joints = (JOINTS + 0.5) / IMAGE
        rows[0, row, :51] = np.column_stack((joints[:, ::-1], np.full(17, 0.8))).ravel()
        rows[0, row, 51:55] = (BOX / np.tile(IMAGE, 2))[[1, 0, 3, 2]]
        rows[0, row, 55] = score
    return rows


def test_movenet_gives_people_above_the_least_score_best_first() -> None:
    (found,) = multi().decode({'output_0': movenet_rows([0.5, 0.1, 0.9, 0.3])}, [IMAGE])
    np.testing.assert_allclose(found.person_scores, [0.9, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.keypoints_xy[0], JOINTS, atol=0.01)
    np.testing.assert_allclose(found.boxes_xyxy[0], BOX, atol=0.01)
    np.testing.assert_allclose(found.scores, 0.8, atol=1e-6)


def test_movenet_gets_a_snug_picture() -> None:
    frame = Frame(np.full((480, 640, 3), (10, 20, 30), np.uint8), 'bgr8', 0)
    tensor = multi().preprocess([frame])['input']
    assert tensor.shape == (1, 192, 256, 3)
    np.testing.assert_array_equal(tensor[0, 90, 90], [30, 20, 10])


def test_movenet_without_people_gives_nobody() -> None:
    broken = movenet_rows([0.9])
    broken[0, 0, 3] = np.nan
    for rows in (movenet_rows([]), broken):
        (found,) = multi().decode({'output_0': rows}, [IMAGE])
        assert found.keypoints_xy.shape == (0, 17, 2)


def rtmo_outputs(scores: list[float]) -> dict[str, np.ndarray]:
    # 640 x 480 px lie 80 px from the top of the input.
    down = np.array([0.0, 80.0])
    box, joints = BOX + np.tile(down, 2), np.column_stack((JOINTS + down, np.full(17, 0.7)))
    return {
        'dets': np.array([[[*box, score] for score in scores]], np.float32).reshape(1, -1, 5),
        'keypoints': np.array([[joints] * len(scores)], np.float32).reshape(1, -1, 17, 3),
    }


def test_rtmo_gives_people_above_the_least_score_best_first() -> None:
    (found,) = one_stage().decode(rtmo_outputs([0.5, 0.1, 0.9, 0.3]), [IMAGE])
    np.testing.assert_allclose(found.person_scores, [0.9, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.keypoints_xy[0], JOINTS, atol=0.01)
    np.testing.assert_allclose(found.boxes_xyxy[0], BOX, atol=0.01)
    np.testing.assert_allclose(found.scores, 0.7, atol=1e-6)
    assert len(one_stage().decode(rtmo_outputs([]), [IMAGE])[0]) == 0


def test_rtmo_gets_blue_green_red_on_grey() -> None:
    frame = Frame(np.full((480, 640, 3), (10, 20, 30), np.uint8), 'bgr8', 0)
    tensor = one_stage().preprocess([frame])['input']
    assert tensor.shape == (1, 3, 640, 640)
    np.testing.assert_allclose(tensor[0, :, 320, 320], [10, 20, 30])
    np.testing.assert_allclose(tensor[0, :, 20, 320], 114)


def test_rtmo_needs_to_know_the_joints() -> None:
    outputs: dict[str, Shape] = {**RTMO_OUTPUTS, 'keypoints': (None, None, 17, 3)}
    found = rtmo.recognise(Signature(RTMO_INPUT, outputs), CONFIG)
    assert found is not None and found.skeleton == COCO17
    with pytest.raises(ModelError, match=r'expected the entry skeleton, one of: coco17'):
        one_stage({})


def test_other_networks_are_not_taken_for_these() -> None:
    for inputs, outputs in (
        (RTMO_INPUT, {'dets': (None, None, 5), 'labels': (None, None)}),
        (MULTI_INPUT, {'output': (1, 1, 17, 3)}),
        (RTMO_INPUT, {'output0': (1, 56, 8400)}),
    ):
        signature = Signature(inputs, outputs)
        assert rtmo.recognise(signature, CONFIG) is None
        assert movenet_multi.recognise(signature, CONFIG) is None
