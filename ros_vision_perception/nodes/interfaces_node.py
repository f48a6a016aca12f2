"""Tells other packages about people in the messages that they already speak."""

from dataclasses import fields
import sys
from typing import Any

from rclpy.node import Node

from ros_vision_perception.core.errors import ConfigurationError, FrameError
from ros_vision_perception.core.human import TrackState
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import humans_from_msg
from ros_vision_perception.nodes.declare import declare
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.interfaces import INTERFACES, Interface
from ros_vision_perception.nodes.parameters import InterfacesParameters
from ros_vision_perception.nodes.quality import RELIABLE
from ros_vision_perception.nodes.run import run
from ros_vision_perception.nodes.subscribing import subscribe

# Whoever is hidden is still in the way; whoever was seen for a moment may be nobody.
_BELIEVED = (TrackState.CONFIRMED, TrackState.OCCLUDED)


class InterfacesNode(Node):
    """Humans in; poses, clouds, detections, bodies and frames out."""

    def __init__(self, **options: Any) -> None:
        """Subscribe; `options` are those of `rclpy.node.Node`.

        Raises:
            ConfigurationError: when nothing is turned on that this machine can publish.
        """
        super().__init__('interfaces_node', **options)
        parameters = declare(self, InterfacesParameters)
        wanted = [field.name for field in fields(parameters) if getattr(parameters, field.name)]
        self._interfaces = [made for name in wanted if (made := self._make(name)) is not None]
        if not self._interfaces:
            raise ConfigurationError(
                f'got nothing to publish ({", ".join(wanted) or "all turned off"}), '
                f'expected one of: {", ".join(INTERFACES)}'
            )
        self._faults = Faults(self.get_logger().warning)
        subscribe(self, HumanStateArray, 'humans', self._on_humans, RELIABLE)

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
        try:
            humans = humans_from_msg(message)
        except FrameError as error:
            self._faults.note(error, 'humans')
            return
        people = [human for human in humans.people if human.track_state in _BELIEVED]
        for interface in self._interfaces:
            interface.publish(humans, people, message.header)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('interfaces_node', InterfacesNode, sys.argv[1:] if argv is None else argv)
