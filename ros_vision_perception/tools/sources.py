"""Where a tool's frames come from: a video, a folder of images, a camera, or a bag."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection

from ros_vision_perception.core.errors import ConfigurationError

IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.webp')
IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
# For images without a time of their own, and videos that do not tell.
_DEFAULT_FPS = {'images': 10.0, 'video': 30.0}
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class FrameSource:
    """Frames in order.

    Attributes:
        name: short word for file names and titles.
        fps: frames per second at which they were taken, or a reasonable guess.
        frames: begins anew with each call; (H, W, 3) uint8 BGR each.
    """

    name: str
    fps: float
    frames: Callable[[], Iterator[np.ndarray]]


def from_video(path: Path) -> FrameSource:
    """Read a video file, or anything else that OpenCV takes for one.

    Raises:
        ConfigurationError: when there is no such file, or no frame can be read from it.
    """
    if not path.is_file():
        raise ConfigurationError(f'no video file {path}')
    capture = cv2.VideoCapture(str(path))
    readable, _ = capture.read()
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    if not readable:
        raise ConfigurationError(f'{path} is not a video that OpenCV can read')
    if not 0 < fps <= 240:
        fps = _DEFAULT_FPS['video']
    return FrameSource(path.stem, fps, lambda: _captured(cv2.VideoCapture(str(path))))


def from_camera(number: int) -> FrameSource:
    """Read a camera of this machine, for ever.

    Raises:
        ConfigurationError: when the camera cannot be opened.
    """
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise ConfigurationError(f'camera {number} cannot be opened')
    fps = capture.get(cv2.CAP_PROP_FPS)
    fps = fps if 0 < fps <= 240 else _DEFAULT_FPS['video']
    return FrameSource(f'camera{number}', fps, lambda: _captured(capture))


def from_images(folder: Path) -> FrameSource:
    """Read a folder of images in the order of their names.

    Raises:
        ConfigurationError: when there is no such folder, no image in it, or (while reading) one
            that cannot be read.
    """
    if not folder.is_dir():
        raise ConfigurationError(f'no folder {folder}')
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise ConfigurationError(f'no image ({", ".join(IMAGE_SUFFIXES)}) in {folder}')
    return FrameSource(
        folder.resolve().name, _DEFAULT_FPS['images'], lambda: map(_read_image, paths)
    )


def from_bag(path: Path, topic: str | None = None) -> FrameSource:
    """Read an image topic of a ROS 1 or ROS 2 bag; the only one unless `topic` names it.

    Raises:
        ConfigurationError: when there is no such bag or topic.
    """
    if not path.exists():
        raise ConfigurationError(f'no bag {path}')
    try:
        with AnyReader([path]) as reader:
            connection = image_connection(reader, path, topic)
            seconds, count = reader.duration / _NANOSECONDS, connection.msgcount
    except (AnyReaderError, OSError) as error:
        raise ConfigurationError(f'{path} is not a bag that can be read: {error}') from error
    fps = (count - 1) / seconds if count > 1 and seconds > 0 else _DEFAULT_FPS['images']
    return FrameSource(path.stem, fps, lambda: _bagged(path, connection.topic))


def _captured(capture: cv2.VideoCapture) -> Iterator[np.ndarray]:
    try:
        while True:
            more, image = capture.read()
            if not more:
                return
            yield image
    finally:
        capture.release()


def _read_image(path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    if image is None:
        raise ConfigurationError(f'{path} is not an image that OpenCV can read')
    return image


def image_connection(reader: AnyReader, path: Path, topic: str | None) -> Connection:
    """Return an image topic of an open bag; the only one unless `topic` names it.

    Raises:
        ConfigurationError: when there is no such topic; `path` is named.
    """
    images = {c.topic: c for c in reader.connections if c.msgtype in IMAGE_TYPES and c.msgcount}
    if topic is None:
        # Depth images are not pictures of people, and name themselves so.
        candidates = [name for name in images if 'depth' not in name]
        if len(candidates) == 1:
            return images[candidates[0]]
    elif topic in images:
        return images[topic]
    wanted = f'no image topic {topic!r}' if topic else 'no single image topic'
    raise ConfigurationError(
        f'{wanted} in {path}; choose one of: {", ".join(images) or "none, it has no images"}'
    )


def _bagged(path: Path, topic: str) -> Iterator[np.ndarray]:
    from rosbags.image import message_to_cvimage  # only bags need this package

    with AnyReader([path]) as reader:
        connections = [c for c in reader.connections if c.topic == topic]
        for connection, _, data in reader.messages(connections):
            message: Any = reader.deserialize(data, connection.msgtype)
            yield message_to_cvimage(message, 'bgr8')
