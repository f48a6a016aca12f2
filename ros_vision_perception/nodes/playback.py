"""Publishes messages as they lie in a bag, and their time on /clock."""

from collections.abc import Callable, Iterable
from importlib import import_module
import time
from types import TracebackType
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from ros_vision_perception.nodes import transport
from ros_vision_perception.nodes.conversions.stamps import time_to_msg
from ros_vision_perception.nodes.quality import RELIABLE
from ros_vision_perception.nodes.run import initialise

# Reliable: whoever asks for less hears it as well. With depth 1, times that were not sent yet are
# lost to the next one while the processor is busy.
_TIMES = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# As TF keeps its static transforms, which come in several messages.
_KEPT = QoSProfile(
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
# Listeners find a publisher within a moment, or within the 2 s at which they look again.
_DISCOVERY_S = 3.0
_QUIET_S = 0.5
# Fast DDS asks for acknowledgements every 3 s; there is no sense in waiting for all of them.
_ACKNOWLEDGEMENT_S = 1.0
_POLL_S = 0.05


class Playback:
    """The node `replay`, from its begin until it is told to end."""

    def __init__(self, ros_arguments: list[str], report: Callable[[str], object]) -> None:
        """Join the others; `report` is told what cannot be published.

        Raises:
            ConfigurationError: when ROS does not accept the arguments.
        """
        transport.prepare()
        initialise('replay', ros_arguments)
        self._report = report
        self._node = Node('replay')
        self._clock = self._node.create_publisher(Clock, '/clock', _TIMES)
        self._publishers: dict[str, Publisher | None] = {'/clock': None}  # not that of a bag
        self._last_offer_s = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether it was told to end."""
        return not rclpy.ok()

    def offer(self, topics: Iterable[tuple[str, str, bool]]) -> None:
        """Make publishers: of topic, type, and whether late subscribers get the last ones too."""
        for topic, message_type, is_latched in topics:
            if topic not in self._publishers:
                self._publishers[topic] = self._make(topic, message_type, is_latched)
        self._last_offer_s = time.monotonic()

    def wait_for_others(self) -> None:
        """Wait until whoever listens already has found the topics, as far as one can tell."""
        heard, since_s = 0, time.monotonic()
        while not self.is_over and time.monotonic() < self._last_offer_s + _DISCOVERY_S:
            now = sum(publisher.get_subscription_count() for publisher in self._real_publishers())
            if now != heard:
                heard, since_s = now, time.monotonic()
            if heard and time.monotonic() > since_s + _QUIET_S:
                return
            time.sleep(_POLL_S)

    def tick(self, time_ns: int) -> None:
        """Tell the time."""
        self._publish(self._clock, Clock(clock=time_to_msg(time_ns)))

    def publish(self, topic: str, data: bytes) -> None:
        """Publish a message (CDR) on a topic that was offered."""
        publisher = self._publishers[topic]
        if publisher is not None:
            self._publish(publisher, data)

    def __enter__(self) -> 'Playback':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Leave when all is received. To be told to end is a way to end, not an error."""
        try:
            if kind is None:
                self._wait_for_acknowledgement()
        finally:
            # Else the middleware's 64 MiB of shared memory outlive the process, until a reboot.
            self._node.destroy_node()
            rclpy.try_shutdown()
        return kind is KeyboardInterrupt

    def _make(self, topic: str, message_type: str, is_latched: bool) -> Publisher | None:
        package, _, name = message_type.partition('/msg/')
        try:
            kind = getattr(import_module(f'{package}.msg'), name)
        except (ModuleNotFoundError, AttributeError):
            self._report(f'{topic} is not published: no {message_type} here')
            return None
        return self._node.create_publisher(kind, topic, _KEPT if is_latched else RELIABLE)

    def _real_publishers(self) -> list[Publisher]:
        return [publisher for publisher in self._publishers.values() if publisher is not None]

    def _publish(self, publisher: Publisher, message: Any) -> None:
        try:
            publisher.publish(message)
        except RuntimeError:  # of which rclpy's errors are kinds
            if not self.is_over:
                raise

    def _wait_for_acknowledgement(self) -> None:
        until_s = time.monotonic() + _ACKNOWLEDGEMENT_S
        for publisher in self._real_publishers():
            left_s = until_s - time.monotonic()
            if left_s <= 0 or self.is_over:
                return
            publisher.wait_for_all_acked(Duration(seconds=left_s))
