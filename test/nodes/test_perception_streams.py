"""Streams of images as cameras and bags really give them."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from sensor_msgs.msg import CompressedImage, Image

from test.nodes.images import compressed, message
from test.nodes.models import pixels, stamp_ns
from test.nodes.perception import Perception, image
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


BAD = {
    'unknown_encoding': message('rgb', pixels(), stamp_ns=stamp_ns(5)),
    'zero_stamp': message('bgr8', pixels(), stamp_ns=0),
    'zero_size': Image(encoding='bgr8', header=image(5).header),
    'step_too_small': Image(
        encoding='bgr8', header=image(5).header, height=4, width=4, step=4, data=bytes(16)
    ),
    'data_too_short': Image(
        encoding='bgr8', header=image(5).header, height=4, width=4, step=12, data=bytes(40)
    ),
}


@pytest.mark.parametrize('cause', BAD)
def test_the_node_says_once_what_is_wrong_with_an_image_and_lives_on(
    ros: Ros, logged: list[str], cause: str
) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(1))
    perception.show(camera, BAD[cause], BAD[cause], BAD[cause])
    assert len(perception.answer(camera, image(6)).humans) == 2
    said = [line for line in logged if cause in line]
    assert len(said) == 1
    assert perception.node.image.counts()[f'dropped_{cause}'] == 3
    assert len(perception.humans) == 2


def test_a_corrupt_jpeg_is_dropped(ros: Ros, logged: list[str]) -> None:
    perception = Perception(ros, transport='compressed')
    camera = ros.publisher(CompressedImage, 'image/compressed')
    bad = compressed('.jpg', pixels(), 'jpeg', stamp_ns(1))
    bad.data = bad.data[: len(bad.data) // 2]
    perception.show(camera, bad, bad)
    assert perception.answer(camera, compressed('.jpg', pixels(), 'jpeg', stamp_ns(2))).humans
    assert len([line for line in logged if 'corrupt_image' in line]) == 1


def test_colour_of_16_bit_is_understood(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    deep = pixels().astype(np.uint16) * 257
    perception.answer(camera, message('rgb16', deep, is_bigendian=True, stamp_ns=stamp_ns(1)))
    np.testing.assert_array_equal(perception.pose.frames[0].pixels, pixels())


def test_a_bag_played_again_begins_anew(ros: Ros) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    first = [perception.answer(camera, image(step)) for step in range(6)][1:]
    perception.show(camera, image(0))
    again = [perception.answer(camera, image(step)) for step in range(1, 6)]
    assert perception.pose.resets == [0, 6]
    assert [[h.track_id for h in result.humans] for result in again] == [
        [h.track_id for h in result.humans] for result in first
    ]
    assert [(h.age.sec, h.age.nanosec) for h in again[0].humans] == [(0, 0), (0, 0)]


def test_an_image_that_comes_late_is_dropped(ros: Ros, logged: list[str]) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(3))
    perception.show(camera, image(2))
    result = perception.answer(camera, image(4))
    assert perception.pose.stamps == [stamp_ns(3), stamp_ns(4)]
    assert perception.pose.resets == [0]
    assert result.humans[0].age.nanosec == 100_000_000
    assert len([line for line in logged if 'out_of_order' in line]) == 1


def test_an_image_that_comes_twice_counts_once(ros: Ros, logged: list[str]) -> None:
    perception = Perception(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(1))
    perception.show(camera, image(1), image(1))
    perception.answer(camera, image(2))
    assert perception.pose.stamps == [stamp_ns(1), stamp_ns(2)]
    assert len([line for line in logged if 'repeated_stamp' in line]) == 1
