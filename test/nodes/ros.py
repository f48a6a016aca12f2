"""ROS in one test: its own context, nodes, and someone who publishes and listens."""

from collections.abc import Callable
import os
from pathlib import Path
import time
from typing import Any, TypeVar

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile

from ros_vision_perception.nodes.managed import ManagedNode

AnyNode = TypeVar('AnyNode', bound=Node)

# Ten times what a busy machine needs.
_PATIENCE_S = 60.0


class Ros:
    """All nodes of a test, spun in the test's own thread.

    Attributes:
        node: publishes and listens for the test.
    """

    def __init__(self) -> None:
        """Join the test's domain."""
        self._context = Context()
        self._context.init()
        self._executor = SingleThreadedExecutor(context=self._context)
        self._nodes: list[Node] = []
        self.node = self.start(Node, 'test')

    def start(self, make: Callable[..., AnyNode], *arguments: Any, **parameters: Any) -> AnyNode:
        """Make a node, and let it begin by itself if it may; for the parameters see `make`."""
        node = self.make(make, *arguments, **parameters)
        if isinstance(node, ManagedNode) and node.parameters.autostart:
            self.bring_up(node)
            self.until(lambda: node.state == 'active', 'for the node to work')
        return node

    def make(self, make: Callable[..., AnyNode], *arguments: Any, **parameters: Any) -> AnyNode:
        """Make a node with parameters as a parameter file would set them, and spin it."""
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = make(*arguments, context=self._context, parameter_overrides=overrides)
        self._executor.add_node(node)
        self._nodes.append(node)
        return node

    def bring_up(self, node: ManagedNode) -> None:
        """Let a node begin by itself, as a process does."""
        self._executor.create_task(node.bring_up)

    def until(self, condition: Callable[[], Any], what: str = '') -> None:
        """Spin until a condition holds; fail when it never does."""
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f'waited {_PATIENCE_S} s {what}'
            self._executor.spin_once(timeout_sec=0.1)

    def rest(self, seconds: float) -> None:
        """Spin for a while, to see that something does not happen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.05)

    def publisher(self, kind: type, topic: str, quality: QoSProfile | int = 10) -> Publisher:
        """Return a publisher that somebody listens to."""
        publisher: Publisher = self.node.create_publisher(kind, topic, quality)
        self.until(publisher.get_subscription_count, f'for a subscriber of {topic}')
        return publisher

    def listen(self, kind: type, topic: str, *, latched: bool = False) -> list[Any]:
        """Return a list that fills with the messages of a topic."""
        quality = QoSProfile(depth=100)
        if latched:
            quality.durability = DurabilityPolicy.TRANSIENT_LOCAL
        heard: list[Any] = []
        subscription = self.node.create_subscription(kind, topic, heard.append, quality)
        if hasattr(subscription, 'get_publisher_count'):
            self.until(subscription.get_publisher_count, f'for a publisher of {topic}')
        else:  # ROS 2 Humble
            self.rest(1.0)
        return heard

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown()
        for node in self._nodes:
            node.destroy_node()
        self._context.try_shutdown()


def shared_memory_of(pid: int) -> set[Path]:
    """Return the segments of Fast DDS that a process keeps locked, which are its own."""
    files = {os.path.realpath(link) for link in Path(f'/proc/{pid}/fd').iterdir()}
    return {Path(name[:-3]) for name in files if name.endswith('_el') and 'port' not in name}
