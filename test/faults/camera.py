"""A camera as a process: publishes images of WIDTH x HEIGHT px, RATE times per second."""

import sys
import time

import numpy as np
import rclpy
from sensor_msgs.msg import Image

from ros_vision_perception.nodes import transport
from ros_vision_perception.nodes.conversions.images import image_to_msg
from ros_vision_perception.nodes.conversions.stamps import make_header


def main() -> None:
    """Publish until told to end."""
    width, height, rate_hz = map(int, sys.argv[1:])
    transport.prepare()
    rclpy.init()
    publisher = rclpy.create_node('camera').create_publisher(Image, 'image', 5)
    pixels = np.full((height, width, 3), 90, np.uint8)
    next_s = time.perf_counter()
    while rclpy.ok():
        publisher.publish(image_to_msg(pixels, 'bgr8', make_header(time.time_ns(), 'camera')))
        time.sleep(max(next_s - time.perf_counter(), 0.0))
        next_s = max(next_s, time.perf_counter() - 0.5) + 1 / rate_hz


if __name__ == '__main__':
    main()
