"""Streams in which some images are damaged, or have stamps that cannot be right."""

from collections.abc import Callable
import subprocess
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from ros_vision_perception.nodes.conversions.stamps import stamp_from_header, time_to_msg
from test.faults.node_process import NodeProcess
from test.nodes.images import compressed, message
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

Spawn = Callable[..., subprocess.Popen]
NODE, NAME = 'test.faults.stick_node', '/perception_node'
STEP_NS, HOUR_NS = 10_000_000, 3600 * 10**9
BEGIN_NS = 1_700_000_000 * 10**9
PIXELS = np.full((240, 320, 3), 90, np.uint8)


class Stream:
    """A camera that waits for the result of each image that should have one.

    Attributes:
        node: that gets the images.
        sent: number of images sent.
    """

    def __init__(
        self, ros: Ros, spawn: Spawn, kind: type, make: Callable[[int], Any], *parameters: str
    ) -> None:
        """Send messages of `kind`, which `make` makes, to a node with some parameters."""
        self._make, self._ros = make, ros
        topic = 'image' if kind is Image else 'image/compressed'
        given = [part for each in parameters for part in ('-p', each)]
        # Nothing is to be lost here but what is wrong.
        quality = f'qos_overrides./{topic}.subscription'
        given += ['-p', f'{quality}.depth:=50', '-p', 'qos:=reliable']
        self.node = NodeProcess(ros, spawn(NODE, '--ros-args', *given), NAME)
        self._publisher = ros.publisher(kind, topic, 50)
        self.sent = 0

    def send(self, stamp_ns: int) -> None:
        """Send an image and wait for its result."""
        self.send_in_vain(self._make(stamp_ns))
        self.node.until_result_at(stamp_ns)

    def send_in_vain(self, message: Any) -> None:
        """Send a message that will have no result."""
        self._publisher.publish(message)
        self.sent += 1

    def assert_dropped(self, **drops: int) -> None:
        """See that all else has results, and that the node is well."""
        self.node.assert_well()
        assert self.node.drops == drops
        assert int(self.node.values['frames_in']) == self.sent
        assert int(self.node.values['frames_out']) == len(self.node.humans)


def raw(stamp_ns: int) -> Image:
    return message('bgr8', PIXELS, stamp_ns=stamp_ns)


def jpeg(stamp_ns: int) -> CompressedImage:
    return compressed('.jpg', PIXELS, 'bgr8; jpeg compressed bgr8', stamp_ns)


def too_short(stamp_ns: int) -> Image:
    image = raw(stamp_ns)
    image.data = image.data[:-1]
    return image


def of_no_known_encoding(stamp_ns: int) -> Image:
    image = raw(stamp_ns)
    image.encoding = 'bgr9'
    return image


def truncated(stamp_ns: int) -> CompressedImage:
    image = jpeg(stamp_ns)
    image.data = image.data[: len(image.data) * 2 // 3]
    return image


def empty(stamp_ns: int) -> CompressedImage:
    image = jpeg(stamp_ns)
    image.data = b''
    return image


@pytest.mark.parametrize(
    ('kind', 'make', 'damages', 'drops'),
    [
        (Image, raw, (too_short, of_no_known_encoding), ('data_too_short', 'unknown_encoding')),
        (CompressedImage, jpeg, (truncated, empty), ('corrupt_image',)),
    ],
)
def test_with_damaged_images_in_a_stream_each_other_image_has_its_result(
    ros: Ros,
    spawn: Spawn,
    kind: type,
    make: Callable[[int], Any],
    damages: tuple[Callable[[int], Any], ...],
    drops: tuple[str, ...],
) -> None:
    stream = Stream(ros, spawn, kind, make)
    for step in range(120):
        if step == 30:
            stream.node.remember_memory()
        if step % 30 == 29:
            stream.send_in_vain(damages[step // 30 % 2](BEGIN_NS + step * STEP_NS))
        else:
            stream.send(BEGIN_NS + step * STEP_NS)
    stream.assert_dropped(**dict.fromkeys(drops, 4 // len(drops)))
    assert {h.track_id for each in stream.node.humans for h in each.humans} == {1, 2}


def test_images_that_come_twice_or_late_are_counted_and_change_nothing(
    ros: Ros, spawn: Spawn
) -> None:
    stream = Stream(ros, spawn, Image, raw)
    for step in range(60):
        if step == 30:
            stream.node.remember_memory()
        stream.send(BEGIN_NS + step * STEP_NS)
        if step % 10 == 7:
            stream.send_in_vain(raw(BEGIN_NS + step * STEP_NS))
        if step % 10 == 9:
            stream.send_in_vain(raw(BEGIN_NS + (step - 3) * STEP_NS))
    stream.assert_dropped(repeated_stamp=6, out_of_order=6)
    stamps = [stamp_from_header(each.header) for each in stream.node.humans]
    assert stamps == [BEGIN_NS + step * STEP_NS for step in range(60)]
    assert {h.track_id for each in stream.node.humans for h in each.humans} == {1, 2}


def test_a_clock_that_jumps_both_ways_begins_anew_and_no_more(ros: Ros, spawn: Spawn) -> None:
    stream = Stream(ros, spawn, Image, raw, 'use_sim_time:=true')
    clock = ros.publisher(Clock, '/clock')
    begins = [BEGIN_NS, BEGIN_NS + HOUR_NS, BEGIN_NS + HOUR_NS // 2, BEGIN_NS + 2 * HOUR_NS]
    for place, begin_ns in enumerate(begins):
        if place == 2:  # it shows with its second image
            stream.send_in_vain(raw(begin_ns - STEP_NS))
        for step in range(30):
            clock.publish(Clock(clock=time_to_msg(begin_ns + step * STEP_NS)))
            stream.send(begin_ns + step * STEP_NS)
        if place == 0:
            stream.node.remember_memory()
    assert len(stream.node.humans[-1].humans) == 2
    stream.assert_dropped(out_of_order=1)
    assert stream.node.values['restarts'] == '1'
