"""How a node is doing: on `/diagnostics`, once a second; and where the time of each frame goes."""

from collections.abc import Callable, Mapping, Sequence
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from ros_vision_perception.nodes.clock_watch import ClockWatch
from ros_vision_perception.nodes.conversions.diagnostics import (
    diagnostics_to_msg,
    stage_times_to_msg,
)
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.nodes.health import Health, Problem, Source
from ros_vision_perception.nodes.quality import RELIABLE, mismatches
from ros_vision_perception.nodes.timers import steady_timer
from ros_vision_perception.pipeline.networks import Networks

_PERIOD_S = 1.0
# A problem that comes and goes is logged as often as this at most, one that lasts as seldom.
_QUIET_S, _REMIND_S = 5.0, 60.0


class Diagnostics:
    """Publishes a node's health, and per frame its stages to whoever subscribes."""

    def __init__(self, node: Node, sources: Callable[[], Sequence[Source]]) -> None:
        """Report once a second what the parts of a node tell, and what there is about any node."""
        self._node, self._sources = node, sources
        self._name = node.get_fully_qualified_name()
        self._surroundings = Surroundings(node)
        self._health = Health()
        self._said_s: dict[str, float] = {}
        self._known: set[str] = set()
        self._status = node.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self._stages = node.create_publisher(DiagnosticArray, 'stage_times', RELIABLE)
        steady_timer(node, _PERIOD_S, self._report)

    def begin(self) -> None:
        """Count from zero."""
        self._health = Health()

    def note_result(self, header: Any, latency_ns: int, stages_ns: Mapping[str, int]) -> None:
        """Take note of a result that was published.

        Args:
            header: of its image.
            latency_ns: since the image came.
            stages_ns: stage -> time it took.
        """
        self._health.note_result(latency_ns)
        if self._stages.get_subscription_count():
            self._stages.publish(stage_times_to_msg(self._name, header, stages_ns))

    def _report(self) -> None:
        report = self._health.report((*self._sources(), self._surroundings), _PERIOD_S)
        header = make_header(self._node.get_clock().now().nanoseconds)
        self._status.publish(diagnostics_to_msg(self._name, header, report))
        self._log(report.problems)

    def _log(self, problems: Sequence[Problem]) -> None:
        now_s = time.monotonic()
        for problem in problems:
            silent_s = now_s - self._said_s.get(problem.cause, -_REMIND_S)
            patience_s = _REMIND_S if problem.cause in self._known else _QUIET_S
            if problem.cause and silent_s >= patience_s:
                self._said_s[problem.cause] = now_s
                self._node.get_logger().warning(problem.text)
        self._known = {problem.cause for problem in problems}


class Surroundings:
    """What may be wrong around any node."""

    def __init__(self, node: Node) -> None:
        """Look at the topics of `node`, at the clock and at shared memory."""
        self._node, self._clock = node, ClockWatch()

    def counts(self) -> Mapping[str, int]:
        """Return how often the clock jumped."""
        return {'clock_jumps': self._clock.jumps}

    def values(self) -> Mapping[str, str]:
        """Return nothing else."""
        return {}

    def problems(self) -> list[Problem]:
        """Return who cannot hear whom, and whether the clock has jumped."""
        problems = [Problem(text, text) for text in mismatches(self._node)]
        jump = self._clock.problem()
        return [*problems, Problem('clock_jump', jump)] if jump else problems


class Models:
    """What a node works with."""

    def __init__(self, names: Mapping[str, str], networks: Networks) -> None:
        """Tell `names`, parameter -> model, and where `networks` run."""
        self._names, self._networks = names, networks

    def counts(self) -> Mapping[str, int]:
        """Return nothing."""
        return {}

    def values(self) -> Mapping[str, str]:
        """Return each model; and runtime, device and precision of each network."""
        return {**self._names, **self._networks.where}

    def problems(self) -> Sequence[Problem]:
        """Return nothing."""
        return ()
