"""What the launch files start, worked out where a test does not need `launch`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.parameters import NODES
from ros_vision_perception.pipeline.networks import CHOICES, PRECISIONS

BOOLEAN = {'true': True, 'false': False}
NONE = 'none'
# Arguments that are parameters, word for word.
_PASSED_ON = (
    'transport', 'pose_model', 'segmentation_model', 'backend', 'precision', 'target_frame',
)  # fmt: skip
Value = bool | int | str | list[str]


@dataclass(frozen=True)
class Argument:
    """One argument of a launch file.

    Attributes:
        default: what it is when not given; where that is '', the parameter files decide.
        description: one sentence.
        choices: all possible values; empty where there are others.
        is_required: whether it must be given.
    """

    default: str
    description: str
    choices: tuple[str, ...] = ()
    is_required: bool = False


ARGUMENTS = {
    'image': Argument('image', 'Topic of the raw image; the compressed one is below it.'),
    'camera_info': Argument('camera_info', 'Topic of the camera info.'),
    'depth': Argument('', 'Topic of the depth image that is aligned with the image, if any.'),
    'overlay': Argument('overlay', 'Topic below which the picture of the result is published.'),
    'transport': Argument(
        '', 'Which image to subscribe to.', choices=('', 'auto', 'raw', 'compressed')
    ),
    'pose_model': Argument(
        '', 'Pose model: name in the catalogue, or a path, or DETECTOR+POSE of these.'
    ),
    'pose_detect_every': Argument(
        '', 'Of DETECTOR+POSE: look for people in every so manyth image, follow them in between.'
    ),
    'pose_flip_test': Argument(
        '',
        'Of DETECTOR+POSE: average each crop and its mirror image.',
        choices=('', *BOOLEAN),
    ),
    'segmentation_model': Argument(
        '', f'Segmentation model: name in the catalogue, or a path; {NONE} for none.'
    ),
    'backend': Argument('', 'What runs the networks.', choices=('', *CHOICES)),
    'precision': Argument('', 'In which the networks compute.', choices=('', *PRECISIONS)),
    'target_frame': Argument('', 'Frame of TF in which people are given, such as map.'),
    'composed': Argument(
        'true', 'One process for everything, or one per node.', choices=tuple(BOOLEAN)
    ),
    'interfaces': Argument(
        'false',
        'Also say it in the messages of other packages: config/interfaces.yaml names them.',
        choices=tuple(BOOLEAN),
    ),
    'rviz': Argument(
        'false',
        'Also start RViz with config/perception.rviz, and the interfaces that it shows.',
        choices=tuple(BOOLEAN),
    ),
    'rviz_frame': Argument(
        '',
        'Frame in which RViz shows people: target_frame, or the frame_id of the images; '
        'default: target_frame, else camera.',
    ),
    'respawn': Argument(
        'false', 'Start a node again, 2 s after it ended.', choices=tuple(BOOLEAN)
    ),
    'namespace': Argument('', 'Namespace of the nodes and of their topics.'),
    'params_file': Argument('', 'Parameter file, read after those in config/.'),
    'use_sim_time': Argument('false', 'Take the time from /clock.', choices=tuple(BOOLEAN)),
    'log_level': Argument(
        'info', 'Least severe messages to log.', choices=('debug', 'info', 'warn', 'error')
    ),
}


@dataclass(frozen=True)
class NodePlan:
    """One node to start.

    Attributes:
        executable: name of the executable; and of the node, if it is `renamed`.
        config: its parameter file in `config/`.
        parameters: what the arguments say, for after all parameter files.
        remappings: pairs of topics, from and to.
        arguments: of the executable.
        renamed: whether there is one node, which can be given a name.
        preset: another parameter file in `config/`, with what differs; '' for none.
    """

    executable: str
    config: str
    parameters: Mapping[str, Value]
    remappings: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...] = ()
    renamed: bool = True
    preset: str = ''


@dataclass(frozen=True)
class ViewerPlan:
    """RViz, to start beside the nodes.

    Attributes:
        config: its file in `config/`.
        frame: in which it shows people.
        use_sim_time: whether its time is that of /clock.
        remappings: pairs of topics, from and to.
    """

    config: str
    frame: str
    use_sim_time: bool
    remappings: tuple[tuple[str, str], ...]


def plan(arguments: Mapping[str, str]) -> list[NodePlan]:
    """Return the nodes to start.

    Args:
        arguments: a value for each of ARGUMENTS.

    Raises:
        ConfigurationError: when an argument has a value that is not one of its choices, or no
            number where one is expected.
    """
    check_choices(ARGUMENTS, arguments)
    return [
        NodePlan(
            executable=node,
            config=f'{node.removesuffix("_node")}.yaml',
            parameters=parameters_of(node, arguments),
            remappings=remappings_of(arguments),
        )
        for node in _nodes(arguments)
    ]


def check_choices(declared: Mapping[str, Argument], arguments: Mapping[str, str]) -> None:
    """Raise ConfigurationError when an argument has a value that is not one of its choices."""
    for name, argument in declared.items():
        if argument.choices and arguments[name] not in argument.choices:
            raise ConfigurationError(
                f'{name}: got {arguments[name]!r}, expected one of {list(argument.choices)}'
            )


def viewer(arguments: Mapping[str, str]) -> ViewerPlan | None:
    """Return RViz where it is asked for; `arguments` are those of `plan`."""
    if not BOOLEAN[arguments['rviz']]:
        return None
    return ViewerPlan(
        config='perception.rviz',
        frame=arguments['rviz_frame'] or arguments['target_frame'] or 'camera',
        use_sim_time=BOOLEAN[arguments['use_sim_time']],
        remappings=remappings_of(arguments),
    )


def _nodes(arguments: Mapping[str, str]) -> list[str]:
    wanted = BOOLEAN[arguments['interfaces']] or BOOLEAN[arguments['rviz']]
    interfaces = ['interfaces_node'] if wanted else []
    return [*_stages(arguments), *interfaces]


def _stages(arguments: Mapping[str, str]) -> list[str]:
    if BOOLEAN[arguments['composed']]:
        return ['perception_node']
    if arguments['segmentation_model'] == NONE:
        return ['pose_node', 'fusion_node']
    return ['pose_node', 'segmentation_node', 'fusion_node']


def parameters_of(node: str, arguments: Mapping[str, str]) -> dict[str, Value]:
    """Return those parameters that the arguments set and that the node has."""
    given: dict[str, Value] = {name: arguments[name] for name in _PASSED_ON if arguments[name]}
    if arguments['pose_detect_every']:
        given['pose_detect_every'] = _whole_number('pose_detect_every', arguments)
    if arguments['pose_flip_test']:
        given['pose_flip_test'] = BOOLEAN[arguments['pose_flip_test']]
    if given.get('segmentation_model') == NONE:
        given |= {'segmentation_model': '', 'use_masks': False}
    if arguments['depth']:
        given['use_depth'] = True
    known = {parameter.name for parameter in fields(NODES[node])}
    parameters = {name: value for name, value in given.items() if name in known}
    return {**parameters, 'use_sim_time': BOOLEAN[arguments['use_sim_time']]}


def _whole_number(name: str, arguments: Mapping[str, str]) -> int:
    if not arguments[name].isdecimal():
        raise ConfigurationError(f'{name}: got {arguments[name]!r}, expected a whole number')
    return int(arguments[name])


def remappings_of(arguments: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return pairs of topics, from and to."""
    topics = {
        'image': arguments['image'],
        'image/compressed': f'{arguments["image"]}/compressed',
        'camera_info': arguments['camera_info'],
        'depth/image': arguments['depth'],
        'overlay/compressed': f'{arguments["overlay"]}/compressed',
    }
    return tuple((ours, theirs) for ours, theirs in topics.items() if theirs)
