"""Which shapes an input may have: what an engine is built for."""

from collections.abc import Mapping
from dataclasses import dataclass

from ros_vision_perception.backends.base import Shape

# The strides of the networks here, from pixel to coarsest cell, divide this.
_STRIDE = 32
# An image side of a network that takes any may shrink to this share of the longest.
_SMALLEST_SIDE = 4


@dataclass(frozen=True)
class Range:
    """The shapes of one input.

    Attributes:
        smallest, usual, largest: shapes; all that lies between the first and the last may come.
    """

    smallest: Shape
    usual: Shape
    largest: Shape

    def covers(self, shape: Shape) -> bool:
        """Return whether a shape is one of them."""
        return len(shape) == len(self.largest) and all(
            low <= length <= high
            for low, length, high in zip(self.smallest, shape, self.largest, strict=True)
        )

    def __str__(self) -> str:
        """Return the ends: '1x3x256x256..10x3x256x256'."""
        ends = dict.fromkeys(
            'x'.join(map(str, shape)) for shape in (self.smallest, self.usual, self.largest)
        )
        return '..'.join(ends)


Ranges = Mapping[str, Range]


def ranges_for(
    declared: Mapping[str, tuple[int | None, ...]], first: Mapping[str, Shape]
) -> Ranges:
    """Return what to build for, given the shapes of the largest call.

    Batches may be smaller. A network that takes images of any size gets them with the proportions
    of the camera, which nobody knows yet, so sides may be as long as the longest here and shorter.

    Args:
        declared: input -> shape, where None may vary.
        first: input -> shape of the call.
    """
    return {name: _range(declared[name], shape) for name, shape in first.items()}


def widened(known: Ranges, shapes: Mapping[str, Shape]) -> Ranges:
    """Return the ranges that cover what they covered and these shapes too."""
    return {
        name: Range(
            tuple(map(min, known[name].smallest, shape)),
            shape,
            tuple(map(max, known[name].largest, shape)),
        )
        for name, shape in shapes.items()
    }


def _range(declared: tuple[int | None, ...], shape: Shape) -> Range:
    sides = [length for axis, length in enumerate(shape) if axis and declared[axis] is None]
    longest = max(sides, default=0)
    shortest = min([max(longest // _SMALLEST_SIDE // _STRIDE, 1) * _STRIDE, *sides])
    smallest, largest = list(shape), list(shape)
    for axis, length in enumerate(declared):
        if length is None:
            smallest[axis], largest[axis] = (1, shape[axis]) if axis == 0 else (shortest, longest)
    return Range(tuple(smallest), shape, tuple(largest))
