"""What is written about people is read back, bit for bit."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')


from ros_vision_perception.core.human import (
    Humans,
    HumanState,
    Joints,
    JointState,
    OrientationAvailability,
    PredictedPath,
    TrackState,
    unknown,
)
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanJoint, HumanStateArray
from ros_vision_perception.msg import HumanState as HumanStateMsg
from ros_vision_perception.nodes.conversions.humans import HumansWriter, humans_from_msg, set_times
from test.nodes.messages import SIZE, STAMP_NS, assert_same, header, over_the_wire

pytestmark = pytest.mark.ros

# Rotations, one for each largest component of a quaternion.
AXES = [
    np.array(rows, np.float32)
    for rows in (
        ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
        ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
        ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
        ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    )
]


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
        velocity_mps=np.array([1, 2, 3] if in_space else [np.nan] * 3, np.float32),
        velocity_covariance=np.full((3, 3), 0.25 if in_space else np.nan, np.float32),
        axes=AXES[track_id % 4] if in_space else unknown(3, 3),
        orientation_covariance=np.full((3, 3), 0.125 if in_space else np.nan, np.float32),
        orientation_availability=OrientationAvailability(2 * in_space),
        facing_probability=0.5,
        activities=('waving', 'pointing')[: track_id % 3],
        activity_confidences=(0.5, 0.75)[: track_id % 3],
        pointing_origin_m=np.array([1, 2, 3] if in_space else [np.nan] * 3, np.float32),
        pointing_direction=np.array([0, 1, 0] if in_space else [np.nan] * 3, np.float32),
        predicted_paths=tuple(
            PredictedPath(0.5, vectors[:6], tensors[:6], share)
            for share in (0.75, 0.25)[:track_id]
        )
        if in_space
        else (),
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
    assert {state.name: state.value for state in OrientationAvailability} == {
        state.name: getattr(HumanStateMsg, f'ORIENTATION_{state.name}')
        for state in OrientationAvailability
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
