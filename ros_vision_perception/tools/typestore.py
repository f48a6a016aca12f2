"""The package's message types for `rosbags`, which reads and writes bags without ROS."""

from collections.abc import Iterator
from pathlib import Path

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

import ros_vision_perception
from ros_vision_perception.core.errors import ConfigurationError

PACKAGE = 'ros_vision_perception'


def package_typestore() -> Typestore:
    """Return the types of ROS 2 and of this package.

    Raises:
        ConfigurationError: when the installation lacks the package's .msg files.
    """
    typestore = get_typestore(Stores.ROS2_HUMBLE)
    types: dict = {}
    for path in sorted(_message_folder().glob('*.msg')):
        types |= get_types_from_msg(path.read_text(), f'{PACKAGE}/msg/{path.stem}')
    typestore.register(types)
    return typestore


def _message_folder() -> Path:
    for folder in _candidates():
        if (folder / 'HumanStateArray.msg').is_file():
            return folder
    raise ConfigurationError(
        f'no message definitions: share/{PACKAGE}/msg is missing; install the package again'
    )


def _candidates() -> Iterator[Path]:
    """Yield the folders where .msg files lie: in the sources, and below an install's prefix."""
    for package in map(Path, ros_vision_perception.__path__):
        yield package.parent / 'msg'
        for prefix in package.parents:
            yield prefix / 'share' / PACKAGE / 'msg'
