"""How well activities are told in recorded skeletons of public data sets."""

import argparse
from pathlib import Path
import sys
from typing import Any

import numpy as np

from ros_vision_perception.core.activity import ACTIVITIES, LATE, Classify
from ros_vision_perception.tools.evaluate.made_up import rates, what_is_named
from ros_vision_perception.tools.recordings.classes import BUILT_IN, read_classes
from ros_vision_perception.tools.recordings.gather import Recorded, gather

_MOST = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which recordings, and what is done in them."""
    parser.add_argument(
        '--recordings', type=Path, nargs='+', default=[], metavar='PATH',
        help='recorded skeletons: .skeleton of NTU RGB+D, .json of Kinetics-skeleton, .pkl of '
        'PYSKL or MMAction2; files, or folders of them',
    )  # fmt: skip
    parser.add_argument(
        '--classes', type=Path, default=BUILT_IN, metavar='YAML',
        help='what is done in the classes of the recordings; default: that of the package',
    )  # fmt: skip
    parser.add_argument(
        '--clips-per-class', type=int, default=_MOST, metavar='N',
        help=f'so many of a class at most, at random; default {_MOST}',
    )  # fmt: skip


def run(arguments: argparse.Namespace, classify: Classify) -> dict[str, Any]:
    """Return the figures over all recordings, and tell what was read.

    Raises:
        ConfigurationError: when there is nothing that can be used.
    """
    table = read_classes(arguments.classes)
    recorded = gather(arguments.recordings, table, arguments.clips_per_class, 0, report)
    for line in recorded.told:
        report(line)
    return figures(recorded, classify)


def report(line: str) -> None:
    """Print a line that is no result."""
    print(line, file=sys.stderr)


def figures(recorded: Recorded, classify: Classify) -> dict[str, Any]:
    """Return precision, recall and F1 of each activity, over looks and over people in clips.

    Looks count of which it is known whether the activity goes on. Somebody in a clip is right if
    the activity takes place there sometime, and is named at any look.
    """
    samples = recorded.samples
    named, could = what_is_named(samples.windows, classify)
    table: dict[str, Any] = {}
    for column, name in enumerate(ACTIVITIES):
        if name not in LATE:
            continue
        sure = samples.known[:, column] & could[:, column]
        table[name] = _rates(samples.labels[sure, column], named[sure, column])
        seen, ever = (
            np.isin(np.arange(len(recorded.labels)), samples.clips[part[:, column]])
            for part in (could, could & named)
        )
        sure = recorded.known[:, column] & seen
        table[name]['clips'] = _rates(recorded.happens[sure, column], ever[sure])
    return table


def _rates(truths: np.ndarray, said: np.ndarray) -> dict[str, Any]:
    right = int((truths & said).sum())
    return {**rates(right, int(truths.sum()), int(said.sum())), 'of': len(truths)}
