"""Fits the few numbers that the core learned from data, on data that it makes itself."""

import argparse
from collections.abc import Mapping
import inspect
from pathlib import Path
import sys
from types import ModuleType

import numpy as np

from ros_vision_perception.core import motion_shares, visibility, visibility_weights
from ros_vision_perception.core.types import Observation
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.tools.fit import motion
from ros_vision_perception.tools.fit.composites import composites
from ros_vision_perception.tools.fit.rooms import rooms
from ros_vision_perception.tools.fit.runs import record
from ros_vision_perception.tools.fit.weights import collect, fit
from ros_vision_perception.tools.truth import Truth

# The predictions that are evidence depend on the weights: after so many rounds they agree.
_ROUNDS = 2


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog='fit', description=__doc__)
    tasks = parser.add_subparsers(required=True, metavar='TASK', dest='task')
    task = tasks.add_parser('visibility', help='weights of the evidence for why a joint is seen')
    task.add_argument('--rooms', type=int, default=300, help='made-up sequences')
    _add_common(task, visibility_weights)
    task = tasks.add_parser('motion', help='how sure to be of where joints are')
    _add_common(task, motion_shares)
    arguments = parser.parse_args(argv)
    made_by = _made_by(arguments)
    if arguments.task == 'visibility':
        weights = fit_visibility(arguments.rooms, arguments.clips, arguments.seed)
        source = table(weights, made_by)
    else:
        source = motion.table(fit_motion(arguments.clips, arguments.seed), made_by)
    arguments.output.write_text(source, encoding='utf-8')
    print(f'wrote {arguments.output}')
    return 0


def _add_common(task: argparse.ArgumentParser, module: ModuleType) -> None:
    task.add_argument('--seed', type=int, default=0, help='another one, other data')
    task.add_argument('--clips', type=int, default=24, help='sequences of composed photographs')
    task.add_argument(
        '--output',
        type=Path,
        default=Path(inspect.getfile(module)),
        metavar='FILE',
        help='the table to write; default: that of the package',
    )


def _made_by(arguments: argparse.Namespace) -> str:
    """Return the command line that makes the same again."""
    names = [name for name in ('seed', 'rooms', 'clips') if hasattr(arguments, name)]
    options = [f'--{name} {getattr(arguments, name)}' for name in names]
    return ' '.join(['fit', arguments.task, *options])


def fit_motion(clip_count: int, seed: int) -> Mapping[str, float]:
    """Return the shares of variance to publish."""
    clips = _composed(clip_count, seed)
    _report('following people ...')
    return motion.calibrate(record(clips))


def fit_visibility(room_count: int, clip_count: int, seed: int) -> Mapping[str, np.ndarray]:
    """Return the weights (5,) of each piece of evidence; the fusion uses them from now on."""
    clips = _composed(clip_count, seed)
    _report('furnishing rooms ...')
    sequences = list(rooms(room_count, seed))
    for turn in range(_ROUNDS):
        _report(f'fitting, round {turn + 1} of {_ROUNDS} ...')
        examples = [collect(sequences), collect(clips)]
        tables, causes = zip(*examples, strict=True)
        weights = fit(tables, causes)
        visibility.use_weights(weights)
    return weights


def _composed(count: int, seed: int) -> list[list[tuple[Observation, Truth]]]:
    """Return what the default models say about composed photographs, and the truth."""
    pose = load_pose(
        DEFAULT_POSE, threads=2, max_people=10, with_masks=True, skeleton='', report=_report
    )
    segmentation = load_segmentation(DEFAULT_SEGMENTATION, threads=2, report=_report)
    _report('composing photographs ...')
    return list(composites(count, seed, pose, segmentation))


def _report(line: str) -> None:
    print(line, file=sys.stderr)


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
