"""What people do, frame by frame, in clips in which somebody wrote it down, or in recordings."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any

import numpy as np
import yaml

from ros_vision_perception.core.activity import LAG_S, LATE
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import Humans, TrackState
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.tools.evaluate import clip_people, recorded
from ros_vision_perception.tools.evaluate.made_up import figures as made_up_figures

# So near to the begin or the end of an activity nobody can say whether it is on, s; and two that
# are so near to each other are one.
_COLLAR_S, _PAUSE_S = 0.15, 0.2
_KEYS = {'during', 'unclear', 'times'}
# From where on somebody faces the camera.
_FACING = 0.5
_RAISED = {'left_arm_raised', 'right_arm_raised'}
Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Label:
    """When an activity takes place in a clip.

    Attributes:
        during: begins and ends, s.
        unclear: when that cannot be said.
        times: how often it happens; None where nobody counted.
    """

    during: Spans = ()
    unclear: Spans = ()
    times: int | None = None


@dataclass(frozen=True)
class Judged:
    """An activity in a clip.

    Attributes:
        activity: its name.
        truths, said: (F,) bool, of the frames of which the truth is known.
        times: how often it happens, and how often it is said to; None where nobody counted.
    """

    activity: str
    truths: np.ndarray
    said: np.ndarray
    times: tuple[int, int] | None


def read_labels(path: Path) -> dict[str, dict[str, Label]]:
    """Return the labels in a YAML file by clip and activity.

    Raises:
        ConfigurationError: when it is no such file.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding='utf-8'))
        return {
            clip: {name: _label(entry) for name, entry in activities.items()}
            for clip, activities in document.items()
        }
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigurationError(f'{path} cannot be read: {reason}') from error
    except (TypeError, ValueError) as error:
        expected = (
            'expected clip: {activity: {during: [[begin, end], ...], unclear: ..., times: N}}'
        )
        raise ConfigurationError(f'{path}: {expected}; {error}') from error


def _label(entry: Mapping[str, Any]) -> Label:
    if unknown := set(entry) - _KEYS:
        raise ValueError(f'got {", ".join(map(str, sorted(unknown)))}')
    during, unclear = (
        tuple((float(begin), float(end)) for begin, end in entry.get(key, ()))
        for key in ('during', 'unclear')
    )
    return Label(during, unclear, entry.get('times'))


def activities_of(humans: Humans) -> set[str]:
    """Return what anybody who is confirmed does."""
    people = [one for one in humans.people if one.track_state == TrackState.CONFIRMED]
    names = {name for human in people for name in human.activities}
    if any(human.facing_probability > _FACING for human in people):
        names.add('facing')
    return names | {'arm_raised'} if names & _RAISED else names


def judge(
    activity: str, label: Label, times_s: Sequence[float], said: Sequence[set[str]]
) -> Judged:
    """Compare what is said of the frames of a clip with one label."""
    times = np.array(times_s)
    ours = np.array([activity in names for names in said], bool)
    truths, clear = _within(times, label.during), ~_within(times, label.unclear)
    edges = np.array([*label.during, *label.unclear]).reshape(-1)
    # Nothing begins with the clip, or ends.
    edges = edges[(edges > times[0] + _COLLAR_S) & (edges < times[-1] - _COLLAR_S)]
    clear &= (np.abs(times[:, None] - edges) > _COLLAR_S).all(axis=1)
    counts = None if label.times is None else (label.times, count(times, ours))
    return Judged(activity, truths[clear], ours[clear], counts)


def _judge(
    activity: str, label: Label, times_s: Sequence[float], said: Sequence[set[str]]
) -> Judged:
    """Compare with a label; what is told late is of the time before."""
    lag_s = LAG_S if activity in LATE else 0.0
    kept = [(time - lag_s, names) for time, names in zip(times_s, said, strict=True)]
    kept = [(time, names) for time, names in kept if time >= 0]
    return judge(activity, label, [time for time, _ in kept], [names for _, names in kept])


def _within(times: np.ndarray, spans: Spans) -> np.ndarray:
    inside = [(times >= begin) & (times <= end) for begin, end in spans]
    return np.any(inside, axis=0) if inside else np.zeros(len(times), bool)


def count(times: np.ndarray, is_on: np.ndarray) -> int:
    """Return how often something that is on at some of the times (F,) begins."""
    on = times[is_on]
    return int(len(on) > 0) + int((np.diff(on) > _PAUSE_S).sum())


def figures(judged: Iterable[Judged]) -> dict[str, Any]:
    """Return precision and recall of each activity over the frames of all clips."""
    table: dict[str, Any] = {}
    by_name: dict[str, list[Judged]] = {}
    for one in judged:
        by_name.setdefault(one.activity, []).append(one)
    for name, clips in sorted(by_name.items()):
        truths = np.concatenate([one.truths for one in clips])
        said = np.concatenate([one.said for one in clips])
        right = int((truths & said).sum())
        table[name] = {
            'precision': right / int(said.sum()) if said.any() else None,
            'recall': right / int(truths.sum()) if truths.any() else None,
            'f1': 2 * right / max(int(said.sum() + truths.sum()), 1) if truths.any() else None,
            'frames': len(truths),
            'frames_true': int(truths.sum()),
            'frames_said': int(said.sum()),
        }
        counted = [one.times for one in clips if one.times is not None]
        if counted:
            table[name]['times'] = sum(true for true, _ in counted)
            table[name]['times_said'] = sum(ours for _, ours in counted)
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument(
        '--labels', type=Path, metavar='YAML',
        help='clip: {activity: {during: [[begin, end], ...]}}',
    )  # fmt: skip
    parser.add_argument('--videos', type=Path, metavar='DIR', help='in which the clips are')
    recorded.add_arguments(parser)
    parser.add_argument(
        '--made-up', type=int, default=0, metavar='N', help='also on so many made-up clips of 20 s'
    )
    clip_people.add_arguments(parser)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name and the figures.

    Raises:
        ConfigurationError: when it is not told on what.
    """
    classify = load_activity(arguments.activity)
    table = {} if arguments.labels is None else _of_clips(arguments)
    if arguments.made_up and classify is not None:
        table['made_up'] = made_up_figures(classify, arguments.made_up)
    if arguments.recordings and classify is not None:
        table['recordings'] = recorded.run(arguments, classify)
    if not table:
        raise ConfigurationError(
            'expected --labels with --videos, --recordings or --made-up, and an --activity model'
        )
    return table


def _of_clips(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of videos, and the name of the pose model."""
    if arguments.videos is None:
        raise ConfigurationError('--labels are of clips: expected --videos DIR too')
    labels = read_labels(arguments.labels)
    perception, model = clip_people.load(arguments)
    judged: list[Judged] = []
    for clip, activities in labels.items():
        print(clip, file=sys.stderr)
        seen = list(clip_people.watch(perception, arguments.videos / clip, arguments.fov))
        times_s = [humans.stamp_ns * 1e-9 for humans in seen]
        said = [activities_of(humans) for humans in seen]
        of_clip = [_judge(name, label, times_s, said) for name, label in activities.items()]
        for one in of_clip:
            wrong = int((one.truths != one.said).sum())
            print(f'  {one.activity}: {wrong} of {len(one.truths)} frames wrong', file=sys.stderr)
        judged += of_clip
    return {'model': model, **figures(judged)}
