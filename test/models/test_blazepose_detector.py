"""The detector's decoder against people planted into raw outputs."""

import numpy as np
import pytest

from ros_vision_perception.core.geometry import apply_affine, crop_matrix
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import blazepose_detector as detector

VIEW = np.array([99.5, -0.5, 449.5, 349.5])


def planted(people: list[tuple[int, float, np.ndarray, np.ndarray]]) -> tuple:
    """Encode (anchor, score, box in the image (4,), points in the image (4, 2)) as raw outputs."""
    matrix = crop_matrix(VIEW, detector.INPUT_SIZE)
    boxes = np.random.default_rng(0).normal(0, 50, (2254, 12)).astype(np.float32)
    logits = np.full(2254, -20.0, np.float32)
    for anchor, score, box, points in people:
        center = detector.anchor_centers()[anchor] * 224 - 0.5
        corners = apply_affine(matrix, box.reshape(2, 2))
        boxes[anchor, :2] = corners.mean(axis=0) - center
        boxes[anchor, 2:4] = corners[1] - corners[0]
        boxes[anchor, 4:] = (apply_affine(matrix, points) - center).ravel()
        logits[anchor] = np.log(score / (1 - score))
    return boxes, logits, matrix


BOX = np.array([200.0, 100.0, 240.0, 150.0])
POINTS = np.array([[220.0, 260.0], [221.0, 90.0], [219.0, 150.0], [260.0, 200.0]])


def test_anchors_cover_the_input_in_three_grids() -> None:
    centers = detector.anchor_centers()
    assert centers.shape == (2254, 2)
    # First cell of stride 8, last cell of stride 32.
    np.testing.assert_allclose(centers[0], 4 / 224)
    np.testing.assert_allclose(centers[-1], 1 - 16 / 224)
    assert len(np.unique(centers[:1568], axis=0)) == 28 * 28
    assert len(np.unique(centers[1568:1960], axis=0)) == 14 * 14
    assert len(np.unique(centers[1960:], axis=0)) == 7 * 7


@pytest.mark.parametrize('anchor', [0, 1567, 1568, 1960, 2253])
def test_planted_person_is_decoded_in_image_pixels(anchor: int) -> None:
    boxes, logits, matrix = planted([(anchor, 0.9, BOX, POINTS)])
    found = detector.decode(boxes, logits, matrix, 0.5)
    assert len(found) == 1
    np.testing.assert_allclose(found.scores, 0.9, atol=1e-5)
    np.testing.assert_allclose(found.boxes_xyxy[0], BOX, atol=1e-2)
    np.testing.assert_allclose(found.points_xy[0], POINTS, atol=1e-2)


def test_detections_below_the_score_are_left_out() -> None:
    boxes, logits, matrix = planted([(7, 0.45, BOX, POINTS), (9, 0.55, BOX, POINTS)])
    np.testing.assert_allclose(detector.decode(boxes, logits, matrix, 0.5).scores, 0.55, atol=1e-5)


def test_extreme_logits_do_not_overflow() -> None:
    boxes, logits, matrix = planted([])
    logits[:2] = 1e4, -1e4
    with np.errstate(over='raise'):
        np.testing.assert_allclose(detector.decode(boxes, logits, matrix, 0.5).scores, 1.0)


def test_overlapping_detections_become_their_weighted_mean() -> None:
    shifted = BOX + np.array([3.0, 0.0, 3.0, 0.0])
    boxes, logits, matrix = planted(
        [(100, 0.9, BOX, POINTS), (101, 0.8, shifted, POINTS + np.array([3.0, 0.0]))]
    )
    merged = detector.weighted_nms(detector.decode(boxes, logits, matrix, 0.5))
    assert len(merged) == 1
    share = 0.8 / (0.9 + 0.8)
    np.testing.assert_allclose(merged.scores, 0.9, atol=1e-5)
    np.testing.assert_allclose(merged.boxes_xyxy[0], BOX + share * (shifted - BOX), atol=1e-2)
    np.testing.assert_allclose(merged.points_xy[0], POINTS + np.array([3 * share, 0]), atol=1e-2)


def test_weak_guess_is_suppressed_but_does_not_move_the_strong_one() -> None:
    boxes, logits, matrix = planted(
        [(100, 0.95, BOX, POINTS), (101, 0.5, BOX, POINTS + np.array([90.0, 40.0]))]
    )
    merged = detector.weighted_nms(detector.decode(boxes, logits, matrix, 0.4))
    np.testing.assert_allclose(merged.points_xy, POINTS[None], atol=1e-2)


def test_people_side_by_side_stay_two() -> None:
    far = BOX + np.array([60.0, 0.0, 60.0, 0.0])
    boxes, logits, matrix = planted(
        [(100, 0.7, BOX, POINTS), (500, 0.9, far, POINTS + np.array([60.0, 0.0]))]
    )
    merged = detector.weighted_nms(detector.decode(boxes, logits, matrix, 0.5))
    np.testing.assert_allclose(merged.scores, [0.9, 0.7], atol=1e-5)


def test_nothing_found_stays_nothing() -> None:
    boxes, logits, matrix = planted([])
    found = detector.weighted_nms(detector.decode(boxes, logits, matrix, 0.5))
    assert (found.boxes_xyxy.shape, found.points_xy.shape) == ((0, 4), (0, 4, 2))


def test_input_is_rgb_from_minus_one_to_one_and_black_outside() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[...] = 255, 0, 127  # blue, green, red
    matrix = crop_matrix(np.array([-0.5, -50.5, 199.5, 149.5]), detector.INPUT_SIZE)
    tensor = detector.preprocess(Frame(pixels, 'bgr8', 0), matrix)
    assert tensor.shape == (1, 3, 224, 224) and tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0, :, 112, 112], [127 / 127.5 - 1, -1.0, 1.0], atol=1e-5)
    np.testing.assert_allclose(tensor[0, :, 10, 112], -1.0)
