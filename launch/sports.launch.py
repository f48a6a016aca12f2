"""Follows athletes and records who did what when. `--show-args` lists the arguments."""

from collections.abc import Mapping

from launch import Action, LaunchDescription

from ros_vision_perception.nodes.launch_actions import describe, practice
from ros_vision_perception.nodes.launch_practice import SPORTS_ARGUMENTS, plan_sports


def generate_launch_description() -> LaunchDescription:
    """Start what gives images, the perception and the recorder."""
    return describe(SPORTS_ARGUMENTS, _start)


def _start(arguments: Mapping[str, str]) -> list[Action]:
    return practice(plan_sports(arguments), arguments)
