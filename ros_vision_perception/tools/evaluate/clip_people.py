"""Everyone in a clip, as the whole perception sees them, for tasks that judge what people do."""

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys

import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.sources import from_video


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which models, and the camera."""
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument('--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL')
    parser.add_argument(
        '--activity', default='built-in', metavar='MODEL', help='path, or built-in'
    )
    parser.add_argument(
        '--fov',
        type=float,
        default=60.0,
        metavar='DEGREES',
        help="the cameras' horizontal field of view; default 60",
    )


def load(arguments: argparse.Namespace) -> tuple[Perception, str]:
    """Return the perception, and what its pose model is called."""

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    pose = load_pose(
        arguments.pose, threads=2, max_people=20, with_masks=True, skeleton='', report=report
    )
    segmentation = load_segmentation(arguments.segmentation, threads=2, report=report)
    classify = load_activity(arguments.activity)
    return Perception(pose, segmentation, FusionConfig(), classify), pose.model_name


def watch(perception: Perception, path: Path, fov_degrees: float) -> Iterator[Humans]:
    """Yield everyone in each frame of a video.

    Raises:
        ConfigurationError: when the video cannot be read.
    """
    source = from_video(path)
    perception.reset()
    for number, image in enumerate(source.frames()):
        frame = Frame(image, 'bgr8', round(number / source.fps * 1e9))
        camera = _camera(frame.size, fov_degrees)
        yield perception.step(frame, None, camera, no_stages).humans


def _camera(size: tuple[int, int], fov_degrees: float) -> CameraModel:
    width, height = size
    focal = width / 2 / np.tan(np.deg2rad(fov_degrees) / 2)
    return CameraModel(focal, focal, (width - 1) / 2, (height - 1) / 2, size)
