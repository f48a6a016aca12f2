"""A joiner with the clock and the timer that it needs in a node."""

from collections.abc import Callable
import time
from typing import Any

from rclpy.node import Node

from ros_vision_perception.nodes.timers import steady_timer
from ros_vision_perception.pipeline.join import Joined, Joiner

_MS = 1_000_000
# Deadlines are looked at this often per deadline, while something waits.
_LOOKS = 4


class TimedJoin:
    """Joins inputs by stamp and hands over each stamp when it is complete or overdue."""

    def __init__(
        self,
        node: Node,
        inputs: tuple[str, ...],
        deadline_ms: float,
        on_joined: Callable[[Joined], None],
    ) -> None:
        """Wait for `inputs`, on a clock that simulated time does not touch."""
        self._joiner = Joiner(inputs, int(deadline_ms * _MS))
        self._on_joined = on_joined
        self._timer = steady_timer(node, deadline_ms / 1e3 / _LOOKS, self._expire)
        self._timer.cancel()

    @property
    def late(self) -> int:
        """How many inputs came too late to be joined."""
        return self._joiner.late

    def add(self, name: str, stamp_ns: int, value: Any) -> None:
        """Take in one input; hands over what is now complete."""
        self._hand_over(self._joiner.add(name, stamp_ns, value, time.perf_counter_ns()))

    def _expire(self) -> None:
        self._hand_over(self._joiner.expire(time.perf_counter_ns()))

    def _hand_over(self, joined: list[Joined]) -> None:
        for item in joined:
            self._on_joined(item)
        if not self._joiner.is_waiting:
            self._timer.cancel()
        elif self._timer.is_canceled():
            self._timer.reset()
