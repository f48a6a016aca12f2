"""A perception node in a test."""

from functools import partial
from typing import Any

from rclpy.publisher import Publisher
from sensor_msgs.msg import Image

from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.perception_node import PerceptionNode
from test.nodes.images import message
from test.nodes.models import StickPose, StickSegmentation, pixels, stamp_ns
from test.nodes.ros import Ros


class Perception:
    """A perception node in a test.

    Attributes:
        pose, segmentation: its models.
        humans: its results so far.
        node: itself.
    """

    def __init__(self, ros: Ros, **parameters: Any) -> None:
        self.pose, self.segmentation = StickPose(), StickSegmentation()
        self.node = ros.start(
            PerceptionNode,
            lambda _parameters, _networks: (self.pose, self.segmentation),
            **parameters,
        )
        self.humans = ros.listen(HumanStateArray, 'humans')
        self._ros = ros

    def show(self, camera: Publisher, *images: Any) -> None:
        """Publish images, each when the node has dealt with the one before."""
        for image in images:
            seen = self._seen() + 1
            camera.publish(image)
            self._ros.until(partial(self._has_seen, seen), 'for the node to see the image')

    def _seen(self) -> int:
        return self.node.image.counts()['frames_in']

    def _has_seen(self, images: int) -> bool:
        return self._seen() >= images

    def answer(self, camera: Publisher, image: Any) -> HumanStateArray:
        """Publish an image and return its result."""
        before = len(self.humans)
        camera.publish(image)
        self._ros.until(lambda: len(self.humans) > before, 'for a result')
        return self.humans[-1]


def image(step: int) -> Image:
    return message('bgr8', pixels(), stamp_ns=stamp_ns(step))
