"""What people do over time: walk, fall, kick and so on, from where their joints were lately.

The looks of the last two seconds are resampled to even steps of their stamps, in lengths of the
body; a network tells the probabilities. The network is given: this file knows no runtime.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.human import Posture
from ros_vision_perception.core.posture import POSTURES
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.view import View

ACTIVITIES = (
    'walking', 'running', 'standing_still', 'sitting_down', 'standing_up', 'falling', 'fallen',
    'jumping', 'kicking', 'throwing', 'waving', 'reaching',
)  # fmt: skip
# What is told is how it was so long ago: what comes after tells a kick from a step, s.
LAG_S = 0.3
# `waving` is named by `gestures`, at once.
LATE = frozenset(ACTIVITIES) - {'waving'}
# A window has so many steps of this length, s, of so many numbers.
STEPS, _STEP_S = 20, 0.1
JOINTS = (
    'nose', *(
        f'{side}_{part}'
        for part in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
        for side in ('left', 'right')
    ),
)  # fmt: skip
FEATURES = 4 * len(JOINTS) + 2
_HIPS = [JOINTS.index('left_hip'), JOINTS.index('right_hip')]
# A tenth of a height is about this much to the network, and nothing is more than that.
_SPREAD, _FARTHEST = 4.0, 8.0
# Looks that are kept; between two that are farther apart nothing is known, s.
_LOOKS, _GAP_S = 24, 0.4
# From here on an activity is named. Falls, jumps and kicks must be surer: they are rare.
_SURE = np.array([0.5, 0.7, 0.5, 0.7, 0.7, 0.85, 0.7, 0.8, 0.9, 0.8, np.inf, 0.8])
# How far the joints that an activity needs must be seen on average, half a second before and
# after, and which these are: legs, an arm, or the trunk. `waving` is named by `gestures`.
_SEEN = 0.5
_LEGS = [JOINTS.index(f'{s}_{p}') for p in ('hip', 'knee', 'ankle') for s in ('left', 'right')]
_TRUNK = [JOINTS.index(f'{s}_{p}') for p in ('shoulder', 'hip') for s in ('left', 'right')]
_ARMS = [
    [JOINTS.index(f'{s}_{p}') for p in ('shoulder', 'elbow', 'wrist')] for s in ('left', 'right')
]
_FALLEN, _LYING = ACTIVITIES.index('fallen'), POSTURES.index(Posture.LYING)
_BY_ARMS = np.isin(ACTIVITIES, ('throwing', 'waving', 'reaching'))

# (T, STEPS, FEATURES) float32 windows -> (T, C) probabilities of ACTIVITIES.
Classify = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class History:
    """Where the joints of T people were at the last L looks, the latest last.

    Attributes:
        times_s: (T, L) of the looks, -infinity where there was none.
        joints: (T, L, J, 4) of `JOINTS`: x, y and deviation in px, and how far to believe it.
        heights_px: (T, L) of the people.
    """

    times_s: np.ndarray
    joints: np.ndarray
    heights_px: np.ndarray


def no_history(people: int) -> History:
    """Return that of people who were never seen."""
    return History(
        np.full((people, _LOOKS), -np.inf),
        np.zeros((people, _LOOKS, len(JOINTS), 4)),
        np.ones((people, _LOOKS)),
    )


def no_activities(people: int) -> np.ndarray:
    """Return the (T, C) probabilities of `ACTIVITIES` of people who were never seen."""
    return np.zeros((people, len(ACTIVITIES)))


def look(history: History, view: View, time_s: float) -> History:
    """Return the history with one more look."""
    rows = _rows(view.skeleton)
    if rows is None:
        return history
    deviations = np.sqrt(view.variances[:, rows])[..., None]
    now = (
        np.full(len(view.scales), time_s),
        np.concatenate(
            (view.positions_xy[:, rows], deviations, view.trust[:, rows, None]), axis=-1
        ),
        view.heights_px,
    )
    before = history.times_s, history.joints, history.heights_px
    return History(
        *(
            np.concatenate((old[:, 1:], new[:, None]), axis=1)
            for old, new in zip(before, now, strict=True)
        )
    )


@lru_cache(maxsize=8)
def _rows(skeleton: Skeleton) -> list[int] | None:
    names = skeleton.joint_names
    return [names.index(name) for name in JOINTS] if set(JOINTS) <= set(names) else None


def windows(history: History) -> np.ndarray:
    """Return (T, STEPS, FEATURES) float32, what the network sees; the latest look last.

    Of each joint x and y from the middle of the hips, in heights of the body; the deviation; and
    how far to believe it. What is not to be believed is 0. Then x and y of the hips from where
    they are at the last step.
    """
    times = history.times_s
    at = times[:, -1:] + np.arange(1 - STEPS, 1) * _STEP_S
    # Looks to the left and to the right of each step.
    right = (times[:, None] < at[..., None] - 1e-6).sum(axis=-1).clip(1, _LOOKS - 1)
    people = np.arange(len(times))[:, None]
    first, last = times[people, right - 1], np.maximum(times[people, right], -1e9)
    first = np.where(np.isfinite(first), first, last)
    spans = last - first
    share = np.where(spans > 0, (at - first) / np.maximum(spans, 1e-6), 1.0)
    share = share.clip(0.0, 1.0)[..., None, None]
    before, after = history.joints[people, right - 1], history.joints[people, right]
    joints = before + share * (after - before)
    known = (last > -1e9) & (at > first - 1e-6) & (at < last + 1e-6)
    known &= (spans < _GAP_S) | (at > last - 1e-6)
    trust = np.where(known[..., None], np.minimum(before[..., 3], after[..., 3]), 0.0)
    trust = np.where(share[..., 0] == 1.0, np.where(known[..., None], after[..., 3], 0.0), trust)
    return _normalised(joints[..., :2], joints[..., 2], trust, _heights(history))


def _heights(history: History) -> np.ndarray:
    """Return (T,) px, mean of what was seen."""
    looked = np.isfinite(history.times_s)
    total = (history.heights_px * looked).sum(axis=1)
    return np.maximum(total / np.maximum(looked.sum(axis=1), 1), 1.0)


def _normalised(
    places: np.ndarray, deviations: np.ndarray, trust: np.ndarray, heights: np.ndarray
) -> np.ndarray:
    """Return the features from places (T, STEPS, J, 2) px and so on."""
    middles = _middles(places, trust)
    known = trust.max(axis=2, keepdims=True) > 0
    scales = heights[:, None, None, None] / _SPREAD
    off = (places - middles[:, :, None]) / scales
    way = (middles - middles[:, -1:]) / scales[..., 0] * known
    features = np.concatenate(
        (
            off.clip(-_FARTHEST, _FARTHEST),
            (deviations[..., None] / scales).clip(0, _FARTHEST),
            np.ones_like(trust)[..., None],
        ),
        axis=-1,
    )
    believed = (features * trust[..., None]).reshape(*trust.shape[:2], FEATURES - 2)
    return np.concatenate((believed, way.clip(-_FARTHEST, _FARTHEST)), axis=-1).astype(np.float32)


def _middles(places: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Return (T, STEPS, 2) px the middle of the hips; where they are not seen, of what is."""
    hips = np.zeros(len(JOINTS))
    hips[_HIPS] = 1.0
    # What is not seen either has a say where nothing else has.
    weights = trust * (hips + 1e-3) + 1e-9
    weights = weights / weights.sum(axis=2, keepdims=True)
    return (places * weights[..., None]).sum(axis=2)


