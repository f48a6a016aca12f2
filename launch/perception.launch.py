"""Starts the perception: from camera topics to `humans`. `--show-args` lists the arguments."""

from collections.abc import Mapping

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from ros_vision_perception.nodes.launch_plan import ARGUMENTS, plan, viewer
from ros_vision_perception.nodes.transport import environment

PACKAGE = 'ros_vision_perception'


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, prepare for large images, start the nodes."""
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(
                    name,
                    default_value=argument.default,
                    description=argument.description,
                    choices=list(argument.choices) or None,
                )
                for name, argument in ARGUMENTS.items()
            ),
            *(SetEnvironmentVariable(name, value) for name, value in environment().items()),
            OpaqueFunction(function=_start),
        ]
    )


def _start(context: LaunchContext) -> list[Node]:
    arguments = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    extra = [arguments['params_file']] if arguments['params_file'] else []
    nodes = [
        Node(
            package=PACKAGE,
            executable=node.executable,
            name=node.executable,
            namespace=arguments['namespace'],
            parameters=[_config(node.config), *extra, dict(node.parameters)],
            remappings=list(node.remappings),
            ros_arguments=['--log-level', arguments['log_level']],
            output='screen',
        )
        for node in plan(arguments)
    ]
    return [*nodes, *_viewers(arguments)]


def _viewers(arguments: Mapping[str, str]) -> list[Node]:
    rviz = viewer(arguments)
    if rviz is None:
        return []
    return [
        Node(
            package='rviz2',
            executable='rviz2',
            namespace=arguments['namespace'],
            arguments=['--display-config', _config(rviz.config), '--fixed-frame', rviz.frame],
            parameters=[{'use_sim_time': rviz.use_sim_time}],
            remappings=list(rviz.remappings),
            output='screen',
        )
    ]


def _config(name: str) -> PathJoinSubstitution:
    return PathJoinSubstitution([FindPackageShare(PACKAGE), 'config', name])
