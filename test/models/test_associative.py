"""Associative embedding: planted people come back, with their own joints."""

import numpy as np
import pytest

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.models import associative
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from test.core.people import figure

CONFIG = DetectionConfig(0.2, max_count=3)
IMAGE = 640, 480
INPUTS: dict[str, Shape] = {'input': (1, 3, 512, 512)}
COARSE, FINE = 128, 256
TAGS = (0.3, 2.1, -1.4)
# 640 x 480 px are 512 x 384 px of the input, 64 px from the top.
SCALE, TOP = 0.8, 64


def person(x: float, height: float = 300.0) -> np.ndarray:
    return figure(x, feet_y=440.0, height=height)


def cells_of(joints: np.ndarray, side: int) -> np.ndarray:
    return ((joints + 0.5) * SCALE + [0, TOP]) * side / 512 - 0.5


def heatmaps(people: list[np.ndarray], side: int, height: float) -> np.ndarray:
    """Return (17, side, side): a Gaussian of two cells at each joint."""
    maps = np.zeros((17, side, side), np.float32)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1)
    for joints in people:
        for joint, place in enumerate(cells_of(joints, side)):
            distance = ((grid - place) ** 2).sum(axis=-1)
            maps[joint] = np.maximum(maps[joint], height * np.exp(-distance / (2 * 2.0**2)))
    return maps


def tag_maps(people: list[np.ndarray], side: int) -> np.ndarray:
    """Return (17, side, side): around each joint its owner's tag, elsewhere nonsense."""
    maps = np.full((17, side, side), 9.0, np.float32)
    for joints, tag in zip(people, TAGS, strict=False):
        for joint, (x, y) in enumerate(np.rint(cells_of(joints, side)).astype(int)):
            maps[joint, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = tag
    return maps


def network(with_fine: bool) -> associative.Associative:
    outputs: dict[str, Shape] = {'first': (1, 34, COARSE, COARSE)}
    if with_fine:
        outputs['second'] = (1, 17, FINE, FINE)
    found = associative.recognise(Signature(INPUTS, outputs), CONFIG)
    assert found is not None
    return found


def outputs_of(people: list[np.ndarray], with_fine: bool) -> dict[str, np.ndarray]:
    coarse = np.concatenate((heatmaps(people, COARSE, 0.8), tag_maps(people, COARSE)))
    outputs = {'first': coarse[None]}
    if with_fine:
        outputs['second'] = heatmaps(people, FINE, 0.8)[None]
    return outputs


@pytest.mark.parametrize('with_fine', [False, True])
def test_people_come_back_within_half_a_cell(with_fine: bool) -> None:
    people = [person(150.0), person(450.0)]
    (found,) = network(with_fine).decode(outputs_of(people, with_fine), [IMAGE])
    assert len(found) == 2
    order = np.argsort(found.keypoints_xy[:, 0, 0])
    half_a_cell = 0.5 * 512 / (FINE if with_fine else COARSE) / SCALE
    assert np.abs(found.keypoints_xy[order] - people).max() < half_a_cell
    np.testing.assert_allclose(found.person_scores, 0.75, atol=0.08)
    assert (found.boxes_xyxy[:, 2:] > found.boxes_xyxy[:, :2]).all()


def test_people_who_cross_are_told_apart_by_their_tags() -> None:
    # Shoulder to shoulder: places alone would mix their arms.
    people = [person(300.0), person(345.0, 280.0)]
    (found,) = network(True).decode(outputs_of(people, True), [IMAGE])
    assert len(found) == 2
    order = np.argsort(found.keypoints_xy[:, 0, 0])
    assert np.abs(found.keypoints_xy[order] - people).max() < 3.0


def test_a_joint_without_a_peak_is_where_the_tag_says() -> None:
    people = [person(150.0), person(450.0)]
    outputs = outputs_of(people, False)
    wrist = COCO17.index('left_wrist')
    outputs['first'][0, wrist] *= 0.1
    (found,) = network(False).decode(outputs, [IMAGE])
    order = np.argsort(found.keypoints_xy[:, 0, 0])
    assert np.abs(found.keypoints_xy[order, wrist] - [p[wrist] for p in people]).max() < 6.0
    assert (found.scores[:, wrist] < 0.1).all()


def test_empty_maps_and_maps_of_nan_give_nobody() -> None:
    for value in (0.0, np.nan):
        empty = {'first': np.full((1, 34, COARSE, COARSE), value, np.float32)}
        (found,) = network(False).decode(empty, [IMAGE])
        assert found.keypoints_xy.shape == (0, 17, 2)


def test_a_batch_gives_each_image_its_own() -> None:
    people = [person(150.0)]
    nobody = np.zeros((1, 34, COARSE, COARSE), np.float32)
    both = {'first': np.concatenate((nobody, outputs_of(people, False)['first']))}
    first, second = network(False).decode(both, [IMAGE, IMAGE])
    assert (len(first), len(second)) == (0, 1)


def test_other_networks_are_not_taken_for_one() -> None:
    for outputs in (
        {'heatmap': (1, 17, 128, 128)},
        {'a': (1, 34, 128, 128), 'b': (1, 16, 256, 256)},
        {'output0': (1, 56, 8400)},
    ):
        assert associative.recognise(Signature(INPUTS, outputs), CONFIG) is None
