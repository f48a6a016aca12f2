"""Runs the perception on recorded bags, without a middleware, and writes bags of results."""

import argparse
from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import time
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.replay import arguments as command_line


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = command_line.parse(argv)
    return _publish(arguments) if arguments.live else _write(arguments)


def _write(arguments: argparse.Namespace) -> int:
    # Only now: --help needs no ROS.
    from ros_vision_perception.tools.replay import check, rerun_file, work
    from ros_vision_perception.tools.replay.job import Job, forget
    from ros_vision_perception.tools.replay.player import Copied

    copied = Copied.INPUTS if arguments.inputs else Copied.NOTHING
    recipes = _recipes(arguments, copied)
    jobs = [Job(recipe, arguments.output / recipe.bag.stem, arguments.rerun) for recipe in recipes]
    if (arguments.check or arguments.rerun) and len(jobs) != 1:
        raise ConfigurationError(f'got {len(jobs)} bags, expected one for --check and --rerun')
    if arguments.rerun:
        rerun_file.require()
    if arguments.check:
        if not arguments.check.exists():
            raise ConfigurationError(f'--check: no bag {arguments.check}')
        # What is asked is what comes out now, not what did before a change.
        forget(jobs[0])
    begun_s = time.perf_counter()
    figures = work.run_all(jobs, arguments.jobs or 1, arguments.ray)
    seconds = _tell(figures, begun_s, arguments.json)
    print(f'{seconds:.1f} s, {arguments.output.resolve()}')
    return check.main(jobs[0], arguments.check) if arguments.check else 0


def _publish(arguments: argparse.Namespace) -> int:
    from ros_vision_perception.tools.replay import live
    from ros_vision_perception.tools.replay.player import Copied

    begun_s = time.perf_counter()
    figures = live.run_all(
        _recipes(arguments, Copied.EVERYTHING),
        arguments.rate or 1.0,
        ['--ros-args', *(arguments.ros_args or ())],
        loop=arguments.loop,
    )
    _tell(figures, begun_s, arguments.json)
    return 0


def _tell(figures: Mapping[str, dict[str, Any]], begun_s: float, path: Path | None) -> float:
    """Say how it went, write it where asked to, and return how long it took, s."""
    seconds = time.perf_counter() - begun_s
    for name, row in figures.items():
        said = ', '.join(f'{cause} {count}' for cause, count in row['dropped'].items())
        print(
            f'{name}: {row["frames"]} frames, {row["results"]} results, {row["tracks"]} tracks, '
            f'dropped: {said or "none"}'
        )
    if path:
        total = {'seconds': seconds, 'bags': figures, **_total(list(figures.values()))}
        path.write_text(json.dumps(total, indent=2))
    return seconds


def _recipes(arguments: argparse.Namespace, copied: Any) -> list[Any]:
    from ros_vision_perception.tools.replay.inputs import Selection
    from ros_vision_perception.tools.replay.parameters import read
    from ros_vision_perception.tools.replay.player import Recipe

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
    topics = tuple(dict.fromkeys(arguments.topics))
    return [Recipe(bag, selection, topics, copied, parameters) for bag in bags]


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
