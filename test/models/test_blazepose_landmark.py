"""The landmark network's decoder against poses planted into raw outputs."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from ros_vision_perception.core.geometry import apply_affine
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import blazepose_landmark as landmark
from ros_vision_perception.models.blazepose_landmark import Rois

ROIS = Rois(
    np.array([[320.0, 240.0], [100.0, 200.0]]), np.array([300.0, 120.0]), np.array([0.3, -1.2])
)


def planted(rois: Rois, in_image: np.ndarray, heat: bool) -> dict[str, np.ndarray]:
    """Encode landmarks (N, 39, 2) image px as the network would for the squares `rois`."""
    people = len(rois)
    in_crop = apply_affine(rois.crop_from_image(), in_image) + 0.5
    landmarks = np.zeros((people, 39, 5), np.float32)
    landmarks[..., :2] = in_crop
    landmarks[..., 3], landmarks[..., 4] = 2.0, -1.0
    heatmap = np.full((people, 39, 64, 64), -20.0, np.float32)
    if heat:
        columns, rows = np.meshgrid(np.arange(64), np.arange(64))
        for person, joint in np.ndindex(people, 39):
            x, y = in_crop[person, joint] / 4
            distance = (columns - x) ** 2 + (rows - y) ** 2
            peak = np.clip(0.95 * np.exp(-distance / 2), 1e-6, 1 - 1e-6)
            heatmap[person, joint] = np.log(peak / (1 - peak))
    return {
        'landmarks': landmarks.reshape(people, 195),
        'person_flag': np.full((people, 1), 0.75, np.float32),
        'heatmap': heatmap,
        'world_landmarks': np.zeros((people, 117), np.float32),
    }


def points_in(rois: Rois, seed: int = 0) -> np.ndarray:
    """Return (N, 39, 2) random image points well inside the squares."""
    offsets = np.random.default_rng(seed).uniform(-0.3, 0.3, (len(rois), 39, 2))
    return rois.centers_xy[:, None] + offsets * rois.sides[:, None, None]


def test_planted_pose_comes_back_in_image_pixels() -> None:
    points = points_in(ROIS)
    decoded = landmark.decode(planted(ROIS, points, heat=False), ROIS, ROIS.crop_from_image())
    np.testing.assert_allclose(decoded.keypoints_xy, points[:, :33], atol=1e-2)
    np.testing.assert_allclose(decoded.person_scores, 0.75)
    np.testing.assert_allclose(decoded.visibility, 1 / (1 + np.exp(-2.0)), atol=1e-6)
    np.testing.assert_allclose(decoded.presence, 1 / (1 + np.exp(1.0)), atol=1e-6)


def test_heatmap_corrects_a_wrong_regression() -> None:
    points = points_in(ROIS)
    outputs = planted(ROIS, points, heat=True)
    wrong = outputs['landmarks'].reshape(-1, 39, 5)
    wrong[..., :2] += 5.0  # px of the crop: a cell and a quarter
    decoded = landmark.decode(outputs, ROIS, ROIS.crop_from_image())
    # Half a heatmap cell is 2 px of the crop.
    half_cell = 2.0 * ROIS.sides / landmark.INPUT_SIZE
    errors = np.linalg.norm(decoded.keypoints_xy - points[:, :33], axis=-1)
    assert (errors < half_cell[:, None]).all()


def test_flat_heatmap_leaves_the_regression_alone() -> None:
    points = np.random.default_rng(1).uniform(0, 1, (2, 39, 2))
    np.testing.assert_array_equal(landmark.refine(points, np.full((2, 39, 64, 64), -9.0)), points)


def test_points_outside_the_crop_are_refined_without_error() -> None:
    points = np.array([[-0.5, 0.2], [1.7, 1.2], [0.0, 1.0]])[None].repeat(13, axis=1)
    refined = landmark.refine(points, np.full((1, 39, 64, 64), 4.0))
    assert np.isfinite(refined).all()
    np.testing.assert_array_equal(refined[0, :13], points[0, :13])


def test_extreme_logits_do_not_overflow() -> None:
    outputs = planted(ROIS, points_in(ROIS), heat=False)
    outputs['landmarks'].reshape(-1, 39, 5)[..., 3:] = -500.0, 500.0
    with np.errstate(over='raise'):
        decoded = landmark.decode(outputs, ROIS, ROIS.crop_from_image())
    np.testing.assert_allclose(decoded.visibility, 0.0, atol=1e-6)
    np.testing.assert_allclose(decoded.presence, 1.0, atol=1e-6)


def test_next_square_is_upright_body_circle_of_the_two_auxiliary_points() -> None:
    points = points_in(ROIS)
    points[0, 33], points[0, 34] = (300.0, 250.0), (300.0, 150.0)  # straight up: not turned
    points[1, 33], points[1, 34] = (100.0, 200.0), (140.0, 200.0)  # to the right: lying
    decoded = landmark.decode(planted(ROIS, points, heat=False), ROIS, ROIS.crop_from_image())
    np.testing.assert_allclose(decoded.next_rois.sides, [250.0, 100.0], rtol=1e-3)
    np.testing.assert_allclose(decoded.next_rois.angles, [0.0, np.pi / 2], atol=1e-3)
    np.testing.assert_allclose(decoded.next_rois.centers_xy[1], [100.0, 200.0], atol=1e-2)


def test_metric_landmarks_are_turned_back_with_the_square() -> None:
    outputs = planted(ROIS, points_in(ROIS), heat=False)
    outputs['world_landmarks'].reshape(2, 39, 3)[:] = 0.0, -0.5, 0.2  # above the hips in the crop
    rois = Rois(ROIS.centers_xy, ROIS.sides, np.array([0.0, np.pi / 2]))
    decoded = landmark.decode(outputs, rois, rois.crop_from_image())
    np.testing.assert_allclose(decoded.keypoints_3d[0, 0], [0.0, -0.5, 0.2], atol=1e-6)
    np.testing.assert_allclose(decoded.keypoints_3d[1, 0], [0.5, 0.0, 0.2], atol=1e-6)


@given(
    center=st.tuples(st.floats(-500, 2000), st.floats(-500, 2000)),
    side=st.floats(8, 3000),
    angle=st.floats(-np.pi, np.pi),
)
def test_square_maps_its_centre_to_the_middle_and_up_to_up(
    center: tuple[float, float], side: float, angle: float
) -> None:
    rois = Rois(np.array([center]), np.array([side]), np.array([angle]))
    up = side / 2 * np.array([np.sin(angle), -np.cos(angle)])
    mapped = apply_affine(rois.crop_from_image()[0], np.array([center, center + up]))
    np.testing.assert_allclose(mapped, [[127.5, 127.5], [127.5, -0.5]], atol=1e-6)


@given(angle=st.floats(-3.1, 3.1), radius=st.floats(1, 900))
def test_square_from_alignment_points_keeps_angle_and_size(angle: float, radius: float) -> None:
    hip = np.array([[50.0, 60.0]])
    circle = hip + radius * np.array([[np.sin(angle), -np.cos(angle)]])
    rois = Rois.from_alignment(hip, circle)
    np.testing.assert_allclose(rois.angles, angle, atol=1e-6)
    np.testing.assert_allclose(rois.sides, 2.5 * radius, rtol=1e-9)


@pytest.mark.parametrize('angle', [0.0, 0.7, -2.0])
def test_mask_lands_where_the_crop_came_from(angle: float) -> None:
    rois = Rois(np.array([[160.0, 120.0]]), np.array([100.0]), np.array([angle]))
    logits = np.full((256, 256), -5.0, np.float32)
    logits[64:192, 96:160] = 5.0  # half the height, a quarter of the width
    mask = landmark.decode_mask(logits, rois.crop_from_image()[0], (320, 240))
    assert mask.area == pytest.approx(50 * 25, rel=0.05)
    assert mask.contains(np.array([160.0, 120.0]))
    up = np.array([np.sin(angle), -np.cos(angle)])
    assert mask.contains(np.array([160.0, 120.0]) + 22 * up)
    assert not mask.contains(np.array([160.0, 120.0]) + 28 * up)
    assert not mask.contains(np.array([160.0, 120.0]) + 15 * up[::-1] * [-1, 1])


def test_mask_of_a_square_outside_the_image_is_empty() -> None:
    rois = Rois(np.array([[-400.0, 50.0]]), np.array([100.0]), np.array([0.0]))
    mask = landmark.decode_mask(
        np.ones((256, 256), np.float32), rois.crop_from_image()[0], (64, 48)
    )
    assert mask.area == 0


def test_mask_is_cut_at_the_image_border() -> None:
    rois = Rois(np.array([[0.0, 24.0]]), np.array([60.0]), np.array([0.4]))
    mask = landmark.decode_mask(
        np.ones((256, 256), np.float32), rois.crop_from_image()[0], (64, 48)
    )
    assert mask.x == 0 and mask.y >= 0
    assert mask.y + mask.bitmap.shape[0] <= 48 and mask.bitmap.shape[1] <= 64


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'rgba8', 'bgra8', 'mono8'])
def test_every_encoding_gives_the_same_rgb_tensor(encoding: str) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (80, 80), dtype=np.uint8)
    colour = np.stack((grey, grey, grey), axis=-1)
    pixels = {
        'mono8': grey,
        'rgba8': np.dstack((colour, grey)),
        'bgra8': np.dstack((colour, grey)),
    }.get(encoding, colour)
    rois = Rois(np.array([[40.0, 40.0]]), np.array([60.0]), np.array([0.2]))
    tensor = landmark.preprocess(Frame(pixels, encoding, 0), rois.crop_from_image())
    reference = landmark.preprocess(Frame(colour, 'rgb8', 0), rois.crop_from_image())
    np.testing.assert_array_equal(tensor, reference)
    assert tensor.min() >= 0.0 and tensor.max() <= 1.0
