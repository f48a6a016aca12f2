"""The images that are measured: kept in memory, so that no reading is measured."""

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
import time

import cv2
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools import sources
from ros_vision_perception.tools.benchmark.arguments import size
from ros_vision_perception.tools.sources import FrameSource

# A run of more begins again at the first.
_MAX_KEPT = 400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which images."""
    inputs = parser.add_argument_group('input').add_mutually_exclusive_group(required=True)
    inputs.add_argument('--video', type=Path, metavar='FILE', help='a video')
    inputs.add_argument('--images', type=Path, metavar='DIR', help='a folder of images')
    inputs.add_argument('--bag', type=Path, metavar='PATH', help='a ROS bag')
    parser.add_argument('--topic', help='image topic of the bag; default: the only one')
    parser.add_argument(
        '--size', type=size, metavar='WxH', help='resize the images, such as 640x480'
    )


def read(arguments: argparse.Namespace, count: int) -> list[np.ndarray]:
    """Return up to `count` images (H, W, 3) uint8 BGR.

    Raises:
        ConfigurationError: when there is none that can be read.
    """
    source = _source(arguments)
    images = list(islice(source.frames(), min(count, _MAX_KEPT)))
    if not images:
        raise ConfigurationError(f'no image in {source.name}')
    if arguments.size:
        images = [cv2.resize(image, arguments.size) for image in images]
    return images


def paced(images: Iterable[np.ndarray], rate_hz: float | None) -> Iterator[np.ndarray]:
    """Yield the images, no earlier than a camera gives them; without a rate at once."""
    begin_s = time.perf_counter()
    for index, image in enumerate(images):
        if rate_hz:
            time.sleep(max(begin_s + index / rate_hz - time.perf_counter(), 0.0))
        yield image


def _source(arguments: argparse.Namespace) -> FrameSource:
    if arguments.video is not None:
        return sources.from_video(arguments.video)
    if arguments.images is not None:
        return sources.from_images(arguments.images)
    return sources.from_bag(arguments.bag, arguments.topic)
