"""Nodes that are told anything about people."""

from collections.abc import Callable
from dataclasses import replace
import itertools
import os
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import PoseArray
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ros_vision_perception.core.human import HumanState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import HumansWriter
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header, time_to_msg
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.merging_node import MergingNode
from test.core.known_people import STAMP_NS, human, humans
from test.faults.fuzzed import damaged
from test.nodes.messages import header, over_the_wire
from test.nodes.ros import Ros

# A process says each of NumPy's warnings once and goes on.
pytestmark = [pytest.mark.ros, pytest.mark.filterwarnings('ignore::RuntimeWarning')]

ALL, AT_ONCE = int(os.environ.get('FUZZED_MESSAGES', '50')), 10
STAMPS = itertools.count(STAMP_NS, 10_000_000)
EVERYTHING = ('poses', 'joint_cloud', 'markers', 'occupancy')


def right() -> HumanStateArray:
    """Return a message that is right, later than those before."""
    message: HumanStateArray = over_the_wire(RIGHT)
    message.header.stamp = time_to_msg(next(STAMPS))
    return message


def _with_possible_errors(person: HumanState) -> HumanState:
    joints = person.joints
    spreads = np.where(joints.has_3d[:, None, None], 0.01 * np.eye(3), np.nan).astype(np.float32)
    joints = replace(joints, position_covariances=spreads, velocity_covariances=spreads)
    spread = 0.01 * np.eye(3, dtype=np.float32)
    return replace(person, joints=joints, position_covariance=spread, velocity_covariance=spread)


RIGHT = HumansWriter(BLAZEPOSE33).write(
    humans(_with_possible_errors(human(1, in_space=True)), human(2, in_space=False)), header()
)


@pytest.mark.parametrize(
    ('make', 'parameters', 'heard', 'said'),
    [
        (InterfacesNode, dict.fromkeys(EVERYTHING, True), 'humans', (PoseArray, 'humans/poses')),
        (
            MergingNode,
            {'cameras': ['left', 'right'], 'target_frame': 'camera'},
            'left/humans',
            (HumanStateArray, 'humans'),
        ),
    ],
    ids=['interfaces', 'merging'],
)
def test_a_node_that_is_told_anything_about_people_lives_on_and_answers_what_is_right(
    ros: Ros,
    make: Callable[..., ManagedNode],
    parameters: dict[str, Any],
    heard: str,
    said: tuple[type, str],
) -> None:
    ros.start(make, **parameters)
    publisher = ros.publisher(HumanStateArray, heard, 50)
    answers = ros.listen(*said)

    @settings(
        max_examples=ALL // AT_ONCE,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(damaged(right), min_size=AT_ONCE, max_size=AT_ONCE))
    def tell(messages: list[HumanStateArray]) -> None:
        for each in messages:
            publisher.publish(each)
        asked: set[int] = set()

        def is_answered() -> bool:
            message = right()
            asked.add(stamp_from_header(message.header))
            publisher.publish(message)
            return bool(answers) and stamp_from_header(answers[-1].header) in asked

        ros.until(is_answered, 'for what is said of a right message')

    tell()
