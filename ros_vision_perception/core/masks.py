"""Binary masks inside a box, and their run-length form."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class BoxMask:
    """A binary mask stored only inside its box; everything outside is False.

    Attributes:
        x, y: image coordinates of the box's top-left pixel; may not be negative.
        bitmap: (h, w) bool.
    """

    x: int
    y: int
    bitmap: np.ndarray

    def __post_init__(self) -> None:
        if self.bitmap.ndim != 2 or self.bitmap.dtype != np.bool_:
            raise ValueError(
                f'bitmap: got {self.bitmap.dtype} {self.bitmap.shape}, expected bool (h, w)'
            )

    @classmethod
    def from_bitmap(cls, bitmap: np.ndarray) -> 'BoxMask':
        """Cut a full-image bitmap (H, W) bool down to the box of its True pixels."""
        rows = np.flatnonzero(bitmap.any(axis=1))
        columns = np.flatnonzero(bitmap.any(axis=0))
        if len(rows) == 0:
            return cls(0, 0, np.zeros((0, 0), bool))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        return cls(int(left), int(top), bitmap[top:bottom, left:right])

    @cached_property
    def area(self) -> int:
        """Number of True pixels."""
        return int(np.count_nonzero(self.bitmap))

    @property
    def box_xyxy(self) -> np.ndarray:
        """(4,) float32: x_min, y_min, x_max, y_max of the box, exclusive end."""
        height, width = self.bitmap.shape
        return np.array([self.x, self.y, self.x + width, self.y + height], np.float32)

    def contains(self, points_xy: np.ndarray) -> np.ndarray:
        """Return (...,) bool: whether the pixel nearest to each point (..., 2) px is True."""
        return self.contains_pixels(nearest_pixels(points_xy))

    def contains_pixels(self, pixels_xy: np.ndarray) -> np.ndarray:
        """Return (...,) bool: whether each pixel (..., 2) int32 is True."""
        height, width = self.bitmap.shape
        # NumPy 1 makes a single int32 less a plain integer an int64.
        x, y = np.int32(self.x), np.int32(self.y)
        columns, rows = pixels_xy[..., 0] - x, pixels_xy[..., 1] - y
        # Seen as unsigned, what lies left of or above the box is far to the right or below.
        inside = (columns.view(np.uint32) < width) & (rows.view(np.uint32) < height)
        result = np.zeros(inside.shape, bool)
        result[inside] = self.bitmap[rows[inside], columns[inside]]
        return result

    def to_image(self, image_size: tuple[int, int]) -> np.ndarray:
        """Return the full (H, W) bool bitmap of an image of (width, height)."""
        width, height = image_size
        image = np.zeros((height, width), bool)
        rows, columns = self.bitmap.shape
        image[self.y : self.y + rows, self.x : self.x + columns] = self.bitmap
        return image


def nearest_pixels(points_xy: np.ndarray) -> np.ndarray:
    """Round points (..., 2) px to int32 pixels; NaN and the very far end up outside any image."""
    return np.rint(np.fmax(np.fmin(points_xy, 1e6), -1e6)).astype(np.int32)


def which_contain(masks: Sequence[BoxMask], pixels_xy: np.ndarray) -> np.ndarray:
    """Return (..., M) bool: which of M masks are True at each pixel (..., 2) int32."""
    if not masks:
        return np.zeros((*pixels_xy.shape[:-1], 0), bool)
    boxes = [(mask.x, mask.y, *mask.bitmap.shape) for mask in masks]
    x, y, heights, widths = np.array(boxes, np.int32).T
    columns, rows = pixels_xy[..., :1] - x, pixels_xy[..., 1:] - y
    inside = (columns >= 0) & (columns < widths) & (rows >= 0) & (rows < heights)
    # All bitmaps one after the other, so that one look-up serves them all.
    bits = np.concatenate([mask.bitmap.ravel() for mask in masks])
    sizes = heights * widths
    pairs = np.flatnonzero(inside)
    mask = pairs % len(masks)
    places = rows.ravel()[pairs] * widths[mask] + columns.ravel()[pairs]
    result = np.zeros(inside.shape, bool)
    result.ravel()[pairs] = bits[places + (np.cumsum(sizes) - sizes)[mask]]
    return result


def intersection_area(a: BoxMask, b: BoxMask) -> int:
    """Return the number of pixels that are True in both masks."""
    left, top = max(a.x, b.x), max(a.y, b.y)
    right = min(a.x + a.bitmap.shape[1], b.x + b.bitmap.shape[1])
    bottom = min(a.y + a.bitmap.shape[0], b.y + b.bitmap.shape[0])
    if right <= left or bottom <= top:
        return 0
    shared_a = a.bitmap[top - a.y : bottom - a.y, left - a.x : right - a.x]
    shared_b = b.bitmap[top - b.y : bottom - b.y, left - b.x : right - b.x]
    return int(np.count_nonzero(shared_a & shared_b))


def to_run_lengths(bitmap: np.ndarray) -> np.ndarray:
    """Encode a (h, w) bool bitmap as COCO run lengths.

    Runs go down the columns and start with a run of False, which may be empty (COCO API,
    "uncompressed RLE").

    Returns:
        (R,) uint32 whose sum is h * w.
    """
    flat = bitmap.ravel(order='F')
    if flat.size == 0:
        return np.zeros(0, np.uint32)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], changes, [flat.size]))
    runs = np.diff(edges)
    return (np.concatenate(([0], runs)) if flat[0] else runs).astype(np.uint32)


def from_run_lengths(runs: np.ndarray, height: int, width: int) -> np.ndarray:
    """Decode COCO run lengths (R,) to a (height, width) bool bitmap.

    Raises:
        ValueError: when the runs do not add up to height * width.
    """
    total = int(np.sum(runs, dtype=np.int64))
    if total != height * width:
        raise ValueError(f'run lengths add up to {total}, expected {height} x {width}')
    values = np.zeros(len(runs), bool)
    values[1::2] = True
    return np.repeat(values, runs).reshape((height, width), order='F')
