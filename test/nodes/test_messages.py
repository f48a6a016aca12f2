"""What is written to a message is read back from it, bit for bit."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.human import Humans, HumanState, Joints, JointState, TrackState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, SKELETONS, Skeleton
from ros_vision_perception.core.types import InstanceMasks, Keypoints
from ros_vision_perception.msg import HumanJoint, HumanStateArray
from ros_vision_perception.msg import HumanState as HumanStateMsg
from ros_vision_perception.nodes.conversions.cameras import camera_from_msg
from ros_vision_perception.nodes.conversions.humans import (
    HumansWriter,
    humans_from_msg,
    set_times,
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

pytestmark = pytest.mark.ros

SIZE = (64, 48)
STAMP_NS = 1_700_000_000_123_456_789


def header() -> Header:
    message = Header(frame_id='camera')
    message.stamp.sec, message.stamp.nanosec = divmod(STAMP_NS, 10**9)
    return message


def over_the_wire(message: Any) -> Any:
    return deserialize_message(serialize_message(message), type(message))


def assert_same(got: Any, want: Any) -> None:
    """Compare dataclasses of arrays: equal values, shapes and types, NaN equal to NaN."""
    assert type(got) is type(want)
    for field in fields(want):
        mine, other = getattr(got, field.name), getattr(want, field.name)
        if isinstance(other, np.ndarray):
            assert mine.dtype == other.dtype, field.name
            np.testing.assert_array_equal(mine, other, err_msg=field.name)
        elif isinstance(other, tuple) and other and isinstance(other[0], BoxMask | HumanState):
            assert len(mine) == len(other), field.name
            for pair in zip(mine, other, strict=True):
                assert_same(*pair)
        elif isinstance(other, Joints):
            assert_same(mine, other)
        elif isinstance(other, float):
            assert mine == pytest.approx(other, abs=1e-9, nan_ok=True), field.name
        else:
            assert mine == other, field.name


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


def human(track_id: int, *, in_space: bool, joints: int = 33) -> HumanState:
    random = np.random.default_rng(track_id)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(size=(joints, *shape)).astype(np.float32)

    def matrices(size: int) -> np.ndarray:
        half = numbers(size, size)
        return half + half.transpose(0, 2, 1)

    has_3d = np.full(joints, in_space)
    has_3d[::2] = False
    known, vectors, tensors = has_3d[:, None], numbers(3), matrices(3)
    return HumanState(
        track_id=track_id,
        track_state=TrackState.OCCLUDED,
        age_s=12.345678901,
        time_since_update_s=0.25,
        existence_probability=0.5,
        occluded_fraction=0.25,
        identity_confidence=0.75,
        box_xyxy=np.array([1.5, -2.5, 30.25, 40.0], np.float32),
        joints=Joints(
            states=random.integers(0, 7, joints).astype(np.uint8),
            p_visible=numbers(),
            occluder_track_ids=random.integers(-1, 9, joints).astype(np.int32),
            occluder_classes=tuple(random.choice(['', 'person', 'table'], joints).tolist()),
            keypoints_xy=numbers(2),
            covariances_px=matrices(2),
            has_3d=has_3d,
            positions_m=np.where(known, vectors, np.float32(np.nan)),
            position_covariances=np.where(known[..., None], tensors, np.float32(np.nan)),
            velocities=np.where(known, -vectors, np.float32(np.nan)),
            velocity_covariances=np.where(known[..., None], -tensors, np.float32(np.nan)),
            time_since_seen_s=np.where(has_3d, numbers(), np.inf).astype(np.float32),
        ),
        position_m=np.array([1, 2, 3] if in_space else [np.nan] * 3, np.float32),
        position_covariance=np.full((3, 3), 0.5 if in_space else np.nan, np.float32),
    )


def humans(*people: HumanState) -> Humans:
    return Humans(
        stamp_ns=STAMP_NS,
        image_size=SIZE,
        skeleton=BLAZEPOSE33,
        people=people,
        used_pose=True,
        used_masks=False,
        used_depth=True,
        degraded_reason='masks missing',
    )


@pytest.mark.parametrize('in_space', [False, True], ids=['in the image', 'in space'])
@pytest.mark.parametrize('people', [0, 1, 5])
def test_humans_come_back_exactly(people: int, in_space: bool) -> None:
    result = humans(*(human(index + 1, in_space=in_space) for index in range(people)))
    message = over_the_wire(HumansWriter(BLAZEPOSE33).write(result, header()))
    assert message.header == header()
    assert message.degraded
    assert message.inputs == HumanStateArray.POSE + HumanStateArray.DEPTH
    assert_same(humans_from_msg(message), result)


def test_a_position_in_space_is_forgotten_when_it_is_not_known_any_more() -> None:
    writer = HumansWriter(BLAZEPOSE33)
    for in_space in (True, False, True):
        result = humans(human(1, in_space=in_space), human(2, in_space=not in_space))
        assert_same(humans_from_msg(over_the_wire(writer.write(result, header()))), result)


def test_what_is_not_known_of_a_human_is_nan_or_says_so() -> None:
    message = HumansWriter(BLAZEPOSE33).write(humans(human(1, in_space=False)), header())
    person = over_the_wire(message).humans[0]
    assert not person.has_3d
    assert np.isnan(person.pose.pose.position.x)
    assert np.isnan(person.pose.covariance).all()
    assert np.isnan(person.twist.twist.linear.z)
    assert person.pose.pose.orientation.w == 1.0
    assert person.orientation_availability == HumanStateMsg.ORIENTATION_UNAVAILABLE
    assert person.posture == HumanStateMsg.POSTURE_UNKNOWN
    assert np.isnan(person.posture_confidence)
    assert [joint.joint_id for joint in person.joints] == list(range(33))


def test_states_have_the_numbers_of_the_messages() -> None:
    assert {state.name: state.value for state in JointState} == {
        state.name: getattr(HumanJoint, state.name) for state in JointState
    }
    assert {state.name: state.value for state in TrackState} == {
        state.name: getattr(HumanStateMsg, state.name) for state in TrackState
    }


@pytest.mark.parametrize(
    ('published_ns', 'age'),
    [(STAMP_NS + 1_500_000_000, (1, 500_000_000)), (STAMP_NS - 1, (-1, 999_999_999)), (0, (0, 0))],
    ids=['later', 'clock behind the stamp', 'simulated time not begun'],
)
def test_the_age_of_a_result_is_since_its_stamp(published_ns: int, age: tuple[int, int]) -> None:
    message = HumansWriter(BLAZEPOSE33).write(humans(), header())
    set_times(message, published_ns, latency_ns=2_000_000_007)
    message = over_the_wire(message)
    published = message.published
    assert (published.sec, published.nanosec) == divmod(published_ns, 10**9)
    assert (message.sensor_age.sec, message.sensor_age.nanosec) == age
    latency = message.processing_latency
    assert (latency.sec, latency.nanosec) == (2, 7)


@pytest.mark.parametrize('skeleton', SKELETONS.values(), ids=SKELETONS)
def test_a_skeleton_comes_back(skeleton: Skeleton) -> None:
    got = skeleton_from_msg(over_the_wire(skeleton_to_msg(skeleton)))
    np.testing.assert_allclose(got.oks_sigmas, skeleton.oks_sigmas, rtol=1e-6)
    assert replace(got, oks_sigmas=skeleton.oks_sigmas) == skeleton


def camera_info() -> CameraInfo:
    info = CameraInfo(width=640, height=480)
    info.k = [500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]
    info.p = [400.0, 0.0, 310.0, 0.0, 0.0, 410.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def test_intrinsics_are_k_of_raw_and_p_of_rectified_images() -> None:
    raw = camera_from_msg(camera_info(), rectified=False)
    assert raw is not None
    assert (raw.fx, raw.fy, raw.cx, raw.cy, raw.size) == (500, 510, 320, 240, (640, 480))
    rectified = camera_from_msg(camera_info(), rectified=True)
    assert rectified is not None
    assert (rectified.fx, rectified.fy, rectified.cx, rectified.cy) == (400, 410, 310, 230)


def test_intrinsics_follow_binning_and_region_of_interest() -> None:
    info = camera_info()
    info.binning_x = info.binning_y = 2
    info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 100, 40, 400, 300
    camera = camera_from_msg(info, rectified=False)
    assert camera is not None
    assert (camera.fx, camera.cx, camera.cy, camera.size) == (250, 110, 100, (200, 150))


def test_a_camera_without_calibration_has_no_intrinsics() -> None:
    assert camera_from_msg(CameraInfo(width=640, height=480), rectified=False) is None
