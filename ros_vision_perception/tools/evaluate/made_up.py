"""How well activities are told in made-up clips from which nothing was learned."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ros_vision_perception.core.activity import (
    ACTIVITIES,
    LATE,
    Classify,
    is_named,
    told,
)
from ros_vision_perception.tools.train.samples import Samples, make

# No clip is learned from that has this seed.
_SEED = 1_000_000
# What pauses for no longer than this goes on, s.
_PAUSE_S = 0.35
# Of an event that is not seen for more than half of it nothing is expected.
_SEEN = 0.5
Span = tuple[float, float]


def figures(classify: Classify, clip_count: int) -> dict[str, Any]:
    """Return precision, recall and F1 of each activity, over looks and over events."""
    samples = make(clip_count, _SEED)
    named, could = what_is_named(samples.windows, classify)
    table: dict[str, Any] = {}
    for column, name in enumerate(ACTIVITIES):
        if name not in LATE:
            continue
        clear = samples.is_clear & could[:, column]
        truths, said = samples.labels[clear, column], named[clear, column]
        table[name] = {
            **rates(int((truths & said).sum()), int(truths.sum()), int(said.sum())),
            'events': _events(samples, could[:, column], named[:, column], column),
        }
    return table


def what_is_named(windows: np.ndarray, classify: Classify) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, C) bool of windows: which activities are named, and which could be seen."""
    parts = np.array_split(windows, max(len(windows) // 500, 1))
    probabilities = told(windows, np.concatenate([classify(one) for one in parts]))
    return is_named(probabilities), told(windows, np.ones_like(probabilities)) > 0


def rates(right: int, true: int, said: int) -> dict[str, Any]:
    """Return precision, recall and F1 of how many are right, true, and said."""
    return {
        'precision': right / said if said else None,
        'recall': right / true if true else None,
        'f1': 2 * right / max(true + said, 1),
        'true': true,
    }


def _events(samples: Samples, could: np.ndarray, said: np.ndarray, column: int) -> dict[str, Any]:
    """Return the rates of events: one is right if it overlaps with a true one."""
    found = missed = false = unseen = 0
    for clip in np.unique(samples.clips):
        rows = samples.clips == clip
        times = samples.times_s[rows]
        ours = list(spans(times, said[rows]))
        for truth in spans(times, samples.labels[rows, column]):
            inside = could[rows][(times >= truth[0]) & (times <= truth[1])]
            if any(_overlap(truth, one) for one in ours):
                found += 1
            elif inside.mean() < _SEEN:
                unseen += 1
            else:
                missed += 1
        truths = list(spans(times, samples.labels[rows, column]))
        false += sum(not any(_overlap(one, truth) for truth in truths) for one in ours)
    return {**rates(found, found + missed, found + false), 'unseen': unseen}


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def spans(times: np.ndarray, is_on: np.ndarray) -> Iterator[Span]:
    """Yield from when to when something is on, F times."""
    on = times[is_on]
    if len(on) == 0:
        return
    ends = np.flatnonzero(np.diff(on) > _PAUSE_S)
    starts = [0, *(ends + 1)]
    for first, last in zip(starts, [*ends, len(on) - 1], strict=True):
        yield float(on[first]), float(on[last])
