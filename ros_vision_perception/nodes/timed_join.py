"""A joiner with the clock and the timer that it needs in a node."""

from collections import Counter
from collections.abc import Callable
import time
from typing import Any

from rclpy.node import Node

from ros_vision_perception.nodes.health import Problem
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
        """Wait for `inputs`, on a clock that simulated time does not touch.

        The first of them is what the others belong to: without it there is no result.
        """
        self._joiner = Joiner(inputs, int(deadline_ms * _MS))
        self._on_joined = on_joined
        self._main = inputs[0]
        self._late = {name: f'late_{name}' for name in inputs} | {self._main: 'dropped_late'}
        self._told: Counter[str] = Counter()
        self._given = 0
        self._timer = steady_timer(node, deadline_ms / 1e3 / _LOOKS, self._expire)
        self._timer.cancel()

    def counts(self) -> dict[str, int]:
        """Return how many inputs came too late, and how many stamps went on without an input."""
        dropped = {self._late[name]: count for name, count in self._joiner.dropped.items()}
        missed = {f'missed_{name}': count for name, count in self._joiner.missed.items() if count}
        return dropped | missed

    def values(self) -> dict[str, str]:
        """Return nothing else."""
        return {}

    def problems(self) -> list[Problem]:
        """Return which input was missing all the time lately."""
        fresh = self._joiner.missed - self._told
        del fresh[self._main]
        given, self._told = self._given, self._joiner.missed.copy()
        self._given = 0
        return [
            Problem(
                f'missed_{name}',
                f'{count} of {given} stamps went on without {name}: let its stamps equal those of '
                'the others, or give it longer by join_deadline_ms',
            )
            for name, count in fresh.items()
        ]

    def tune(self, deadline_ms: float) -> None:
        """Wait so long from now on."""
        self._joiner.deadline_ns = int(deadline_ms * _MS)
        self._timer.timer_period_ns = int(deadline_ms * _MS / _LOOKS)

    def add(self, name: str, stamp_ns: int, value: Any) -> None:
        """Take in one input; hands over what is now complete."""
        self._hand_over(self._joiner.add(name, stamp_ns, value, time.perf_counter_ns()))

    def _expire(self) -> None:
        self._hand_over(self._joiner.expire(time.perf_counter_ns()))

    def _hand_over(self, joined: list[Joined]) -> None:
        self._given += sum(self._main in item.parts for item in joined)
        for item in joined:
            self._on_joined(item)
        if not self._joiner.is_waiting:
            self._timer.cancel()
        elif self._timer.is_canceled():
            self._timer.reset()
