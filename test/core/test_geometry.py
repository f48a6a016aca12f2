"""Boxes, poses and coordinate frames."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from ros_vision_perception.core.geometry import (
    apply_affine,
    box_iou,
    crop_matrix,
    distinct_boxes,
    invert_affine,
    letterbox,
    oks,
    oks_of_pairs,
    stretch_matrix,
    suppress,
)
from ros_vision_perception.core.skeleton import COCO17

pixels = st.floats(-2000, 2000, allow_nan=False, width=32)
boxes = arrays(np.float64, st.tuples(st.integers(0, 5), st.just(4)), elements=pixels)
poses = arrays(np.float64, st.tuples(st.integers(1, 3), st.just(17), st.just(2)), elements=pixels)


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_zero_and_one(a: np.ndarray, b: np.ndarray) -> None:
    iou = box_iou(a, b)
    assert iou.shape == (len(a), len(b))
    assert ((iou >= 0) & (iou <= 1)).all()
    np.testing.assert_allclose(iou, box_iou(b, a).T, atol=1e-12)


@pytest.mark.parametrize(
    ('other', 'expected'),
    [
        pytest.param([0, 0, 10, 10], 1.0, id='the same box'),
        pytest.param([5, 0, 15, 10], 1 / 3, id='half shifted'),
        pytest.param([10, 0, 20, 10], 0.0, id='touching'),
        pytest.param([0, 0, 5, 5], 0.25, id='inside'),
        pytest.param([10, 10, 0, 0], 0.0, id='inverted'),
    ],
)
def test_iou_of_a_box_of_ten_pixels(other: list[float], expected: float) -> None:
    box = np.array([[0, 0, 10, 10]])
    assert box_iou(box, np.array([other]))[0, 0] == pytest.approx(expected, abs=1e-12)


@given(poses, st.floats(1, 1e6))
def test_a_pose_is_fully_similar_to_itself(joints: np.ndarray, area: float) -> None:
    similarity = oks(
        joints, joints, COCO17.sigmas, np.full(len(joints), area), np.ones((len(joints), 17))
    )
    np.testing.assert_allclose(np.diag(similarity), 1.0, atol=1e-12)
    assert ((similarity >= 0) & (similarity <= 1 + 1e-12)).all()


def test_oks_follows_the_definition_of_coco() -> None:
    truth = np.zeros((1, 17, 2))
    shifted = truth + np.array([3.0, 4.0])
    expected = np.exp(-25.0 / (2 * 900.0 * (2 * COCO17.sigmas) ** 2))
    labelled = np.arange(17) % 2 == 0
    similarity = oks(shifted, truth, COCO17.sigmas, np.array([900.0]), labelled[None])
    assert similarity[0, 0] == pytest.approx(expected[labelled].mean(), rel=1e-9)


def test_oks_leaves_out_joints_without_a_position() -> None:
    pose = np.zeros((1, 17, 2))
    partial = pose.copy()
    partial[0, 5:] = np.nan
    area, weights = np.array([100.0]), np.ones((1, 17))
    assert oks(partial, pose, COCO17.sigmas, area, weights)[0, 0] == pytest.approx(1.0)
    assert oks(partial * np.nan, pose, COCO17.sigmas, area, weights)[0, 0] == 0.0


def test_uncertain_poses_are_more_alike_at_a_distance() -> None:
    pose, other = np.zeros((1, 17, 2)), np.full((1, 17, 2), 20.0)
    args = (COCO17.sigmas, np.array([900.0]), np.ones((1, 17)))
    assert oks(pose, other, *args, 400.0)[0, 0] > oks(pose, other, *args)[0, 0]


def test_pairs_are_as_alike_as_among_all() -> None:
    random = np.random.default_rng(0)
    a, b = random.uniform(0, 40, (2, 5, 17, 2))
    areas, weights = random.uniform(500, 4000, 5), random.random((5, 17))
    of_all = oks(a, b, COCO17.sigmas, areas, weights[None])
    np.testing.assert_allclose(
        oks_of_pairs(a, b, COCO17.sigmas, areas, weights), np.diag(of_all), rtol=1e-12
    )


def test_suppression_keeps_the_best_of_each_group() -> None:
    overlaps = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.1], [0.1, 0.1, 1.0]])
    np.testing.assert_array_equal(suppress(overlaps, np.array([0.5, 0.9, 0.7]), 0.8), [1, 2])


def test_of_equal_scores_the_first_survives() -> None:
    np.testing.assert_array_equal(suppress(np.ones((3, 3)), np.ones(3), 0.5), [0])


@given(
    angle=st.floats(-3.2, 3.2),
    scale=st.floats(0.05, 20),
    shift=arrays(np.float64, 2, elements=pixels),
    points=arrays(np.float64, (7, 2), elements=pixels),
)
def test_an_affine_and_its_inverse_cancel(
    angle: float, scale: float, shift: np.ndarray, points: np.ndarray
) -> None:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])
    there_and_back = apply_affine(invert_affine(matrix), apply_affine(matrix, points))
    np.testing.assert_allclose(there_and_back, points, atol=1e-7)


def test_many_matrices_take_each_their_own_points() -> None:
    matrices = np.stack([np.eye(2, 3), 2 * np.eye(2, 3)])
    points = np.ones((2, 5, 2))
    result = apply_affine(matrices, points)
    np.testing.assert_allclose(result[0], 1.0)
    np.testing.assert_allclose(result[1], 2.0)
    np.testing.assert_allclose(invert_affine(matrices)[1, :, :2], 0.5 * np.eye(2))


def test_a_crop_centres_its_box_and_keeps_the_aspect_ratio() -> None:
    crop_from_image = crop_matrix(np.array([10, 20, 110, 70]), (64, 64))
    np.testing.assert_allclose(apply_affine(crop_from_image, np.array([60.0, 45.0])), 31.5)
    np.testing.assert_allclose(crop_from_image[:, :2], 0.64 * np.eye(2))


def test_a_letterbox_shows_the_whole_image_and_nothing_else_between_its_bars() -> None:
    crop_from_image = crop_matrix(np.array([-0.5, -0.5, 639.5, 479.5]), (256, 256))
    corners = apply_affine(crop_from_image, np.array([[-0.5, -0.5], [639.5, 479.5]]))
    np.testing.assert_allclose(corners, [[-0.5, 31.5], [255.5, 223.5]], atol=1e-9)


def test_a_stretched_image_fills_the_crop_from_edge_to_edge() -> None:
    crop_from_image = stretch_matrix((640, 480), (256, 144))
    corners = apply_affine(crop_from_image, np.array([[-0.5, -0.5], [639.5, 479.5]]))
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [255.5, 143.5]], atol=1e-9)


def test_nobody_overlaps_with_nobody() -> None:
    nobody = np.zeros((0, 17, 2))
    assert box_iou(np.zeros((0, 4)), np.zeros((3, 4))).shape == (0, 3)
    assert oks(nobody, nobody, COCO17.sigmas, np.zeros(0), np.zeros((0, 17))).shape == (0, 0)
    assert len(suppress(np.zeros((0, 0)), np.zeros(0), 0.5)) == 0


@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_distinct_boxes_are_those_that_no_better_one_suppresses(
    count: int, seed: int, max_iou: float
) -> None:
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 100, (count, 2))
    boxes = np.concatenate((corners, corners + random.uniform(1, 60, (count, 2))), axis=1)
    scores = random.integers(0, 5, count) / 4
    want = suppress(box_iou(boxes, boxes), scores, max_iou)
    np.testing.assert_array_equal(distinct_boxes(boxes, scores, max_iou, count), want)
    np.testing.assert_array_equal(distinct_boxes(boxes, scores, max_iou, 3), want[:3])


@given(*[st.integers(1, 4000)] * 2, *[st.sampled_from([32, 320, 416, 640])] * 2)
def test_letterbox_fits_centred_and_keeps_the_aspect_ratio(
    width: int, height: int, crop_width: int, crop_height: int
) -> None:
    left, top, inner_width, inner_height = letterbox((width, height), (crop_width, crop_height))
    assert inner_width == crop_width or inner_height == crop_height
    assert 0 <= left <= crop_width - inner_width - left <= left + 1
    assert 0 <= top <= crop_height - inner_height - top <= top + 1
    scale = min(crop_width / width, crop_height / height)
    assert abs(inner_width - scale * width) <= 1 and abs(inner_height - scale * height) <= 1
