"""Nodes that are sent messages with any values, so many on each subscription.

The more, the longer it takes: FUZZED_MESSAGES=1000 2 minutes on 2 cores.
"""

from collections.abc import Callable
import itertools
import os
import subprocess
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.nodes.conversions.keypoints import KeypointsWriter
from ros_vision_perception.nodes.conversions.masks import masks_to_msg
from ros_vision_perception.nodes.conversions.stamps import (
    make_header,
    stamp_from_header,
    time_to_msg,
)
from test.core.people import IMAGE_SIZE, detect, segment
from test.faults.fuzzed import damaged
from test.faults.node_process import NodeProcess
from test.nodes.images import compressed, message
from test.nodes.models import FIRST_NS, PERIOD_NS, scene
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

Spawn = Callable[..., subprocess.Popen]
ALL, AT_ONCE = int(os.environ.get('FUZZED_MESSAGES', '100')), 10
PERCEPTION = ('test.faults.stick_node', '/perception_node')
FUSION = ('ros_vision_perception', '/fusion_node')

STAMPS = itertools.count(FIRST_NS, PERIOD_NS)
HEADER = make_header(FIRST_NS, 'camera')
PIXELS, DEPTH_M = np.full((60, 80, 3), 90, np.uint8), np.full((60, 80), 3.0, np.float32)
K = [300.0, 0.0, 160.0, 0.0, 300.0, 120.0, 0.0, 0.0, 1.0]
INFO = CameraInfo(
    header=HEADER,
    width=IMAGE_SIZE[0],
    height=IMAGE_SIZE[1],
    k=K,
    p=[*K[:3], 0.0, *K[3:6], 0.0, *K[6:], 0.0],
    d=[0.1, 0.01, 0.0, 0.0, 0.0],
    distortion_model='plumb_bob',
)
POSES = detect(scene(FIRST_NS), with_masks=True)
# What is right on each topic.
RIGHT = {
    'image': message('bgr8', PIXELS),
    'image/compressed': compressed('.png', PIXELS, 'png'),
    'depth/image': message('32FC1', DEPTH_M),
    'camera_info': INFO,
    'keypoints': KeypointsWriter(COCO17, 'sticks').write(POSES, HEADER),
    'masks': masks_to_msg(segment(scene(FIRST_NS)), HEADER, 'sticks'),
}


def right(topic: str, stamp_ns: int) -> Any:
    """Return a message that is right."""
    kind = type(RIGHT[topic])
    message = deserialize_message(_WIRE[topic], kind)
    message.header.stamp = time_to_msg(stamp_ns)
    return message


_WIRE = {topic: serialize_message(each) for topic, each in RIGHT.items()}


class Senders:
    """All that a node is sent.

    Attributes:
        node: that gets it.
    """

    def __init__(
        self, ros: Ros, spawn: Spawn, of: tuple[str, str], topics: tuple[str, ...]
    ) -> None:
        """Start the node `of` a module and a name, and send messages on `topics`."""
        module, name = of
        qualities = [f'qos_overrides./{topic}.subscription' for topic in topics]
        given = [f'{quality}.depth:=100' for quality in qualities]
        given += [f'{quality}.reliability:=reliable' for quality in qualities]
        given += ['use_depth:=true', 'join_deadline_ms:=20.0', 'rectified:=false']
        command = ['fusion_node'] if module == 'ros_vision_perception' else []
        arguments = [part for each in given for part in ('-p', each)]
        self.node = NodeProcess(ros, spawn(module, *command, '--ros-args', *arguments), name)
        self._publishers = {
            topic: ros.publisher(type(RIGHT[topic]), topic, 200) for topic in topics
        }

    def send(self, topic: str, messages: list[Any]) -> None:
        """Send messages on a topic, then good ones on all, until these have their result."""
        for each in messages:
            self._publishers[topic].publish(each)
        asked: set[int] = set()
        next_s = 0.0

        def is_answered() -> bool:
            nonlocal next_s
            if time.monotonic() > next_s:
                stamp_ns = next(STAMPS)
                asked.add(stamp_ns)
                next_s = time.monotonic() + 0.05
                for name, publisher in self._publishers.items():
                    publisher.publish(right(name, stamp_ns))
            humans = self.node.humans
            return bool(humans) and stamp_from_header(humans[-1].header) in asked

        self.node.until(is_answered, 'for the result of a good message')


@pytest.mark.parametrize(
    ('node', 'topics'),
    [
        (PERCEPTION, ('image', 'depth/image', 'camera_info')),
        (PERCEPTION, ('image/compressed',)),
        (FUSION, ('keypoints', 'masks', 'depth/image', 'camera_info')),
    ],
    ids=['raw', 'compressed', 'fusion'],
)
def test_a_node_that_is_sent_anything_lives_on_and_answers_what_is_right(
    ros: Ros, spawn: Spawn, node: tuple[str, str], topics: tuple[str, ...]
) -> None:
    senders = Senders(ros, spawn, node, topics)
    for _ in range(20):
        senders.send(topics[0], [])
    senders.node.remember_memory()
    for topic in topics:
        _send_anything(senders, topic)
    ros.rest(0.3)
    senders.node.assert_well()


def _send_anything(senders: Senders, topic: str) -> None:
    wrong = damaged(lambda: right(topic, next(STAMPS)))

    @settings(
        max_examples=ALL // AT_ONCE,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(wrong, min_size=AT_ONCE, max_size=AT_ONCE))
    def send(messages: list[Any]) -> None:
        senders.send(topic, messages)

    send()
