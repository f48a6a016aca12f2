"""What would be known of recorded people on a robot: the looks of `conduct`, and their windows."""

import numpy as np

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.recordings.classes import Doing
from ros_vision_perception.tools.recordings.clip import Clip, ClipError
from ros_vision_perception.tools.recordings.people import heights_of
from ros_vision_perception.tools.train.views import Watched, followed, view_of

# Joints are looked at so often, s.
_LOOK_S = 0.1
# Recorded joints err already: little is added, heights, twice as much at the ends of limbs; and
# so much of a change a filter takes in at once, see `train.views`.
_NOISE, _PACES = 0.004, (0.55, 0.95)
_ENDS = np.array([name.endswith(('wrist', 'ankle')) for name in COCO17.joint_names])


def watch(
    rng: np.random.Generator, clip: Clip, person: int, fps: float, doing: Doing
) -> tuple[Watched, np.ndarray]:
    """Return looks at one person, and of which labels are known (F, C) bool.

    What is missing goes on beside the body, unseen, as in the fusion.

    Raises:
        ClipError: when no bone is seen.
    """
    points, seen = clip.points_xy[person], clip.seen[person]
    found = np.flatnonzero(seen.any(axis=1))
    heights = heights_of(points, seen)
    if not np.isfinite(heights).any():
        raise ClipError('no bone seen', 'no two joints of one bone are seen')
    step = max(int(np.ceil(_LOOK_S * fps - 1e-6)), 1)
    rows = np.arange(found[0] + int(rng.integers(step)), found[-1] + 1, step)
    if len(rows) == 0:
        raise ClipError('too short', 'nobody is seen long enough for one look')
    heights, p_visible = _filled(heights)[rows], seen[rows]
    manner = _NOISE * (1 + _ENDS), float(rng.uniform(*_PACES))
    whole = _whole(points)[rows]
    positions, deviations = followed(rng, whole, heights, p_visible, manner)
    deviations = np.hypot(deviations, heights[:, None] * clip.doubts)
    view = view_of((positions, deviations), p_visible, heights, np.array(clip.image_size))
    labels, known = doing.at(rows / max(len(points) - 1, 1))
    times_s = (rows - rows[:1]) / fps
    return Watched(times_s, view, labels, np.ones(len(rows), bool)), known


def _whole(points_xy: np.ndarray) -> np.ndarray:
    """Return points (F, 17, 2) without gaps; joints that are never seen are in the middle."""
    columns = points_xy.reshape(len(points_xy), -1)
    whole = np.stack([_filled(column) for column in columns.T], axis=1).reshape(points_xy.shape)
    middle = np.nanmean(whole, axis=1, keepdims=True)
    return np.where(np.isfinite(whole), whole, middle)


def _filled(values: np.ndarray) -> np.ndarray:
    """Return values (F,) with straight lines in their gaps; all NaN if they are."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) == 0:
        return values
    return np.interp(np.arange(len(values)), known, values[known])
