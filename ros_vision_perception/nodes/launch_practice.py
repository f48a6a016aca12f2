"""What the launch files of practice projects start beside the perception; see `launch_plan`.

Cameras, videos, windows and recordings are other packages' work: nodes of theirs, started with
the names that we use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
import re

import cv2

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes import launch_plan
from ros_vision_perception.nodes.launch_plan import (
    BOOLEAN,
    NONE,
    Argument,
    NodePlan,
    check_choices,
)

_V4L2, _USB = 'v4l2_camera', 'usb_cam'
_OF_SOURCES = {
    'driver': Argument(
        _V4L2, 'Package that drives the camera; none where it runs already.',
        choices=(_V4L2, _USB, NONE),
    ),
    'device': Argument('/dev/video0', 'The camera.'),
    'size': Argument('640x480', 'Width and height of the images of the camera, px.'),
    'video': Argument(
        '', 'Video file in place of a camera, over and over; by package image_publisher.'
    ),
    'field_of_view': Argument(
        '', 'How wide the video looks, degrees; from it follow metres.'
    ),
}  # fmt: skip
_OF_PERCEPTION = {
    **{name: each for name, each in launch_plan.ARGUMENTS.items() if name != 'composed'},
    'image': Argument('image_raw', launch_plan.ARGUMENTS['image'].description),
}
WEBCAM_ARGUMENTS = {
    **_OF_SOURCES,
    'show': Argument(
        'true', 'Open a window with the picture; by package image_view.', choices=tuple(BOOLEAN)
    ),
    **_OF_PERCEPTION,
}
SPORTS_ARGUMENTS = {
    **_OF_SOURCES,
    'driver': replace(_OF_SOURCES['driver'], default=NONE),
    'show': replace(WEBCAM_ARGUMENTS['show'], default='false'),
    'bag': Argument(
        '', f'New folder to record humans and events in; default: rosbag2_DATE; {NONE} for none.'
    ),
    **_OF_PERCEPTION,
}
# Topics that `timeline` reads, and the names of the joints for whoever plays the bag.
_RECORDED = ('humans', 'events', 'skeleton')
# Where nobody publishes: image_publisher makes up a focal length of 1 px.
_NO_CAMERA_INFO = 'no_camera_info'


@dataclass(frozen=True)
class ForeignPlan:
    """A node of another package.

    Attributes:
        package: it must be installed.
        executable: of the package.
        arguments: of the executable.
        parameters: of the node.
        remappings: pairs of topics, from and to.
    """

    package: str
    executable: str
    arguments: tuple[str, ...]
    parameters: Mapping[str, float | str | list[int]]
    remappings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PracticePlan:
    """What to start.

    Attributes:
        perception: nodes of ours.
        others: nodes of other packages.
        recorder: a command; empty for none.
    """

    perception: tuple[NodePlan, ...]
    others: tuple[ForeignPlan, ...]
    recorder: tuple[str, ...] = ()


def plan_webcam(arguments: Mapping[str, str]) -> PracticePlan:
    """Return camera, perception and window.

    Args:
        arguments: a value for each of WEBCAM_ARGUMENTS.

    Raises:
        ConfigurationError: when an argument has a value that will not do.
    """
    check_choices(WEBCAM_ARGUMENTS, arguments)
    return PracticePlan(_perception(arguments, 'webcam.yaml'), _others(arguments))


def plan_sports(arguments: Mapping[str, str]) -> PracticePlan:
    """Return the same for a field, and what records it.

    Args:
        arguments: a value for each of SPORTS_ARGUMENTS.

    Raises:
        ConfigurationError: when an argument has a value that will not do.
    """
    check_choices(SPORTS_ARGUMENTS, arguments)
    recorder = () if arguments['bag'] == NONE else _recorder(arguments)
    return PracticePlan(_perception(arguments, 'sports.yaml'), _others(arguments), recorder)


def _perception(arguments: Mapping[str, str], preset: str) -> tuple[NodePlan, ...]:
    given = {**arguments, 'composed': 'true'}
    if arguments['video'] and not arguments['field_of_view']:
        given['camera_info'] = _NO_CAMERA_INFO
    return tuple(
        replace(node, preset=preset) if node.executable == 'perception_node' else node
        for node in launch_plan.plan(given)
    )


def _others(arguments: Mapping[str, str]) -> tuple[ForeignPlan, ...]:
    others = []
    if arguments['video']:
        others.append(_video(arguments))
    elif arguments['driver'] != NONE:
        others.append(_camera(arguments))
    if BOOLEAN[arguments['show']]:
        others.append(_window(arguments))
    return tuple(others)


def _camera(arguments: Mapping[str, str]) -> ForeignPlan:
    size = re.fullmatch(r'(\d+)x(\d+)', arguments['size'])
    if size is None:
        raise ConfigurationError(f'size: got {arguments["size"]!r}, expected such as 640x480')
    width, height = map(int, size.groups())
    device = arguments['device']
    if arguments['driver'] == _USB:
        return ForeignPlan(
            *(_USB, 'usb_cam_node_exe', ()),
            {'video_device': device, 'image_width': width, 'image_height': height},
            _published(arguments),
        )
    return ForeignPlan(
        *(_V4L2, 'v4l2_camera_node', ()),
        {'video_device': device, 'image_size': [width, height]},
        _published(arguments),
    )


def _video(arguments: Mapping[str, str]) -> ForeignPlan:
    path = Path(arguments['video']).expanduser().resolve()
    parameters: dict[str, float | str] = {'publish_rate': _frames_per_second(path)}
    if arguments['field_of_view']:
        parameters['field_of_view'] = _degrees(arguments['field_of_view'])
    return ForeignPlan(
        *('image_publisher', 'image_publisher_node', (str(path),)),
        parameters,
        _published(arguments),
    )


def _published(arguments: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return ('image_raw', arguments['image']), ('camera_info', arguments['camera_info'])


def _window(arguments: Mapping[str, str]) -> ForeignPlan:
    overlay = arguments['overlay']
    # Humble asks for the names below `image`, later distributions for `image` itself.
    topics = ('image', overlay), ('image/compressed', f'{overlay}/compressed')
    return ForeignPlan('image_view', 'image_view', (), {'image_transport': 'compressed'}, topics)


def _recorder(arguments: Mapping[str, str]) -> tuple[str, ...]:
    namespace = arguments['namespace'].strip('/')
    begin = f'/{namespace}/' if namespace else '/'
    # Distributions differ in how they take names of topics, not in how they take a pattern.
    pattern = f'^{begin}({"|".join(_RECORDED)})$'
    folder = ('--output', arguments['bag']) if arguments['bag'] else ()
    return 'ros2', 'bag', 'record', *folder, '--regex', pattern


def _frames_per_second(path: Path) -> float:
    if not path.is_file():
        raise ConfigurationError(f'video: no file {path}')
    capture = cv2.VideoCapture(str(path))
    rate = float(capture.get(cv2.CAP_PROP_FPS)) if capture.isOpened() else 0.0
    capture.release()
    if not 0 < rate <= 240:
        raise ConfigurationError(f'video: {path} is no video that OpenCV can read')
    return rate


def _degrees(text: str) -> float:
    try:
        degrees = float(text)
    except ValueError:
        degrees = 0.0
    if not 0 < degrees < 180:
        raise ConfigurationError(f'field_of_view: got {text!r}, expected degrees below 180')
    return degrees
