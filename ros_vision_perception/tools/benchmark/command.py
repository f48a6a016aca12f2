"""Measures each frame through real nodes, stage by stage, beside the bare models."""

import argparse
import json
import os
from pathlib import Path
import sys
import tempfile

from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.tools.backend_options import add_backend_options
from ros_vision_perception.tools.benchmark import cameras, fusion, inputs, overload, peers, pose
from ros_vision_perception.tools.benchmark.arguments import count

_ALONE = {
    'cameras': cameras,
    'fusion': fusion,
    'overload': overload,
    'peers': peers,
    'pose': pose,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in _ALONE:
        return _ALONE[argv[0]].main(argv[1:])
    arguments = _parser().parse_args(argv)
    images = inputs.read(arguments, arguments.frames)
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
        epilog='`benchmark cameras` measures several cameras in one process, `benchmark overload` '
        'many more images than can be taken. '
        'Without ROS, `benchmark fusion` measures the fusion alone, `benchmark pose` a '
        'pose model alone, `benchmark peers` what is done around a network, by us and by others: '
        'see their --help.',
    )
    inputs.add_arguments(parser)
    parser.add_argument('--frames', type=count, default=600, help='how many; default 600')
    parser.add_argument('--warm-up', type=count, default=60, help='not counted; default 60')
    parser.add_argument('--turn', type=count, default=50, help='images per turn; default 50')
    parser.add_argument(
        '--rate', type=count, metavar='HZ', help='of the camera; default: no limit'
    )
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
    add_backend_options(parser)
    parser.add_argument('--threads', type=count, default=2, help='per network call; default 2')
    parser.add_argument('--separate', action='store_true', help='three nodes instead of one')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    return parser
