"""For which shapes an engine is built."""

import numpy as np

from ros_vision_perception.backends.deferred import wider
from ros_vision_perception.backends.replay import ReplayBackend
from ros_vision_perception.backends.shapes import Range, ranges_for, widened


def test_fixed_shapes_stay_as_they_are() -> None:
    ranges = ranges_for({'x': (1, 3, 640, 640)}, {'x': (1, 3, 640, 640)})
    assert str(ranges['x']) == '1x3x640x640'


def test_batches_may_be_smaller_than_the_first() -> None:
    ranges = ranges_for({'x': (None, 3, 256, 192)}, {'x': (10, 3, 256, 192)})
    assert ranges['x'] == Range((1, 3, 256, 192), (10, 3, 256, 192), (10, 3, 256, 192))


def test_images_of_other_proportions_are_covered() -> None:
    ranges = ranges_for({'x': (1, 3, None, None)}, {'x': (1, 3, 480, 640)})
    assert str(ranges['x']) == '1x3x160x160..1x3x480x640..1x3x640x640'
    for height, width in ((384, 640), (640, 384), (640, 640), (256, 640)):
        assert ranges['x'].covers((1, 3, height, width))
    assert not ranges['x'].covers((1, 3, 672, 640))
    assert not ranges['x'].covers((2, 3, 640, 640))
    assert not ranges['x'].covers((3, 640, 640))


def test_sides_are_divisible_by_the_strides_and_never_zero() -> None:
    for side in (32, 64, 416, 1280):
        (low,) = {
            *ranges_for({'x': (1, 3, None, None)}, {'x': (1, 3, side, side)})['x'].smallest[2:]
        }
        assert 32 <= low <= side and low % 32 == 0


def test_what_comes_later_widens_the_range() -> None:
    ranges = ranges_for({'x': (None, 3)}, {'x': (4, 3)})
    more = widened(ranges, {'x': (9, 3)})
    assert str(more['x']) == '1x3..9x3'


def test_a_call_that_is_covered_changes_nothing() -> None:
    backend = ReplayBackend({}, {'x': (None, 3)})
    known = wider({}, backend, {'x': np.zeros((4, 3))})
    assert wider(known, backend, {'x': np.zeros((2, 3))}) is known
    assert wider(known, backend, {'x': np.zeros((5, 3))}) is not known
