"""Shows what whoever is in front of a webcam does. `--show-args` lists the arguments."""

from collections.abc import Mapping

from launch import Action, LaunchDescription

from ros_vision_perception.nodes.launch_actions import describe, practice
from ros_vision_perception.nodes.launch_practice import WEBCAM_ARGUMENTS, plan_webcam


def generate_launch_description() -> LaunchDescription:
    """Start camera, perception and window."""
    return describe(WEBCAM_ARGUMENTS, _start)


def _start(arguments: Mapping[str, str]) -> list[Action]:
    return practice(plan_webcam(arguments), arguments)
