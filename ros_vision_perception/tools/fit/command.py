"""Fits the few numbers that the core learned from data, on data that it makes itself."""

import argparse
from collections.abc import Mapping
import inspect
from pathlib import Path
import sys

import numpy as np

from ros_vision_perception.core import visibility, visibility_weights
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.tools.fit.composites import composites
from ros_vision_perception.tools.fit.rooms import rooms
from ros_vision_perception.tools.fit.weights import collect, fit

# The predictions that are evidence depend on the weights: after so many rounds they agree.
_ROUNDS = 2


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog='fit', description=__doc__)
    tasks = parser.add_subparsers(required=True, metavar='TASK')
    task = tasks.add_parser('visibility', help='weights of the evidence for why a joint is seen')
    task.add_argument('--seed', type=int, default=0, help='another one, other data')
    task.add_argument('--rooms', type=int, default=300, help='made-up sequences')
    task.add_argument('--clips', type=int, default=24, help='sequences of composed photographs')
    task.add_argument(
        '--output',
        type=Path,
        default=Path(inspect.getfile(visibility_weights)),
        metavar='FILE',
        help='the table to write; default: that of the package',
    )
    arguments = parser.parse_args(argv)
    weights = fit_visibility(arguments.rooms, arguments.clips, arguments.seed)
    options = {name: getattr(arguments, name) for name in ('seed', 'rooms', 'clips')}
    made_by = ' '.join(['fit visibility', *(f'--{k} {v}' for k, v in options.items())])
    arguments.output.write_text(table(weights, made_by), encoding='utf-8')
    print(f'wrote {arguments.output}')
    return 0


def fit_visibility(room_count: int, clip_count: int, seed: int) -> Mapping[str, np.ndarray]:
    """Return the weights (5,) of each piece of evidence; the fusion uses them from now on."""

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    pose = load_pose(
        DEFAULT_POSE, threads=2, max_people=10, with_masks=True, skeleton='', report=report
    )
    segmentation = load_segmentation(DEFAULT_SEGMENTATION, threads=2, report=report)
    report('composing photographs ...')
    clips = list(composites(clip_count, seed, pose, segmentation))
    report('furnishing rooms ...')
    sequences = list(rooms(room_count, seed))
    for turn in range(_ROUNDS):
        report(f'fitting, round {turn + 1} of {_ROUNDS} ...')
        examples = [collect(sequences), collect(clips)]
        tables, causes = zip(*examples, strict=True)
        weights = fit(tables, causes)
        visibility.use_weights(weights)
    return weights


def table(weights: Mapping[str, np.ndarray], made_by: str) -> str:
    """Return the table as the source of a module."""
    width = max(map(len, weights)) + 2
    lines = [
        '"""How far one unit of each piece of evidence speaks for each explanation, in log-odds.',
        '',
        'The columns are VISIBLE, and hidden by SELF, PERSON, OBJECT, and OUT of the image.',
        f'Made by `ros-vision-perception {made_by}`;',
        'do not edit.',
        '"""',
        '',
        'WEIGHTS = {',
    ]
    for name, row in weights.items():
        key = f'{name!r}:'.ljust(width + 1)
        lines.append(f'    {key} ({", ".join(f"{value:.2f}" for value in row + 0.0)}),')
    return '\n'.join([*lines, '}  # fmt: skip', ''])
