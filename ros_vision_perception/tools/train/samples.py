"""Windows with what goes on in them, as a network learns from them."""

from dataclasses import dataclass

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
        is_clear: (N,) bool, whether nothing begins or ends just then.
        clips: (N,) int, which made-up clip they are of, in order.
        times_s: (N,) s since the clip began, of which the labels are.
    """

    windows: np.ndarray
    labels: np.ndarray
    is_clear: np.ndarray
    clips: np.ndarray
    times_s: np.ndarray


def make(clip_count: int, seed: int) -> Samples:
    """Return all windows of so many made-up clips; another seed, other clips."""
    parts = [_samples_of(np.random.default_rng((seed, clip)), clip) for clip in range(clip_count)]
    names = 'windows', 'labels', 'is_clear', 'clips', 'times_s'
    return Samples(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def _samples_of(rng: np.random.Generator, clip: int) -> Samples:
    watched: Watched = watch(rng, script(rng, _SCRIPT_S))
    times_s = watched.times_s
    then = np.abs(times_s[:, None] - (times_s[_PAST:] - LAG_S)).argmin(axis=0)
    return Samples(
        windows(history_of(watched))[_PAST:],
        watched.labels[then],
        watched.is_clear[then],
        np.full(len(then), clip),
        times_s[then],
    )
