"""Publishes a bag, people in it, and its time on /clock. `--show-args` lists the arguments."""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable, Shutdown
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from ros_vision_perception.nodes.replay_plan import ARGUMENTS, ReplayPlan, plan
from ros_vision_perception.nodes.transport import environment

PACKAGE = 'ros_vision_perception'


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, prepare for large images, start the replay."""
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(
                    name,
                    default_value=None if argument.is_required else argument.default,
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
    plan_ = plan(arguments)
    extra = [arguments['params_file']] if arguments['params_file'] else []
    replay = Node(
        package=PACKAGE,
        executable='replay',
        arguments=list(plan_.arguments),
        output='screen',
        # In RViz one may want to look at the end for a while.
        on_exit=None if plan_.viewer else Shutdown(reason='the bag is over'),
    )
    return [replay, *_interfaces(plan_, extra), *_viewers(plan_)]


def _interfaces(plan_: ReplayPlan, extra: list[str]) -> list[Node]:
    if not plan_.has_interfaces:
        return []
    return [
        Node(
            package=PACKAGE,
            executable='interfaces_node',
            name='interfaces_node',
            parameters=[_config('interfaces.yaml'), *extra, {'use_sim_time': True}],
            output='screen',
        )
    ]


def _viewers(plan_: ReplayPlan) -> list[Node]:
    rviz = plan_.viewer
    if rviz is None:
        return []
    return [
        Node(
            package='rviz2',
            executable='rviz2',
            arguments=['--display-config', _config(rviz.config), '--fixed-frame', rviz.frame],
            parameters=[{'use_sim_time': rviz.use_sim_time}],
            output='screen',
        )
    ]


def _config(name: str) -> PathJoinSubstitution:
    return PathJoinSubstitution([FindPackageShare(PACKAGE), 'config', name])
