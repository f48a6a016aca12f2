"""Publishes a bag, people in it, and its time on /clock. `--show-args` lists the arguments."""

from collections.abc import Mapping

from launch import LaunchDescription
from launch.actions import Shutdown
from launch_ros.actions import Node

from ros_vision_perception.nodes.launch_actions import (
    PACKAGE,
    config_file,
    describe,
    viewer_node,
)
from ros_vision_perception.nodes.replay_plan import ARGUMENTS, plan


def generate_launch_description() -> LaunchDescription:
    """Start the replay, and what shows it."""
    return describe(ARGUMENTS, _start)


def _start(arguments: Mapping[str, str]) -> list[Node]:
    planned = plan(arguments)
    extra = [arguments['params_file']] if arguments['params_file'] else []
    replay = Node(
        package=PACKAGE,
        executable='replay',
        arguments=list(planned.arguments),
        output='screen',
        # In RViz one may want to look at the end for a while.
        on_exit=None if planned.viewer else Shutdown(reason='the bag is over'),
    )
    interfaces = Node(
        package=PACKAGE,
        executable='interfaces_node',
        name='interfaces_node',
        parameters=[config_file('interfaces.yaml'), *extra, {'use_sim_time': True}],
        output='screen',
    )
    return [
        replay,
        *([interfaces] if planned.has_interfaces else []),
        *([viewer_node(planned.viewer)] if planned.viewer else []),
    ]
