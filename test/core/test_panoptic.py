"""Things and stuff share no pixel, and who is surer takes first."""

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.panoptic import merge
from ros_vision_perception.core.types import InstanceMasks

SIZE = 100, 80
THINGS = 'person', 'chair'
# x, y, width, height
Box = tuple[int, int, int, int]


def masks(is_instance: bool, *found: tuple[str, float, Box]) -> InstanceMasks:
    return InstanceMasks(
        image_size=SIZE,
        class_ids=np.arange(len(found), dtype=np.int32),
        class_names=tuple(name for name, _, _ in found),
        scores=np.array([score for _, score, _ in found], np.float32),
        boxes_xyxy=np.array([(x, y, x + w, y + h) for _, _, (x, y, w, h) in found], np.float32)
        .reshape(-1, 4),
        masks=tuple(BoxMask(x, y, np.ones((h, w), bool)) for _, _, (x, y, w, h) in found),
        is_instance=is_instance,
    )  # fmt: skip


def test_the_surer_thing_takes_what_two_want_and_stuff_gets_the_rest() -> None:
    things = masks(True, ('chair', 0.5, (20, 20, 40, 20)), ('person', 0.9, (10, 10, 20, 40)))
    regions = masks(False, ('floor', 0.7, (0, 40, 100, 40)), ('person', 0.9, (0, 0, 30, 60)))
    merged = merge(things, regions, THINGS)
    assert merged.class_names == ('person', 'chair', 'floor')
    assert merged.is_instance
    assert [mask.area for mask in merged.masks] == [800, 600, 4000 - 200]
    layers = np.array([mask.to_image(SIZE) for mask in merged.masks])
    assert layers.sum(axis=0).max() == 1
    np.testing.assert_array_equal(merged.boxes_xyxy[1], [30, 20, 60, 40])
    np.testing.assert_allclose(merged.scores, [0.9, 0.5, 0.7])


def test_a_thing_that_is_seen_twice_is_kept_once() -> None:
    twice = masks(True, ('person', 0.9, (10, 10, 20, 40)), ('person', 0.8, (12, 12, 18, 38)))
    merged = merge(twice, masks(False), THINGS)
    np.testing.assert_allclose(merged.scores, [0.9])
    # What is left out leaves its pixels to others.
    mostly = masks(True, ('person', 0.9, (0, 0, 60, 40)), ('chair', 0.8, (10, 0, 60, 40)))
    behind = masks(False, ('wall', 0.7, (0, 0, 100, 40)))
    assert merge(mostly, behind, THINGS).masks[1].area == 40 * 40


def test_leftovers_of_stuff_are_dropped() -> None:
    things = masks(True, ('person', 0.9, (0, 0, 99, 80)))
    regions = masks(False, ('floor', 0.7, (70, 50, 30, 30)), ('wall', 0.7, (60, 0, 40, 40)))
    merged = merge(things, regions, THINGS)
    assert merged.class_names == ('person',)  # 30 and 40 px of 8000


def test_numbers_of_things_and_stuff_do_not_meet() -> None:
    things = masks(True, ('person', 0.9, (0, 0, 10, 10)))
    regions = masks(False, ('floor', 0.7, (0, 40, 100, 40)))
    assert merge(things, regions, THINGS).class_ids.tolist() == [0, 100]
    many = [f'class {number}' for number in range(500)]
    assert merge(things, regions, many).class_ids.tolist() == [0, 500]


def test_nothing_gives_nothing() -> None:
    assert len(merge(masks(True), masks(False), THINGS)) == 0
