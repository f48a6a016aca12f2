"""Trains the network that tells activities, on motion that is made up; needs torch."""

import argparse
from pathlib import Path
import sys

from ros_vision_perception.core.activity import ACTIVITIES
from ros_vision_perception.pipeline.activity import BUILT_IN
from ros_vision_perception.tools.train import network
from ros_vision_perception.tools.train.samples import make


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog='train', description=__doc__)
    tasks = parser.add_subparsers(required=True, metavar='TASK', dest='task')
    task = tasks.add_parser('activity', help='what people do over time')
    task.add_argument('--seed', type=int, default=0, help='another one, other motion')
    task.add_argument('--clips', type=int, default=1000, help='made-up clips of 20 s')
    task.add_argument('--epochs', type=int, default=6)
    task.add_argument(
        '--output',
        type=Path,
        default=BUILT_IN,
        metavar='FILE',
        help='the ONNX file to write; default: that of the package',
    )
    arguments = parser.parse_args(argv)
    network.require_torch()
    _report(f'making up {arguments.clips} clips ...')
    samples = make(arguments.clips, arguments.seed)
    weights = network.learn(samples, arguments.epochs, arguments.seed, _report)
    options = (f'--{name} {getattr(arguments, name)}' for name in ('seed', 'clips', 'epochs'))
    metadata = {
        'made_by': ' '.join(('ros-vision-perception train activity', *options)),
        'activities': ','.join(ACTIVITIES),
    }
    arguments.output.write_bytes(network.write(weights, metadata))
    print(f'wrote {arguments.output}')
    return 0


def _report(line: str) -> None:
    print(line, file=sys.stderr)
