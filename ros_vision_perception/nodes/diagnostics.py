"""How a node is doing: on `/diagnostics`, once a second; and where the time of each frame goes."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from rclpy.node import Node

from ros_vision_perception.nodes.conversions.diagnostics import (
    diagnostics_to_msg,
    stage_times_to_msg,
)
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.nodes.outputs import RELIABLE
from ros_vision_perception.nodes.timers import steady_timer

_PERIOD_S = 1.0
_LATENCIES = 300


class Diagnostics:
    """Publishes a node's counters, and per frame its stages to whoever subscribes."""

    def __init__(
        self,
        node: Node,
        about: Callable[[], Mapping[str, str]],
        counts: Callable[[], Mapping[str, int]],
        problem: Callable[[], str],
    ) -> None:
        """Report once a second.

        Args:
            node: whose state it is.
            about: asked for what it works with, such as the models and what runs them.
            counts: asked for the counters: frames_in, and dropped frames per cause.
            problem: asked for what keeps the node from working, '' when nothing does. It is
                logged once, until it is over.
        """
        self._node, self._about = node, about
        self._name = node.get_fully_qualified_name()
        self._counts, self._problem = counts, problem
        self._frames_out = 0
        self._last_frames_out = 0
        self._last_problem = False
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._status = node.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self._stages = node.create_publisher(DiagnosticArray, 'stage_times', RELIABLE)
        steady_timer(node, _PERIOD_S, self._report)

    def note_result(self, header: Any, latency_ns: int, stages_ns: Mapping[str, int]) -> None:
        """Take note of a result that was published.

        Args:
            header: of its image.
            latency_ns: since the image came.
            stages_ns: stage -> time it took.
        """
        self._frames_out += 1
        self._latencies_ms.append(latency_ns * 1e-6)
        if self._stages.get_subscription_count():
            self._stages.publish(stage_times_to_msg(self._name, header, stages_ns))

    def _report(self) -> None:
        problem = self._problem()
        if problem and not self._last_problem:
            self._node.get_logger().warning(problem)
        self._last_problem = bool(problem)
        rate = (self._frames_out - self._last_frames_out) / _PERIOD_S
        self._last_frames_out = self._frames_out
        self._status.publish(
            diagnostics_to_msg(
                self._name,
                make_header(self._node.get_clock().now().nanoseconds),
                self._values(),
                problem or f'{rate:.0f} results per second',
                is_well=not problem,
            )
        )

    def _values(self) -> dict[str, str]:
        counts = {name: str(count) for name, count in self._counts().items()}
        values = {**self._about(), **counts, 'frames_out': str(self._frames_out)}
        if self._latencies_ms:
            p50, p95 = np.percentile(self._latencies_ms, (50, 95))
            values |= {'latency_p50_ms': f'{p50:.2f}', 'latency_p95_ms': f'{p95:.2f}'}
        return values
