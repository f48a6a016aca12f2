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
        return cls(int(left), int(top), bitmap[top:bottom, left:right].copy())

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
        """Return (...,) bool: whether each pixel (..., 2) intp is True."""
        height, width = self.bitmap.shape
        columns, rows = pixels_xy[..., 0] - self.x, pixels_xy[..., 1] - self.y
        # Seen as unsigned, what lies left of or above the box is far to the right or below.
        inside = (columns.view(np.uintp) < width) & (rows.view(np.uintp) < height)
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
    """Round points (..., 2) px to intp pixels; NaN and the very far end up outside any image."""
    points = np.fmax(np.fmin(points_xy, 1e6), -1e6)
    return np.rint(points, out=points).astype(np.intp)


def look_up(
    masks: Sequence[BoxMask], pixels_xy: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Look N groups of S pixels up in M masks, where group and mask may meet at all.

    Args:
        masks: M masks.
        pixels_xy: (2, N, S) intp, x and y.

    Returns:
        The pairs that may meet, (P,) groups and (P,) masks, and whether the mask is True at each
        pixel, (P, S) bool. In all other pairs it is nowhere.
    """
    boxes = [(mask.x, mask.y, *mask.bitmap.shape[::-1]) for mask in masks]
    boxes_xywh = np.array(boxes, np.intp).reshape(-1, 4)
    starts, sizes = boxes_xywh.T[:2, :, None], boxes_xywh.T[2:, :, None]  # (2, M, 1)
    first, last = pixels_xy.min(axis=2), pixels_xy.max(axis=2)
    meet = (first[:, None] < starts + sizes) & (last[:, None] >= starts) & (sizes > 0)
    meet = meet.all(axis=0)
    mask, group = np.nonzero(meet)
    columns, rows = pixels_xy[:, group] - starts[:, mask]
    widths, heights = sizes[:, mask]
    # Seen as unsigned, what lies left of or above the box is far to the right or below.
    inside = columns.view(np.uintp) < widths.view(np.uintp)
    inside &= rows.view(np.uintp) < heights.view(np.uintp)
    places = (rows * widths + columns) * inside
    hits, end = np.empty(inside.shape, bool), 0
    for index, count in enumerate(meet.sum(axis=1).tolist()):
        part, end = slice(end, end + count), end + count
        hits[part] = masks[index].bitmap.ravel()[places[part]]
    return group, mask, hits & inside


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


def union(masks: Sequence[BoxMask], image_size: tuple[int, int]) -> BoxMask:
    """Return what is True in any of the masks, of which there must be one."""
    if len(masks) == 1:
        return masks[0]
    return BoxMask.from_bitmap(np.logical_or.reduce([m.to_image(image_size) for m in masks]))


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
