"""How a node is doing."""

from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from ros_vision_perception.nodes.health import Report


def diagnostics_to_msg(node: str, header: Any, report: Report) -> DiagnosticArray:
    """Return what a node, by its full name, says about itself."""
    status = DiagnosticStatus(
        level=bytes([report.level]),
        name=node,
        message=report.summary,
        values=_values_to_msg(report.values),
    )
    return DiagnosticArray(header=header, status=[status])


def stage_times_to_msg(node: str, header: Any, stages_ns: Mapping[str, int]) -> DiagnosticArray:
    """Return how long a node took for each stage of the image with this header."""
    times = {f'{stage}_ms': f'{time_ns * 1e-6:.4f}' for stage, time_ns in stages_ns.items()}
    status = DiagnosticStatus(level=DiagnosticStatus.OK, name=node, values=_values_to_msg(times))
    return DiagnosticArray(header=header, status=[status])


def _values_to_msg(values: Mapping[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value) for key, value in values.items()]


def stage_times_from_msg(message: Any) -> tuple[str, dict[str, float]]:
    """Return the node that a message of `stage_times_to_msg` is from, and ms per stage."""
    (status,) = message.status
    return status.name, {
        value.key.removesuffix('_ms'): float(value.value) for value in status.values
    }


def counters_from_msg(message: Any) -> tuple[str, dict[str, int]]:
    """Return the node that a message of `diagnostics_to_msg` is from, and what it counted."""
    (status,) = message.status
    values = {value.key: value.value for value in status.values}
    return status.name, {key: int(value) for key, value in values.items() if value.isdigit()}
