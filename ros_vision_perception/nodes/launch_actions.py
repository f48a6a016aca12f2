"""From plans to actions of `launch`: what the launch files have in common."""

from collections.abc import Callable, Mapping, Sequence

from launch import Action, LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from ros_vision_perception.nodes.launch_plan import (
    BOOLEAN,
    Argument,
    NodePlan,
    ViewerPlan,
    viewer,
)
from ros_vision_perception.nodes.launch_practice import ForeignPlan, PracticePlan
from ros_vision_perception.nodes.transport import environment

PACKAGE = 'ros_vision_perception'
_RESPAWN_S = 2.0


def describe(
    declared: Mapping[str, Argument], start: Callable[[Mapping[str, str]], Sequence[Action]]
) -> LaunchDescription:
    """Declare the arguments, prepare for large images, then do what `start` says of them."""

    def started(context: LaunchContext) -> Sequence[Action]:
        return start({name: LaunchConfiguration(name).perform(context) for name in declared})

    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(
                    name,
                    default_value=None if argument.is_required else argument.default,
                    description=argument.description,
                    choices=list(argument.choices) or None,
                )
                for name, argument in declared.items()
            ),
            *(SetEnvironmentVariable(name, value) for name, value in environment().items()),
            OpaqueFunction(function=started),
        ]
    )


def perception_nodes(plans: list[NodePlan], arguments: Mapping[str, str]) -> list[Node]:
    """Return the nodes of a plan, and RViz where the arguments ask for it."""
    rviz = viewer(arguments)
    nodes = [_perception_node(plan, arguments) for plan in plans]
    return nodes if rviz is None else [*nodes, viewer_node(rviz, arguments['namespace'])]


def _perception_node(plan: NodePlan, arguments: Mapping[str, str]) -> Node:
    preset = [config_file(plan.preset)] if plan.preset else []
    extra = [arguments['params_file']] if arguments['params_file'] else []
    return Node(
        package=PACKAGE,
        executable=plan.executable,
        name=plan.executable if plan.renamed else None,
        namespace=arguments['namespace'],
        arguments=list(plan.arguments),
        parameters=[config_file(plan.config), *preset, *extra, dict(plan.parameters)],
        remappings=list(plan.remappings),
        ros_arguments=['--log-level', arguments['log_level']],
        respawn=BOOLEAN[arguments['respawn']],
        respawn_delay=_RESPAWN_S,
        output='screen',
    )


def practice(plan: PracticePlan, arguments: Mapping[str, str]) -> list[Action]:
    """Return all that a practice project starts; the end of the recorder does not end the rest."""
    nodes: list[Action] = [_foreign_node(each, arguments) for each in plan.others]
    nodes += perception_nodes(list(plan.perception), arguments)
    if plan.recorder:
        nodes.append(ExecuteProcess(cmd=list(plan.recorder), output='screen'))
    return nodes


def _foreign_node(plan: ForeignPlan, arguments: Mapping[str, str]) -> Node:
    return Node(
        package=plan.package,
        executable=plan.executable,
        namespace=arguments['namespace'],
        arguments=list(plan.arguments),
        parameters=[dict(plan.parameters)],
        remappings=list(plan.remappings),
        output='screen',
    )


def viewer_node(plan: ViewerPlan, namespace: str = '') -> Node:
    """Return RViz."""
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=namespace,
        arguments=['--display-config', config_file(plan.config), '--fixed-frame', plan.frame],
        parameters=[{'use_sim_time': plan.use_sim_time}],
        remappings=list(plan.remappings),
        output='screen',
    )


def config_file(name: str) -> PathJoinSubstitution:
    """Return the path of a file in `config/`."""
    return PathJoinSubstitution([FindPackageShare(PACKAGE), 'config', name])
