"""What is written about people is read back, bit for bit."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')


from ros_vision_perception.core.human import (
    JointState,
    OrientationAvailability,
    TrackState,
)
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanJoint, HumanStateArray
from ros_vision_perception.msg import HumanState as HumanStateMsg
from ros_vision_perception.nodes.conversions.humans import HumansWriter, humans_from_msg, set_times
from test.core.known_people import STAMP_NS, human, humans
from test.nodes.messages import assert_same, header, over_the_wire

pytestmark = pytest.mark.ros


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
