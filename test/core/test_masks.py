"""Masks inside a box and their run lengths."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from ros_vision_perception.core.masks import (
    BoxMask,
    from_run_lengths,
    look_up,
    nearest_pixels,
    to_run_lengths,
    union,
)

bitmaps = arrays(bool, st.tuples(st.integers(0, 12), st.integers(0, 12)))


@given(bitmaps)
def test_run_lengths_give_the_bitmap_back(bitmap: np.ndarray) -> None:
    decoded = from_run_lengths(to_run_lengths(bitmap), *bitmap.shape)
    np.testing.assert_array_equal(decoded, bitmap)


@given(bitmaps)
def test_run_lengths_start_outside_and_alternate(bitmap: np.ndarray) -> None:
    runs = to_run_lengths(bitmap)
    assert runs.dtype == np.uint32
    assert (runs[1:] > 0).all()
    assert runs[1::2].sum() == np.count_nonzero(bitmap)


def test_run_lengths_go_down_the_columns() -> None:
    bitmap = np.array([[False, True], [True, True]])
    np.testing.assert_array_equal(to_run_lengths(bitmap), [1, 3])


def test_run_lengths_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match='add up to 5, expected 2 x 2'):
        from_run_lengths(np.array([2, 3], np.uint32), 2, 2)


@given(bitmaps)
def test_a_bitmap_cut_to_its_box_is_still_the_same(bitmap: np.ndarray) -> None:
    mask = BoxMask.from_bitmap(bitmap)
    np.testing.assert_array_equal(mask.to_image(bitmap.shape[::-1]), bitmap)
    assert mask.area == np.count_nonzero(bitmap)


@given(bitmaps, st.integers(-3, 15), st.integers(-3, 15))
def test_contains_agrees_with_the_bitmap_inside_and_outside_the_box(
    bitmap: np.ndarray, x: int, y: int
) -> None:
    height, width = bitmap.shape
    expected = 0 <= x < width and 0 <= y < height and bool(bitmap[y, x])
    assert BoxMask.from_bitmap(bitmap).contains(np.array([x + 0.4, y - 0.4])) == expected


@pytest.mark.parametrize('point', [(np.nan, 1.0), (1.0, np.inf), (-1e30, 1.0), (1e30, 1e30)])
def test_nowhere_is_in_no_mask(point: tuple[float, float]) -> None:
    mask = BoxMask(0, 0, np.ones((3, 3), bool))
    assert not mask.contains(np.array([point]))[0]


def test_points_belong_to_the_nearest_pixel() -> None:
    points = np.array([[-0.4, 0.4], [1.6, 2.4]])
    np.testing.assert_array_equal(nearest_pixels(points), [[0, 0], [2, 2]])


def test_a_box_mask_is_boolean() -> None:
    with pytest.raises(ValueError, match='expected bool'):
        BoxMask(0, 0, np.zeros((2, 2), np.uint8))


def test_the_box_ends_behind_the_last_pixel() -> None:
    np.testing.assert_array_equal(
        BoxMask(2, 3, np.ones((4, 5), bool)).box_xyxy, np.array([2, 3, 7, 7], np.float32)
    )


@given(st.lists(bitmaps, max_size=4), st.integers(0, 5))
def test_many_masks_are_asked_at_once(shown: list[np.ndarray], shift: int) -> None:
    masks = [BoxMask(shift, index, bitmap) for index, bitmap in enumerate(shown)]
    pixels = np.stack(np.meshgrid(np.arange(-3, 18), np.arange(-3, 20), indexing='ij'))
    together = np.zeros((*pixels.shape[1:], len(masks)), bool)
    group, mask, hits = look_up(masks, pixels)
    together[group, :, mask] = hits
    for index, alone in enumerate(masks):
        expected = alone.contains_pixels(np.moveaxis(pixels, 0, -1))
        np.testing.assert_array_equal(together[..., index], expected)


def test_only_masks_that_pixels_may_meet_are_asked() -> None:
    masks = [BoxMask(10 * index, 0, np.ones((4, 4), bool)) for index in range(3)]
    group, mask, _ = look_up(masks, np.array([[[0, 3], [12, 22], [30, 31]], [[0, 0]] * 3]))
    np.testing.assert_array_equal(group, [0, 1, 1])
    np.testing.assert_array_equal(mask, [0, 1, 2])


def test_no_mask_contains_the_very_far() -> None:
    masks = [BoxMask(0, 0, np.ones((4, 4), bool))] * 2
    far = nearest_pixels(np.array([[np.nan, 1e9, -1e9], [1.0, 1.0, -1e9]]))
    assert not look_up(masks, far[:, None])[2].any()


def test_the_union_holds_what_any_mask_holds() -> None:
    a, b = BoxMask(1, 1, np.ones((2, 3), bool)), BoxMask(6, 0, np.ones((4, 2), bool))
    both = union([a, b], (10, 5))
    np.testing.assert_array_equal(
        both.to_image((10, 5)), a.to_image((10, 5)) | b.to_image((10, 5))
    )
    assert union([a], (10, 5)) is a
