"""What `replay.launch.py` starts, worked out where a test does not need `launch`."""

from collections.abc import Mapping
from dataclasses import dataclass

from ros_vision_perception.nodes import launch_plan
from ros_vision_perception.nodes.launch_plan import (
    BOOLEAN,
    NONE,
    Argument,
    ViewerPlan,
    check_choices,
)

ARGUMENTS = {
    'bag': Argument('', 'Bag of ROS 2, or a folder of bags.', is_required=True),
    'rate': Argument('1.0', 'Times as fast as recorded.'),
    'loop': Argument('false', 'Begin again at the end.', choices=tuple(BOOLEAN)),
    'image': Argument('', 'Topic of the image in the bag; default: the only one.'),
    'camera_info': Argument('', 'Topic of its camera info; default: beside the image.'),
    'depth': Argument('', launch_plan.ARGUMENTS['depth'].description),
    'pose_model': launch_plan.ARGUMENTS['pose_model'],
    'segmentation_model': launch_plan.ARGUMENTS['segmentation_model'],
    'interfaces': launch_plan.ARGUMENTS['interfaces'],
    'rviz': launch_plan.ARGUMENTS['rviz'],
    'rviz_frame': Argument('camera', 'Frame in which RViz shows people: that of the images.'),
    'params_file': Argument('', 'Parameter file of perception_node and interfaces_node.'),
}
# Options of `replay` that say what an argument of another name does.
_OPTIONS = {
    **{name: f'--{name.replace("_", "-")}' for name in ('image', 'camera_info', 'depth')},
    **{'pose_model': '--pose', 'segmentation_model': '--segmentation', 'rate': '--rate'},
    'params_file': '--params-file',
}


@dataclass(frozen=True)
class ReplayPlan:
    """What to start, all on the time of the bag.

    Attributes:
        arguments: of the command `replay`.
        has_interfaces: whether to start `interfaces_node`.
        viewer: RViz; None for none.
    """

    arguments: tuple[str, ...]
    has_interfaces: bool
    viewer: ViewerPlan | None


def plan(arguments: Mapping[str, str]) -> ReplayPlan:
    """Return what to start.

    Args:
        arguments: a value for each of ARGUMENTS.

    Raises:
        ConfigurationError: when an argument has a value that is not one of its choices.
    """
    check_choices(ARGUMENTS, arguments)
    has_rviz = BOOLEAN[arguments['rviz']]
    return ReplayPlan(
        arguments=(
            *('--live', '--bag', arguments['bag']),
            *_options(arguments),
            *(('--loop',) if BOOLEAN[arguments['loop']] else ()),
            *(('--topics', 'humans', 'overlay/compressed') if has_rviz else ()),
        ),
        has_interfaces=has_rviz or BOOLEAN[arguments['interfaces']],
        viewer=ViewerPlan('perception.rviz', arguments['rviz_frame'], True, ())
        if has_rviz
        else None,
    )


def _options(arguments: Mapping[str, str]) -> list[str]:
    """Return options and values; each as one word, for a value may begin with a dash."""
    return [
        f'{option}={"" if arguments[name] == NONE else arguments[name]}'
        for name, option in _OPTIONS.items()
        if arguments[name]
    ]
