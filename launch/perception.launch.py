"""Starts the perception: from camera topics to `humans`. `--show-args` lists the arguments."""

from collections.abc import Mapping

from launch import LaunchDescription
from launch_ros.actions import Node

from ros_vision_perception.nodes.launch_actions import describe, perception_nodes
from ros_vision_perception.nodes.launch_plan import ARGUMENTS, plan


def generate_launch_description() -> LaunchDescription:
    """Start one node, or one per stage."""
    return describe(ARGUMENTS, _start)


def _start(arguments: Mapping[str, str]) -> list[Node]:
    return perception_nodes(plan(arguments), arguments)
