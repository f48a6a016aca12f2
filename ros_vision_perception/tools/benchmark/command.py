"""Measures each frame through real nodes, stage by stage, beside the bare models."""

import argparse
from itertools import islice
import json
import os
from pathlib import Path
import sys
import tempfile

import cv2
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.tools import sources
from ros_vision_perception.tools.benchmark import fusion
from ros_vision_perception.tools.benchmark.arguments import count, size
from ros_vision_perception.tools.sources import FrameSource

# Frames kept in memory; a run of more begins again at the first.
_MAX_KEPT = 400


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ['fusion']:
        return fusion.main(argv[1:])
    arguments = _parser().parse_args(argv)
    images = _images(arguments)
    # Only now: --help needs no ROS.
    from ros_vision_perception.tools.benchmark.bare import BareModels
    from ros_vision_perception.tools.benchmark.nodes import RunningNodes
    from ros_vision_perception.tools.benchmark.report import figures, table
    from ros_vision_perception.tools.environment import prepare_environment

    bare = BareModels(arguments)
    prepare_environment()
    with tempfile.TemporaryDirectory() as folder:
        nodes = RunningNodes(Path(folder), arguments)
        try:
            nodes.warm_up(images[: arguments.warm_up])
            # In turns, so that a busy moment of the machine spoils both alike.
            for begin in range(0, arguments.frames, arguments.turn):
                turn = [
                    images[index % len(images)]
                    for index in range(begin, min(begin + arguments.turn, arguments.frames))
                ]
                bare.run(turn)
                nodes.run(turn)
        finally:
            nodes.close()
    result = figures(bare, nodes)
    print(table(result))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))
    return os.EX_OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='benchmark',
        description=__doc__,
        epilog='`benchmark fusion` measures the fusion alone: see `benchmark fusion --help`.',
    )
    inputs = parser.add_argument_group('input').add_mutually_exclusive_group(required=True)
    inputs.add_argument('--video', type=Path, metavar='FILE', help='a video')
    inputs.add_argument('--images', type=Path, metavar='DIR', help='a folder of images')
    inputs.add_argument('--bag', type=Path, metavar='PATH', help='a ROS bag')
    parser.add_argument('--topic', help='image topic of the bag; default: the only one')
    parser.add_argument(
        '--size', type=size, metavar='WxH', help='resize the images, such as 640x480'
    )
    parser.add_argument('--frames', type=count, default=600, help='how many; default 600')
    parser.add_argument('--warm-up', type=count, default=60, help='not counted; default 60')
    parser.add_argument('--turn', type=count, default=50, help='images per turn; default 50')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--detect-every',
        type=count,
        default=1,
        metavar='N',
        help='of DETECTOR+POSE: look for people in every Nth frame, follow them in between',
    )
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument('--threads', type=count, default=2, help='per network call; default 2')
    parser.add_argument('--separate', action='store_true', help='three nodes instead of one')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    return parser


def _images(arguments: argparse.Namespace) -> list[np.ndarray]:
    source = _source(arguments)
    images = list(islice(source.frames(), min(arguments.frames, _MAX_KEPT)))
    if not images:
        raise ConfigurationError(f'no image in {source.name}')
    if arguments.size:
        images = [cv2.resize(image, arguments.size) for image in images]
    return images


def _source(arguments: argparse.Namespace) -> FrameSource:
    if arguments.video is not None:
        return sources.from_video(arguments.video)
    if arguments.images is not None:
        return sources.from_images(arguments.images)
    return sources.from_bag(arguments.bag, arguments.topic)
