"""What the nodes publish. What is costly is only made while somebody listens."""

import time
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.msg import (
    HumanEventArray,
    HumanStateArray,
    InstanceMaskArray,
    PersonKeypointsArray,
)
from ros_vision_perception.msg import Skeleton as SkeletonMsg
from ros_vision_perception.nodes.conversions.events import events_to_msg
from ros_vision_perception.nodes.conversions.humans import HumansWriter, set_times
from ros_vision_perception.nodes.conversions.images import (
    bgr_from_frame,
    image_to_msg,
    jpeg_to_msg,
)
from ros_vision_perception.nodes.conversions.keypoints import KeypointsWriter
from ros_vision_perception.nodes.conversions.masks import label_map, masks_to_msg
from ros_vision_perception.nodes.conversions.skeletons import skeleton_to_msg
from ros_vision_perception.nodes.quality import LATCHED, RELIABLE
from ros_vision_perception.render.overlay import draw_overlay


class SkeletonOutput:
    """The topic `skeleton`: there for everyone who ever subscribes."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._publisher = node.create_publisher(SkeletonMsg, 'skeleton', LATCHED)

    def publish(self, skeleton: Skeleton) -> None:
        """Publish the skeleton of all results from now on."""
        self._publisher.publish(skeleton_to_msg(skeleton))


class HumansOutput:
    """The topics `humans`, `events` and `skeleton`."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._clock = node.get_clock()
        self._publisher = node.create_publisher(HumanStateArray, 'humans', RELIABLE)
        self._events = node.create_publisher(HumanEventArray, 'events', RELIABLE)
        self._skeleton = SkeletonOutput(node)
        self._writer: HumansWriter | None = None

    def announce(self, skeleton: Skeleton) -> None:
        """Publish the skeleton of all results from now on."""
        self._writer = HumansWriter(skeleton)
        self._skeleton.publish(skeleton)

    def publish(self, humans: Humans, header: Any, received_ns: int) -> int:
        """Publish a result in the announced skeleton; return how long it took in all, ns.

        Args:
            humans: everyone.
            header: of the image.
            received_ns: `time.perf_counter_ns` when the image, or the first of its results, came.
        """
        if self._writer is None:
            raise RuntimeError('no skeleton was announced')
        message = self._writer.write(humans, header)
        latency_ns = time.perf_counter_ns() - received_ns
        set_times(message, self._clock.now().nanoseconds, latency_ns)
        self._publisher.publish(message)
        if humans.events:
            self._events.publish(events_to_msg(humans.events, header))
        return latency_ns


class KeypointsOutput:
    """The topic `keypoints`."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._publisher = node.create_publisher(PersonKeypointsArray, 'keypoints', RELIABLE)
        self._writer: KeypointsWriter | None = None

    def announce(self, skeleton: Skeleton, model: str) -> None:
        """Publish people in `skeleton` from now on, as seen by the model called `model`."""
        self._writer = KeypointsWriter(skeleton, model)

    def publish(self, keypoints: Keypoints, header: Any) -> None:
        """Publish the poses, of a model that was announced, while somebody listens."""
        if self._writer is not None and self._publisher.get_subscription_count():
            self._publisher.publish(self._writer.write(keypoints, header))


class MasksOutput:
    """The topics `masks` and `label_map`."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._masks = node.create_publisher(InstanceMaskArray, 'masks', RELIABLE)
        self._label_map = node.create_publisher(Image, 'label_map', RELIABLE)

    def publish(self, masks: InstanceMasks, header: Any, model: str) -> None:
        """Publish the masks that `model` saw, and their picture, while somebody listens."""
        if self._masks.get_subscription_count():
            self._masks.publish(masks_to_msg(masks, header, model))
        if self._label_map.get_subscription_count():
            labels = label_map(masks)
            encoding = 'mono8' if labels.itemsize == 1 else 'mono16'
            self._label_map.publish(image_to_msg(labels, encoding, header))


class OverlayOutput:
    """The topic `overlay/compressed`."""

    def __init__(self, node: Node) -> None:
        """Publish pictures of the result."""
        self._publisher = node.create_publisher(CompressedImage, 'overlay/compressed', RELIABLE)

    def publish(self, frame: Frame, humans: Humans, header: Any) -> None:
        """Draw everyone on the frame and publish it, while somebody looks."""
        if self._publisher.get_subscription_count():
            picture = draw_overlay(bgr_from_frame(frame), humans)
            self._publisher.publish(jpeg_to_msg(picture, header))
