"""Starts the perception for several cameras in one process. `--show-args` lists the arguments.

Topics are in the namespace of each camera: `cameras:='front rear' image:=color/image_raw` looks
at front/color/image_raw and rear/color/image_raw.
"""

from collections.abc import Mapping

from launch import LaunchDescription
from launch_ros.actions import Node

from ros_vision_perception.nodes.launch_actions import describe, perception_nodes
from ros_vision_perception.nodes.launch_cameras import CAMERAS_ARGUMENTS, plan_cameras


def generate_launch_description() -> LaunchDescription:
    """Start one process for all cameras, and where asked for what merges their people."""
    return describe(CAMERAS_ARGUMENTS, _start)


def _start(arguments: Mapping[str, str]) -> list[Node]:
    return perception_nodes(plan_cameras(arguments), arguments)
