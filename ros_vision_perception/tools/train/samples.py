"""Windows with what goes on in them, as a network learns from them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ros_vision_perception.core.activity import LAG_S, windows
from ros_vision_perception.tools.train.motions import script
from ros_vision_perception.tools.train.views import Watched, history_of, watch

_SCRIPT_S = 20.0
# So many looks must have come before one is judged.
_PAST = 8


@dataclass(frozen=True)
class Samples:
    """N windows.

    Attributes:
        windows: (N, STEPS, FEATURES) float32.
        labels: (N, C) bool, of ACTIVITIES.
        known: (N, C) bool, of which of them it is known whether they go on; all where made up.
        is_clear: (N,) bool, whether nothing begins or ends just then.
        clips: (N,) int, which clip they are of, in order.
        times_s: (N,) s since the clip began, of which the labels are.
        weights: (N,) how much each counts, those that are made up 1.
    """

    windows: np.ndarray
    labels: np.ndarray
    known: np.ndarray
    is_clear: np.ndarray
    clips: np.ndarray
    times_s: np.ndarray
    weights: np.ndarray

    def take(self, rows: np.ndarray) -> 'Samples':
        """Return some of them."""
        return Samples(*(getattr(self, name)[rows] for name in _FIELDS))


_FIELDS = tuple(field.name for field in fields(Samples))


def make(clip_count: int, seed: int) -> Samples:
    """Return all windows of so many made-up clips; another seed, other clips."""
    return join(
        [_samples_of(np.random.default_rng((seed, clip)), clip) for clip in range(clip_count)]
    )


def join(parts: Sequence[Samples]) -> Samples:
    """Return the windows of all parts."""
    return Samples(*(np.concatenate([getattr(one, name) for one in parts]) for name in _FIELDS))


def samples_of(watched: Watched, known: np.ndarray, clip: int) -> Samples:
    """Return the windows of one clip, but for its first second, in which too little was seen.

    Args:
        watched: F looks at it.
        known: (F, C) bool, of which of the labels are known.
        clip: its number.
    """
    times_s = watched.times_s
    then = np.abs(times_s[:, None] - (times_s[_PAST:] - LAG_S)).argmin(axis=0)
    return Samples(
        windows(history_of(watched))[_PAST:],
        watched.labels[then],
        known[then],
        watched.is_clear[then],
        np.full(len(then), clip),
        times_s[then],
        np.ones(len(then)),
    )


def _samples_of(rng: np.random.Generator, clip: int) -> Samples:
    watched = watch(rng, script(rng, _SCRIPT_S))
    return samples_of(watched, np.ones_like(watched.labels), clip)
