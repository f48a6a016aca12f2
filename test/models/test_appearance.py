"""Histograms of the colours of people."""

import numpy as np
import pytest

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.appearance import LENGTH, body_axes, describe, upright_axes

RED, GREEN, BLUE, GREY = (200, 40, 40), (40, 180, 60), (40, 60, 200), (120, 120, 120)
WIDTH, HEIGHT = 320, 240


def person(x: int, *, top: int = 40, height: int = 160) -> BoxMask:
    return BoxMask(x, top, np.ones((height, 60), bool))


def picture(*people: tuple[BoxMask, tuple[tuple[int, int, int], ...]]) -> np.ndarray:
    """Return an rgb8 image of people, each in the colours of head, torso and legs."""
    pixels = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    for mask, colours in people:
        height, width = mask.bitmap.shape
        for colour, (start, end) in zip(
            colours, ((0.0, 0.18), (0.18, 0.52), (0.52, 1.0)), strict=True
        ):
            rows = slice(mask.y + round(start * height), mask.y + round(end * height))
            pixels[rows, mask.x : mask.x + width] = colour
    return pixels


def appearances(
    pixels: np.ndarray, *masks: BoxMask, encoding: str = 'rgb8', axes: np.ndarray | None = None
) -> np.ndarray:
    boxes = np.array([mask.box_xyxy for mask in masks]).reshape(-1, 4)
    axes = upright_axes(boxes) if axes is None else axes
    return describe(Frame(pixels, encoding, 0), masks, axes)


LEFT, RIGHT = person(20), person(200)
CLOTHES = (GREY, RED, BLUE)


def test_the_same_clothes_are_alike_and_others_are_not() -> None:
    pixels = picture((LEFT, CLOTHES), (person(110), CLOTHES), (RIGHT, (GREY, BLUE, RED)))
    first, same, other = appearances(pixels, LEFT, person(110), RIGHT)
    np.testing.assert_allclose(np.linalg.norm([first, same, other], axis=1), 1.0, rtol=1e-6)
    assert first @ same > 0.98
    assert first @ other < 0.75


@pytest.mark.parametrize('light', [0.4, 0.7, 1.25])
def test_exposure_hardly_changes_what_somebody_looks_like(light: float) -> None:
    pixels = picture((LEFT, CLOTHES), (RIGHT, (GREY, GREEN, BLUE)))
    lit = (pixels * light).astype(np.uint8)
    first, other = appearances(pixels, LEFT, RIGHT)
    again = appearances(lit, LEFT)[0]
    assert first @ again > 0.9
    assert first @ again > other @ again + 0.1


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'rgba8', 'bgra8'])
def test_the_order_of_the_channels_does_not_matter(encoding: str) -> None:
    pixels = picture((LEFT, CLOTHES))
    order = pixels if encoding.startswith('rgb') else pixels[..., ::-1]
    alpha = np.full((HEIGHT, WIDTH, 4 - len(encoding) % 4), 7, np.uint8)[..., : len(encoding) == 5]
    given = np.ascontiguousarray(np.concatenate((order, alpha), axis=2))
    np.testing.assert_array_equal(
        appearances(given, LEFT, encoding=encoding)[:, :3], appearances(pixels, LEFT)[:, :3]
    )
    assert appearances(given, LEFT, encoding=encoding) @ appearances(pixels, LEFT).T > 0.999


def test_a_grey_image_is_described_by_its_shades() -> None:
    pixels = picture((LEFT, (GREY,) * 3), (RIGHT, ((20, 20, 20),) * 3))[..., 0]
    dark, light = appearances(pixels, RIGHT, LEFT, encoding='mono8')
    assert dark @ light < 0.9


def test_pixels_that_belong_to_two_people_count_for_neither() -> None:
    front = BoxMask(50, 40, np.ones((160, 60), bool))
    pixels = picture((LEFT, CLOTHES), (front, (GREY, GREEN, GREEN)))
    alone = appearances(picture((LEFT, CLOTHES)), LEFT)[0]
    overlapped = appearances(pixels, LEFT, front)[0]
    assert alone @ overlapped > 0.97


def test_what_is_not_seen_is_zero_and_what_is_seen_is_not() -> None:
    upper = BoxMask(20, 40, np.ones((80, 60), bool))
    axes = upright_axes(np.array([LEFT.box_xyxy]))
    regions = appearances(picture((LEFT, CLOTHES)), upper, axes=axes).reshape(3, -1)
    assert (regions[:2] > 0).all()
    np.testing.assert_array_equal(regions[2], 0.0)


def test_nobody_and_somebody_of_whom_nothing_shows_are_not_described() -> None:
    pixels = picture()
    assert appearances(pixels).shape == (0, LENGTH)
    nothing = BoxMask(0, 0, np.zeros((0, 0), bool))
    assert np.isnan(appearances(pixels, nothing)).all()


def test_a_mask_that_was_pushed_out_of_the_sampling_grid_counts_the_same() -> None:
    shifted = [person(20 + dx, top=40 + dy) for dx, dy in ((0, 0), (1, 0), (0, 1), (2, 3))]
    rows = [appearances(picture((mask, CLOTHES)), mask)[0] for mask in shifted]
    assert (rows @ rows[0] > 0.99).all()


def test_the_axis_of_the_body_is_from_shoulders_to_hips() -> None:
    joints_xy = np.zeros((1, 17, 2), np.float32)
    for name, place in (
        ('left_shoulder', (10, 20)),
        ('right_shoulder', (30, 24)),
        ('left_hip', (50, 60)),
        ('right_hip', (70, 64)),
    ):
        joints_xy[0, COCO17.index(name)] = place
    empty = Keypoints.empty(COCO17, (WIDTH, HEIGHT))
    scores = np.ones((1, 17), np.float32)
    keypoints = Keypoints(
        COCO17, empty.image_size, joints_xy, scores, scores, scores, np.zeros((1, 4), np.float32),
        np.ones(1, np.float32), np.zeros((1, 17, 3), np.float32),
    )  # fmt: skip
    np.testing.assert_allclose(body_axes(keypoints), [[[20, 22], [60, 62]]])
    assert body_axes(empty).shape == (0, 2, 2)
