"""Several pictures as tiles of one."""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.tools.demo.video import fit

COLUMNS = 3
_TILE_WIDTH, _GAP = 480, 6
# Height of a tile relative to its width, at most.
_TALLEST = 0.75


def sheet(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Return the pictures (H, W, 3) uint8, of which there must be one, in rows of three."""
    shape = max(min(picture.shape[0] / picture.shape[1], _TALLEST) for picture in pictures)
    width, height = _TILE_WIDTH, round(shape * _TILE_WIDTH)
    rows = -(-len(pictures) // COLUMNS)
    step = width + _GAP, height + _GAP
    whole: np.ndarray = np.zeros((rows * step[1], COLUMNS * step[0], 3), np.uint8)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, COLUMNS)
        y, x = row * step[1], column * step[0]
        whole[y : y + height, x : x + width] = fit(picture, (width, height))
    return whole
