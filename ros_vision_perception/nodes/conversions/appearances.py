"""What people and objects look like."""

import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import FrameError


def appearance_to_msg(appearances: np.ndarray | None, index: int) -> array.array:
    """Return one row of appearances (N, D); empty for None and for a row that is not described."""
    numbers = array.array('f')
    if appearances is not None and np.isfinite(appearances[index]).all():
        numbers.frombytes(np.ascontiguousarray(appearances[index], np.float32).tobytes())
    return numbers


def appearances_from_msg(described: Sequence[Any]) -> np.ndarray | None:
    """Return the appearances (N, D) of messages with such a field, None when all are empty.

    Raises:
        FrameError: bad_appearance, when they differ in length.
    """
    lengths = sorted({len(each.appearance) for each in described} - {0})
    if not lengths:
        return None
    if len(lengths) > 1:
        raise FrameError('bad_appearance', f'got vectors of lengths {lengths}, expected only one')
    appearances = np.full((len(described), lengths[0]), np.nan, np.float32)
    for row, each in zip(appearances, described, strict=True):
        if each.appearance:
            row[:] = each.appearance
    return appearances
