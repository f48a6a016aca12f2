"""What a node has made since some moment, to take it away again."""

from collections.abc import Iterator
from typing import Any

from rclpy.node import Node

# Of the time source: it comes and goes with parameter use_sim_time.
_CLOCK = '/clock'


class NewEntities:
    """The publishers, subscriptions and timers that a node makes from now on."""

    def __init__(self, node: Node) -> None:
        """Remember what there is."""
        self._node = node
        self._old = [entity for entities in self._all() for entity in entities]

    def destroy(self) -> None:
        """Take away all that was made since."""
        node = self._node
        destroyers: Any = (node.destroy_publisher, node.destroy_subscription, node.destroy_timer)
        for entities, destroy in zip(self._all(), destroyers, strict=True):
            for entity in entities:
                is_old = any(entity is old for old in self._old)
                if not is_old and getattr(entity, 'topic_name', '') != _CLOCK:
                    destroy(entity)

    def _all(self) -> Iterator[list[Any]]:
        node = self._node
        return iter((list(node.publishers), list(node.subscriptions), list(node.timers)))