def judge(history: History, postures: np.ndarray, classify: Classify) -> np.ndarray:
    """Return the (T, C) probabilities of `ACTIVITIES`, 0 where nothing that is seen tells.

    Args:
        history: with the look of now.
        postures: (T, 5) probabilities of `POSTURES`.
        classify: the network.
    """
    seen = windows(history)
    doing = told(seen, classify(seen))
    # Much that is no person seems to lie there.
    doing[:, _FALLEN] = np.minimum(doing[:, _FALLEN], postures[:, _LYING])
    return doing


def joints_of(seen: np.ndarray) -> np.ndarray:
    """Return the (T, STEPS, J, 4) joints in windows."""
    return seen[..., :-2].reshape(len(seen), STEPS, len(JOINTS), 4)


def told(seen: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the (T, C) probabilities, 0 where the joints that would show it are not seen.

    Args:
        seen: (T, STEPS, FEATURES) the windows.
        probabilities: (T, C) from the network.
    """
    trust = joints_of(seen)[:, -9:, :, 3].mean(axis=1)
    # A leg may be behind the other one.
    legs = np.minimum(trust[:, _TRUNK].mean(axis=1), trust[:, _LEGS].mean(axis=1)) > _SEEN
    arms = np.max([trust[:, arm].min(axis=1) for arm in _ARMS], axis=0) > _SEEN
    return probabilities * np.where(_BY_ARMS, arms[:, None], legs[:, None])


def is_named(probabilities: np.ndarray) -> np.ndarray:
    """Return (T, C) bool, of which activities people are surely enough told to do them."""
    return probabilities >= _SURE


def name_activities(probabilities: np.ndarray) -> list[dict[str, float]]:
    """Return the activities of each person with their probabilities, from (T, C)."""
    return [
        {ACTIVITIES[c]: float(row[c]) for c in np.flatnonzero(is_sure)}
        for row, is_sure in zip(probabilities, is_named(probabilities), strict=True)
    ]
