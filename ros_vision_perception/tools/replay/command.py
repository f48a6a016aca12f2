"""Runs the perception on recorded bags, without a middleware, and writes bags of results."""

import argparse
from collections.abc import Sequence
import json
from pathlib import Path
import time
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.replay.inputs import Selection


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    # Only now: --help needs no ROS.
    from ros_vision_perception.tools.replay import check, rerun_file, work

    jobs = _jobs(arguments)
    if arguments.check and len(jobs) != 1:
        parser.error('--check compares one bag')
    if arguments.rerun:
        if len(jobs) != 1:
            parser.error('--rerun records one bag')
        rerun_file.require()
    begun_s = time.perf_counter()
    figures = work.run_all(jobs, arguments.jobs)
    seconds = time.perf_counter() - begun_s
    for name, row in figures.items():
        said = ', '.join(f'{cause} {count}' for cause, count in row['dropped'].items())
        print(
            f'{name}: {row["frames"]} frames, {row["results"]} results, {row["tracks"]} tracks, '
            f'dropped: {said or "none"}'
        )
    print(f'{seconds:.1f} s, {arguments.output.resolve()}')
    if arguments.json:
        total = {'seconds': seconds, 'bags': figures, **_total(list(figures.values()))}
        arguments.json.write_text(json.dumps(total, indent=2))
    if arguments.check:
        return check.main(jobs[0], arguments.check)
    return 0


def _parser() -> argparse.ArgumentParser:
    from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION

    parser = argparse.ArgumentParser(prog='replay', description=__doc__)
    parser.add_argument(
        '--bag', type=Path, nargs='+', required=True, metavar='PATH',
        help='bags of ROS 1 or ROS 2, or folders of bags',
    )  # fmt: skip
    parser.add_argument(
        '--output', type=Path, required=True, metavar='PATH',
        help='folder for the results: a bag per bag; what is there already is not made again',
    )  # fmt: skip
    topics = parser.add_argument_group('topics of the bag')
    topics.add_argument('--image', default='', help='default: the only one')
    topics.add_argument('--camera-info', default='', help='default: beside the image')
    topics.add_argument('--depth', default='', help='default: depth is not used')
    parser.add_argument('--from', dest='begin_s', type=float, metavar='SECONDS', help='begin here')
    parser.add_argument('--to', dest='end_s', type=float, metavar='SECONDS', help='end here')
    parser.add_argument(
        '--topics', nargs='+', default=['humans'], metavar='TOPIC',
        choices=('humans', 'keypoints', 'masks'),
        help='results to write: humans keypoints masks; default: humans',
    )  # fmt: skip
    parser.add_argument(
        '--inputs', action='store_true', help='copy the messages that were read, too'
    )
    parser.add_argument('--pose', metavar='MODEL', help=f'default: {DEFAULT_POSE}')
    parser.add_argument(
        '--segmentation', metavar='MODEL', help=f"'' for none; default: {DEFAULT_SEGMENTATION}"
    )
    parser.add_argument(
        '--params-file', type=Path, metavar='YAML', help='parameters of perception_node'
    )
    parser.add_argument(
        '-j', '--jobs', type=int, default=1, metavar='N', help='bags side by side; default: 1'
    )
    parser.add_argument(
        '--check', type=Path, metavar='GOLDEN',
        help='compare the results with those of an earlier replay',
    )  # fmt: skip
    parser.add_argument(
        '--rerun', type=Path, metavar='FILE', help='record for the viewer of Rerun (.rrd), too'
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here')
    return parser


def _jobs(arguments: argparse.Namespace) -> list[Any]:
    from ros_vision_perception.tools.replay.job import Job
    from ros_vision_perception.tools.replay.parameters import read

    chosen = {'pose_model': arguments.pose, 'segmentation_model': arguments.segmentation}
    if arguments.depth:
        chosen['use_depth'] = True
    parameters = read(
        arguments.params_file, {name: value for name, value in chosen.items() if value is not None}
    )
    if parameters.target_frame:
        print(f'target_frame {parameters.target_frame} is not used: replay reads no TF')
    selection = Selection(
        arguments.image,
        arguments.camera_info,
        arguments.depth,
        arguments.begin_s,
        arguments.end_s,
    )
    bags = [bag for path in arguments.bag for bag in find_bags(path)]
    names = [bag.stem for bag in bags]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f'several bags are called {", ".join(twice)}: give one at a time')
    return [
        Job(
            bag=bag,
            output=arguments.output / bag.stem,
            selection=selection,
            topics=tuple(dict.fromkeys(arguments.topics)),
            with_inputs=arguments.inputs,
            parameters=parameters,
            rerun=arguments.rerun,
        )
        for bag in bags
    ]


def find_bags(path: Path) -> list[Path]:
    """Return the bags at a path: itself, or those in the folder, by name.

    Raises:
        ConfigurationError: when there is none.
    """
    if not path.is_dir() or (path / 'metadata.yaml').is_file():
        return [path]
    bags = [bag for bag in sorted(path.iterdir()) if _is_bag(bag)]
    if not bags:
        raise ConfigurationError(
            f'no bag in {path}: expected folders with metadata.yaml, or .mcap, .db3 or .bag files'
        )
    return bags


def _is_bag(path: Path) -> bool:
    return (path / 'metadata.yaml').is_file() or path.suffix in ('.mcap', '.db3', '.bag')


def _total(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    dropped: dict[str, int] = {}
    for row in rows:
        for cause, count in row['dropped'].items():
            dropped[cause] = dropped.get(cause, 0) + count
    sums = {name: sum(row[name] for row in rows) for name in ('frames', 'results', 'tracks')}
    return {**sums, 'dropped': dropped}
