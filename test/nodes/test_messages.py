"""What is written to a message is read back from it, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')


from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, SKELETONS, Skeleton
from ros_vision_perception.core.types import InstanceMasks, Keypoints
from ros_vision_perception.nodes.conversions.diagnostics import (
    stage_times_from_msg,
    stage_times_to_msg,
)
from ros_vision_perception.nodes.conversions.keypoints import KeypointsWriter, keypoints_from_msg
from ros_vision_perception.nodes.conversions.masks import (
    label_map,
    mask_from_msg,
    mask_to_msg,
    masks_from_msg,
    masks_to_msg,
)
from ros_vision_perception.nodes.conversions.skeletons import skeleton_from_msg, skeleton_to_msg
from test.core.known_people import SIZE
from test.nodes.messages import assert_same, header, over_the_wire

pytestmark = pytest.mark.ros


def mask(seed: int = 0) -> BoxMask:
    return BoxMask.from_bitmap(np.random.default_rng(seed).random(SIZE[::-1]) > 0.6)


def keypoints(people: int, *, skeleton: Skeleton = BLAZEPOSE33, masks: bool = False) -> Keypoints:
    random = np.random.default_rng(people)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(size=(people, *shape)).astype(np.float32)

    joints = len(skeleton)
    visibility = numbers(joints)
    visibility[:, ::3] = np.nan
    positions = numbers(joints, 3)
    positions[1::2] = np.nan  # a model gives all of a person or nothing
    return Keypoints(
        skeleton=skeleton,
        image_size=SIZE,
        keypoints_xy=100 * numbers(joints, 2),
        scores=numbers(joints),
        visibility=visibility,
        presence=numbers(joints),
        boxes_xyxy=numbers(4),
        person_scores=numbers(),
        keypoints_3d=positions,
        masks=tuple(mask(seed) for seed in range(people)) if masks else (),
    )


@pytest.mark.parametrize('people', [0, 1, 4])
@pytest.mark.parametrize('masks', [False, True], ids=['without masks', 'with masks'])
def test_keypoints_come_back_exactly(people: int, masks: bool) -> None:
    poses = keypoints(people, masks=masks)
    message = KeypointsWriter(BLAZEPOSE33, 'model').write(poses, header())
    assert (message.model, message.header) == ('model', header())
    assert_same(keypoints_from_msg(over_the_wire(message)), poses)


def test_a_writer_forgets_the_people_of_the_last_image() -> None:
    writer = KeypointsWriter(BLAZEPOSE33, 'model')
    for people in (3, 1, 0, 2):
        poses = keypoints(people, masks=people != 2)
        assert_same(keypoints_from_msg(over_the_wire(writer.write(poses, header()))), poses)


@pytest.mark.parametrize(
    ('damage', 'cause'),
    [
        (lambda message: setattr(message, 'skeleton', 'octopus'), 'unknown_skeleton'),
        (lambda message: setattr(message, 'image_width', 2**32 - 1), 'impossible_size'),
        (lambda message: setattr(message, 'image_height', 0), 'impossible_size'),
        (lambda message: message.people[0].keypoints.pop(), 'bad_keypoints'),
        (lambda message: message.people[0].keypoints_3d.pop(), 'bad_keypoints'),
        (lambda message: setattr(message.people[1].mask, 'width', 0), 'bad_mask'),
        (lambda message: setattr(message.people[1].mask, 'height', 1), 'bad_mask'),
        (lambda message: setattr(message.people[1].mask, 'x', 60), 'bad_mask'),
        (lambda message: setattr(message.people[1].mask, 'width', 2**32 - 1), 'bad_mask'),
    ],
)
def test_damaged_keypoints_say_what_is_wrong(damage: Callable[[Any], None], cause: str) -> None:
    message = KeypointsWriter(COCO17, '').write(
        keypoints(2, skeleton=COCO17, masks=True), header()
    )
    message = over_the_wire(message)
    damage(message)
    with pytest.raises(FrameError) as caught:
        keypoints_from_msg(message)
    assert caught.value.cause == cause


@pytest.mark.parametrize(
    'box_mask',
    [mask(), BoxMask(3, 4, np.ones((2, 5), bool)), BoxMask(7, 8, np.zeros((0, 0), bool))],
    ids=['spots', 'full', 'empty'],
)
def test_a_mask_comes_back_exactly(box_mask: BoxMask) -> None:
    got = mask_from_msg(over_the_wire(mask_to_msg(box_mask)), SIZE)
    assert_same(got, box_mask)


def test_no_mask_is_not_an_empty_mask() -> None:
    assert mask_from_msg(over_the_wire(mask_to_msg(None)), SIZE) is None


def segmentation(count: int) -> InstanceMasks:
    return InstanceMasks(
        image_size=SIZE,
        class_ids=np.arange(count, dtype=np.int32) * 7,
        class_names=tuple(f'class {index}' for index in range(count)),
        scores=np.linspace(0.1, 0.9, count, dtype=np.float32),
        boxes_xyxy=np.random.default_rng(1).random((count, 4)).astype(np.float32),
        masks=tuple(mask(seed) for seed in range(count)),
        is_instance=count % 2 == 0,
    )


@pytest.mark.parametrize('count', [0, 1, 4])
def test_instance_masks_come_back_exactly(count: int) -> None:
    masks = segmentation(count)
    message = masks_to_msg(masks, header(), 'model')
    assert (message.model, message.header) == ('model', header())
    assert [instance.area for instance in message.instances] == [m.area for m in masks.masks]
    assert_same(masks_from_msg(over_the_wire(message)), masks)


def test_the_label_map_shows_the_surer_class_where_masks_overlap() -> None:
    masks = InstanceMasks(
        image_size=(6, 2),
        class_ids=np.array([4, 9], np.int32),
        class_names=('table', 'person'),
        scores=np.array([0.9, 0.8], np.float32),
        boxes_xyxy=np.zeros((2, 4), np.float32),
        masks=(BoxMask(1, 0, np.ones((1, 2), bool)), BoxMask(2, 0, np.ones((2, 3), bool))),
        is_instance=True,
    )
    labels = label_map(masks)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, [[0, 5, 5, 10, 10, 0], [0, 0, 10, 10, 10, 0]])
    many = replace(masks, class_ids=np.array([4, 300], np.int32))
    assert label_map(many).dtype == np.uint16
    assert label_map(many).max() == 301


@pytest.mark.parametrize('skeleton', SKELETONS.values(), ids=SKELETONS)
def test_a_skeleton_comes_back(skeleton: Skeleton) -> None:
    got = skeleton_from_msg(over_the_wire(skeleton_to_msg(skeleton)))
    np.testing.assert_allclose(got.oks_sigmas, skeleton.oks_sigmas, rtol=1e-6)
    assert replace(got, oks_sigmas=skeleton.oks_sigmas) == skeleton


def test_the_times_of_an_image_come_back_in_ms() -> None:
    message = stage_times_to_msg('/node', header(), {'convert': 1_500_000, 'infer': 20_000_000})
    assert message.header == header()
    times = stage_times_from_msg(over_the_wire(message))
    assert times == ('/node', {'convert': 1.5, 'infer': 20.0})
