"""What `launch/multi_camera.launch.py` starts; see `launch_plan`."""

from collections.abc import Mapping

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.launch_plan import (
    ARGUMENTS,
    BOOLEAN,
    Argument,
    NodePlan,
    Value,
    check_choices,
    parameters_of,
    remappings_of,
)

_DEFAULTS = {name: argument.default for name, argument in ARGUMENTS.items()}
_OF_CAMERAS = {
    'cameras': Argument('left right', 'Names of the cameras: the namespaces of their topics.'),
    'batch_wait_ms': Argument(
        '0', 'How long a network waits for the images of the other cameras, to be one batch, ms.'
    ),
    'merge': Argument(
        'false', 'Also make people whom several cameras see one, in target_frame.',
        choices=tuple(BOOLEAN),
    ),
}  # fmt: skip
CAMERAS_ARGUMENTS = _OF_CAMERAS | {
    name: argument for name, argument in ARGUMENTS.items() if name != 'composed'
}


def plan_cameras(arguments: Mapping[str, str]) -> list[NodePlan]:
    """Return the nodes to start.

    Args:
        arguments: a value for each of CAMERAS_ARGUMENTS.

    Raises:
        ConfigurationError: when an argument has a value that will not do.
    """
    check_choices(CAMERAS_ARGUMENTS, arguments)
    cameras = arguments['cameras'].split()
    perception = NodePlan(
        executable='multi_camera_node',
        config='perception.yaml',
        parameters=parameters_of('perception_node', {**_DEFAULTS, **arguments}),
        remappings=remappings_of(arguments),
        arguments=('--batch-wait-ms', arguments['batch_wait_ms'], *cameras),
        renamed=False,
    )
    if BOOLEAN[arguments['merge']]:
        return [perception, *_merged(cameras, arguments)]
    for name in ('interfaces', 'rviz'):
        if BOOLEAN[arguments[name]]:
            raise ConfigurationError(f'{name}: got true and merge false, expected both true')
    return [perception]


def _merged(cameras: list[str], arguments: Mapping[str, str]) -> list[NodePlan]:
    frame, clock = arguments['target_frame'], BOOLEAN[arguments['use_sim_time']]
    if not frame:
        raise ConfigurationError('merge: got no target_frame, expected the frame to merge in')
    merging: dict[str, Value] = {
        **{'cameras': cameras, 'target_frame': frame},
        'use_sim_time': clock,
    }
    nodes = [NodePlan('merging_node', 'merging.yaml', merging, ())]
    if BOOLEAN[arguments['interfaces']] or BOOLEAN[arguments['rviz']]:
        nodes.append(NodePlan('interfaces_node', 'interfaces.yaml', {'use_sim_time': clock}, ()))
    return nodes
