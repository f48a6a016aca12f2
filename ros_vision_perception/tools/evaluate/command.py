"""Measures how accurate models and fusion are, on data whose truth is known."""

import argparse
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
from typing import Any

from ros_vision_perception.tools.evaluate import (
    activity,
    instances,
    occlusion,
    panoptic,
    pose,
    posture,
    prediction,
    semantic,
    tracking,
)

# Each has `add_arguments(parser)` and `run(arguments)`, which returns the figures: what JSON can
# hold, by name; a figure may be a mapping again. The first line of its docstring is its help.
_TASKS = {
    'pose': pose,
    'instances': instances,
    'semantic': semantic,
    'panoptic': panoptic,
    'occlusion': occlusion,
    'tracking': tracking,
    'posture': posture,
    'activity': activity,
    'prediction': prediction,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    parser = argparse.ArgumentParser(prog='evaluate', description=__doc__)
    tasks = parser.add_subparsers(required=True, metavar='TASK')
    for name, task in _TASKS.items():
        summary = (task.__doc__ or '').partition('\n')[0]
        task_parser = tasks.add_parser(name, help=summary, description=summary)
        task.add_arguments(task_parser)
        task_parser.add_argument(
            '--json', type=Path, metavar='FILE', help='write the figures here too'
        )
        task_parser.set_defaults(run=task.run)
    arguments = parser.parse_args(argv)
    figures = arguments.run(arguments)
    lines = dict(_flat(figures))
    width = max(map(len, lines))
    for name, value in lines.items():
        print(
            f'{name:{width}} {value:8.3f}'
            if isinstance(value, float)
            else f'{name:{width}} {value!s:>8}'
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    return 0


def _flat(figures: Mapping[str, Any], prefix: str = '') -> Iterator[tuple[str, Any]]:
    """Yield each single figure, named by all keys on the way to it."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f'{prefix}{name}.')
        else:
            yield prefix + name, value
