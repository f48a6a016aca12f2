"""Sparse weights to dense arrays.

Source: the comments on `SparsityParameters` in the TensorFlow Lite schema. It is the format of
Kjolstad et al., "The Tensor Algebra Compiler", 2017: one level of storage per dimension, in an
order of traversal, where a dimension may be split into blocks that come as further levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Level:
    """The coordinates that one dimension adds to each entry of the levels before it.

    Attributes:
        size: of a dense level: every entry gets the coordinates 0 to size - 1.
        segments: of a compressed level, (entries + 1,): entry i gets `indices` from segments[i]
            up to segments[i + 1].
        indices: (values,) coordinates of a compressed level.
    """

    size: int = 0
    segments: np.ndarray | None = None
    indices: np.ndarray | None = None

    def expand(self, entries: int) -> tuple[np.ndarray, np.ndarray]:
        """Return for each new entry the entry it comes from, and its coordinate here."""
        if self.segments is None or self.indices is None:
            return np.repeat(np.arange(entries), self.size), np.tile(np.arange(self.size), entries)
        return np.repeat(np.arange(entries), np.diff(self.segments)), self.indices


def densify(
    values: np.ndarray,
    shape: tuple[int, ...],
    levels: Sequence[Level],
    traversal_order: Sequence[int],
    block_map: Sequence[int],
) -> np.ndarray:
    """Return the dense array.

    Args:
        values: (n,) stored values, in traversal order.
        shape: of the dense array, of D dimensions.
        levels: one per dimension, then one per blocked dimension, as they are traversed.
        traversal_order: for each level, its dimension; D + b is the inside of block b.
        block_map: for each block, the dimension that it splits.

    Raises:
        ValueError: when the parts do not fit each other.
    """
    coordinates: np.ndarray = np.zeros((len(levels), 1), np.int64)
    for level, dimension in zip(levels, traversal_order, strict=True):
        parents, here = level.expand(coordinates.shape[1])
        coordinates = coordinates[:, parents]
        coordinates[dimension] = here
    index = coordinates[: len(shape)]
    for block, dimension in enumerate(block_map):
        inside = len(shape) + block
        block_size = levels[list(traversal_order).index(inside)].size
        index[dimension] = index[dimension] * block_size + coordinates[inside]
    dense = np.zeros(shape, values.dtype)
    dense[tuple(index)] = values
    return dense
