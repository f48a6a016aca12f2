"""Tells other packages about people in the messages that they already speak."""

import sys
import time
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError, FrameError
from ros_vision_perception.core.human import TrackState
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import humans_from_msg
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.health import Source
from ros_vision_perception.nodes.interfaces import INTERFACES, Interface
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.parameters import InterfacesParameters
from ros_vision_perception.nodes.quality import RELIABLE
from ros_vision_perception.nodes.run import run
from ros_vision_perception.nodes.subscribing import subscribe

# Whoever is hidden is still in the way; whoever was seen for a moment may be nobody.
_BELIEVED = (TrackState.CONFIRMED, TrackState.OCCLUDED)


class InterfacesNode(ManagedNode[InterfacesParameters]):
    """Humans in; poses, clouds, detections, bodies and frames out, while it is active.

    Attributes:
        inputs: what outputs hear besides people.
    """

    inputs: list[Source]
    _interfaces: list[Interface]

    def __init__(self, **options: Any) -> None:
        """Make the node; `options` are those of `rclpy.node.Node`."""
        self.forget()
        super().__init__('interfaces_node', InterfacesParameters, **options)

    def load(self, parameters: InterfacesParameters) -> None:
        """Load nothing: it has no model."""

    def adopt(self, loaded: None) -> None:
        """Do nothing: the skeleton comes with the people."""

    def tune(self) -> None:
        """Do nothing: nothing can change while it works."""

    def open_outputs(self) -> None:
        """Do nothing: topics come and go with people, so there are none at rest."""

    def open_inputs(self) -> None:
        """Make the publishers and subscribe.

        Raises:
            ConfigurationError: when nothing is turned on that this machine can publish.
        """
        wanted = [name for name in INTERFACES if getattr(self.parameters, name)]
        self._interfaces = [made for name in wanted if (made := self._make(name)) is not None]
        if not self._interfaces:
            raise ConfigurationError(
                f'got nothing to publish ({", ".join(wanted) or "all turned off"}), '
                f'expected one of: {", ".join(INTERFACES)}'
            )
        self._faults = Faults(self.get_logger().warning)
        subscribe(self, HumanStateArray, 'humans', self._on_humans, RELIABLE)

    def close_inputs(self) -> None:
        """Forget the publishers: they are gone as well."""
        self.forget()

    def sources(self) -> tuple[Source, ...]:
        """Return what outputs hear besides people."""
        return tuple(self.inputs)

    def forget(self) -> None:
        """Forget everyone."""
        self._interfaces, self.inputs = [], []

    def _make(self, name: str) -> Interface | None:
        try:
            return INTERFACES[name](self)
        except ModuleNotFoundError as error:
            package = (error.name or '').partition('.')[0]
            self.get_logger().warning(
                f'{name} is not published: no package {package}; '
                f'cure: apt install ros-$ROS_DISTRO-{package.replace("_", "-")}'
            )
            return None

    def _on_humans(self, message: HumanStateArray, _info: dict) -> None:
        received_ns = time.perf_counter_ns()
        try:
            humans = humans_from_msg(message)
        except FrameError as error:
            self._faults.note(error, 'humans')
            return
        people = [human for human in humans.people if human.track_state in _BELIEVED]
        for interface in self._interfaces:
            interface.publish(humans, people, message.header)
        latency_ns = time.perf_counter_ns() - received_ns
        self.diagnostics.note_result(message.header, latency_ns, {'publish': latency_ns})


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('interfaces_node', InterfacesNode, sys.argv[1:] if argv is None else argv)
