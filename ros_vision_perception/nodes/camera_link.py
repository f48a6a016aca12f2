"""Cameras that publish given images, and an ear for everything that is said about them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
import posixpath
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from ros_vision_perception.core.human import Humans
from ros_vision_perception.msg import (
    HumanStateArray,
    InstanceMaskArray,
    PersonKeypointsArray,
    Skeleton,
)
from ros_vision_perception.nodes.conversions.diagnostics import (
    counters_from_msg,
    stage_times_from_msg,
)
from ros_vision_perception.nodes.conversions.humans import humans_from_msg
from ros_vision_perception.nodes.conversions.images import image_to_msg
from ros_vision_perception.nodes.conversions.stamps import make_header, stamp_from_header

HUMANS, SKELETON, STAGE_TIMES = 'humans', 'skeleton', 'stage_times'
DIAGNOSTICS = '/diagnostics'
_RESULTS = {
    HUMANS: HumanStateArray,
    'keypoints': PersonKeypointsArray,
    'masks': InstanceMaskArray,
    SKELETON: Skeleton,
    STAGE_TIMES: DiagnosticArray,
    DIAGNOSTICS: DiagnosticArray,
}
# What a planner or a recorder wants; the times cost the nodes something to tell.
RESULTS = tuple(name for name in _RESULTS if name not in (STAGE_TIMES, DIAGNOSTICS))


@dataclass(frozen=True)
class Heard:
    """A message as it came.

    Attributes:
        topic: full name.
        name: of the topic, without a namespace.
        message_type: such as 'sensor_msgs/msg/Image'.
        received_ns: time of arrival, ns.
        data: the serialised message (CDR).
    """

    topic: str
    name: str
    message_type: str
    received_ns: int
    data: bytes


class CameraLink:
    """A ROS node, spun by a thread of its own."""

    def __init__(
        self,
        frame_id: str,
        hear: Callable[[Heard], None],
        topics: Iterable[str] = RESULTS,
        namespaces: Sequence[str] = ('',),
    ) -> None:
        """Join ROS as a camera in each of `namespaces`.

        `hear` is called in the node's thread with every message of their `topics`.
        """
        # The signals are the caller's: it has files to close before it leaves ROS.
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._frame_id = frame_id
        self._node = rclpy.create_node('camera')
        self._images = []
        for namespace in namespaces:
            topic = posixpath.join(namespace, 'image')
            self._images.append(self._node.create_publisher(Image, topic, QoSProfile(depth=5)))
            for name in topics:
                self._listen(namespace, name, hear)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name='ros', daemon=True)
        self._thread.start()

    @property
    def listeners(self) -> int:
        """Number of nodes that receive the images of every camera."""
        return min(images.get_subscription_count() for images in self._images)

    def publish(self, image: np.ndarray, stamp_ns: int) -> int:
        """Publish an image (H, W, 3) uint8 BGR, contiguous, taken at `stamp_ns` by every camera.

        Returns:
            When it was handed to the middleware, ns.
        """
        message = image_to_msg(image, 'bgr8', make_header(stamp_ns, self._frame_id))
        handed_ns = time.time_ns()
        for images in self._images:
            images.publish(message)
        return handed_ns

    def close(self) -> None:
        """Leave ROS."""
        self._executor.shutdown()
        rclpy.try_shutdown()
        self._thread.join(timeout=5)

    def _listen(self, namespace: str, name: str, hear: Callable[[Heard], None]) -> None:
        kind, latched = _RESULTS[name], name == SKELETON
        quality = QoSProfile(
            depth=50,
            reliability=ReliabilityPolicy.RELIABLE,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        )
        message_type = f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'

        def callback(data: bytes) -> None:
            hear(Heard(subscription.topic_name, name, message_type, time.time_ns(), data))

        # Raw: what the bag keeps is what came over the wire.
        topic = posixpath.join(namespace, name)
        subscription = self._node.create_subscription(kind, topic, callback, quality, raw=True)

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return


def decode_humans(data: bytes) -> Humans:
    """Return the people of a serialised `HumanStateArray`."""
    return humans_from_msg(deserialize_message(data, HumanStateArray))


def stamp_of_humans(data: bytes) -> int:
    """Return the stamp, ns, of the image that a serialised `HumanStateArray` is about."""
    return stamp_from_header(deserialize_message(data, HumanStateArray).header)


def decode_stage_times(data: bytes) -> tuple[str, dict[str, float]]:
    """Return the node that a serialised message of `stage_times` is from, and ms per stage."""
    return stage_times_from_msg(deserialize_message(data, DiagnosticArray))


def decode_counters(data: bytes) -> tuple[str, dict[str, int]]:
    """Return the node that a serialised message of `/diagnostics` is from, and its counters."""
    return counters_from_msg(deserialize_message(data, DiagnosticArray))
