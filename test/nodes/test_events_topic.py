"""Events as messages: from a node, and from a replay."""

from dataclasses import replace

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

import numpy as np
from rclpy.node import Node
from rclpy.serialization import deserialize_message

from ros_vision_perception.core.human import Event
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.msg import HumanEventArray, HumanStateArray
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.nodes.outputs import HumansOutput
from ros_vision_perception.nodes.result_messages import EVENTS, Answer, Origin, ResultMessages
from ros_vision_perception.pipeline.perception import PerceptionResult
from test.core.known_people import SIZE, STAMP_NS, human, humans
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

EVENT = Event(7, 'jumping', STAMP_NS - 10**9, STAMP_NS - 1, 0.75, ('left_knee', 'right_knee'))
SOME, NONE = replace(humans(human(1, in_space=True)), events=(EVENT,)), humans()


def check(message: HumanEventArray) -> None:
    assert message.header == make_header(STAMP_NS, 'camera')
    (event,) = message.events
    assert (event.track_id, event.activity, event.confidence) == (7, 'jumping', 0.75)
    assert event.start == make_header(STAMP_NS - 10**9).stamp
    assert event.end == make_header(STAMP_NS - 1).stamp
    assert list(event.joints_seen) == ['left_knee', 'right_knee']


def test_a_node_tells_events_when_there_are_some(ros: Ros) -> None:
    output = HumansOutput(ros.start(Node, 'perception'))
    output.announce(BLAZEPOSE33)
    told, results = ros.listen(HumanEventArray, 'events'), ros.listen(HumanStateArray, 'humans')
    for result in (NONE, SOME, NONE):
        output.publish(result, make_header(STAMP_NS, 'camera'), 0)
    ros.until(lambda: len(results) == 3 and told, 'for the results')
    ros.rest(0.1)
    (message,) = told
    check(message)


def test_a_replay_writes_the_same() -> None:
    messages = ResultMessages(BLAZEPOSE33, 'pose', '')
    frame = Frame(np.zeros((*SIZE[::-1], 3), np.uint8), 'bgr8', STAMP_NS)
    origin = Origin(STAMP_NS, 'camera', STAMP_NS)
    seen = Keypoints.empty(BLAZEPOSE33, SIZE)
    assert (
        messages.write(EVENTS, Answer(origin, frame, PerceptionResult(seen, None, NONE))) is None
    )
    data = messages.write(EVENTS, Answer(origin, frame, PerceptionResult(seen, None, SOME)))
    assert data is not None
    check(deserialize_message(data, HumanEventArray))
