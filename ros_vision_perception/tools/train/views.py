"""Cameras that watch a made-up body, and what a fusion would know of its joints."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.activity import History, look, no_history
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.view import View
from ros_vision_perception.tools.train.body import COLUMN, place
from ros_vision_perception.tools.train.motion import FPS, Motion

_SIZE = np.array([640.0, 480.0])
_HEIGHT_M = 1.7
_LEGS = np.array([name.endswith(('hip', 'knee', 'ankle')) for name in COCO17.joint_names])
_ENDS = np.array([name.endswith(('wrist', 'ankle')) for name in COCO17.joint_names])


@dataclass(frozen=True)
class Watched:
    """What is known of the joints of one body, F looks.

    Attributes:
        times_s: (F,) of the looks.
        view: the looks, as if they were people.
        labels: (F, C) bool, what the body does.
        is_clear: (F,) bool, whether nothing begins or ends just then.
    """

    times_s: np.ndarray
    view: View
    labels: np.ndarray
    is_clear: np.ndarray


def watch(rng: np.random.Generator, motion: Motion) -> Watched:
    """Return what one camera sees of a motion, at looks like those of `conduct`."""
    count = len(motion.flights)
    step = rng.choice((3.0, 3.0, 3.0, 3.75, 3.6, 4.0))
    looks = np.unique((np.arange(0, count - 1, step) + rng.uniform(0, 1)).astype(int))
    joints_m = _figure(rng, motion)
    exact, per_m = _project(rng, joints_m, looks)
    heights = _HEIGHT_M * per_m
    p_visible = _covered(rng, exact, heights)
    joints = _believed(rng, exact, heights, p_visible)
    changes = np.abs(np.diff(motion.labels.astype(int), axis=0)).any(axis=1)
    near = np.convolve(changes, np.ones(7), 'same')[looks.clip(0, count - 2)] > 0
    return Watched(
        looks / FPS, view_of(joints, p_visible, heights, _SIZE), motion.labels[looks], ~near
    )


def view_of(
    joints: tuple[np.ndarray, np.ndarray],
    p_visible: np.ndarray,
    heights: np.ndarray,
    size: np.ndarray,
) -> View:
    """Return one body at F looks as if each look were a person.

    Args:
        joints: where they are (F, 17, 2) and their deviations (F, 17), px.
        p_visible: (F, 17) how likely joints are seen, those near the border not yet doubted.
        heights: (F,) px.
        size: (2,) px of the image.
    """
    positions, deviations = joints
    inside = np.minimum(positions, size - 1 - positions).min(axis=-1)
    scales = heights / 2.3
    p_visible = p_visible * (inside / (0.2 * scales[:, None])).clip(0, 1)
    nothing = np.full((*p_visible.shape, 3), np.nan)
    return View(
        COCO17, scales, positions, deviations**2, p_visible, p_visible,
        np.zeros_like(p_visible, bool), nothing, np.zeros_like(p_visible),
    )  # fmt: skip


def _figure(rng: np.random.Generator, motion: Motion) -> np.ndarray:
    """Return the joints (F, 17, 3) m of somebody of random build who goes through a motion."""
    angles = motion.angles.copy()
    # Some come straight to the camera, or go straight away from it.
    along = rng.choice((0.0, np.pi)) + rng.normal(0, 0.25)
    angles[:, COLUMN['yaw']] += along if rng.random() < 0.3 else rng.uniform(-np.pi, np.pi)
    figure = place(angles, rng.uniform(0.9, 1.12, 6), motion.flights)
    yaw = angles[:, COLUMN['yaw']]
    ahead = np.stack((np.cos(yaw), np.sin(yaw)), axis=1) * motion.speeds[:, None]
    figure[..., :2] += np.cumsum(ahead / FPS, axis=0)[:, None]
    return figure * rng.uniform(1.5, 1.95)


def _project(
    rng: np.random.Generator, joints_m: np.ndarray, looks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the looks (F, 17, 2) px, and px per m at the body (F,)."""
    middle = joints_m[:, :, :2].mean(axis=(0, 1))
    reach = np.ptp(joints_m[:, :, 0])
    height, focal = rng.choice((1.0, 1.0, 2.0)) * rng.uniform(0.4, 2.4), rng.uniform(400, 650)
    distance = reach / 2 + rng.uniform(2.3, 9.0)  # nobody walks through the camera
    seen = joints_m[looks]
    depth = seen[..., 0] - middle[0] + distance
    depth = np.maximum(depth, 0.8)
    down = height - seen[..., 2]
    tilt = np.arctan2(height - 0.85, distance) + rng.normal(0, 0.08)
    ahead = depth * np.cos(tilt) + down * np.sin(tilt)
    y = focal * (down * np.cos(tilt) - depth * np.sin(tilt)) / ahead
    x = -focal * (seen[..., 1] - middle[1]) / ahead
    roll = rng.normal(0, 0.03)
    points = np.stack(
        (x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)), -1
    )
    return points + _SIZE / 2 + _sway(rng, len(looks)), focal / ahead.mean(axis=1)


def _sway(rng: np.random.Generator, looks: int) -> np.ndarray:
    """Return (F, 1, 2) px, how a camera on a robot moves: it turns, and shakes a little."""
    if rng.random() < 0.6:
        return np.zeros((looks, 1, 2))
    times = np.arange(looks)[:, None] * 0.1
    drift = rng.normal(0, (25.0, 3.0)) * times - rng.normal(0, (25.0, 3.0))
    return (drift + rng.normal(0, 1.5, (looks, 2)))[:, None]


def _covered(rng: np.random.Generator, exact: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Return (F, 17) how likely joints are seen: behind furniture, people who pass, itself."""
    count = len(exact)
    hidden = np.zeros(exact.shape[:2], bool)
    kind = rng.random()
    if kind < 0.12:  # a table, a counter
        hidden |= (
            exact[..., 1] > np.median(exact[:, _LEGS, 1]) - rng.uniform(-0.1, 0.2) * heights[0]
        )
    elif kind < 0.3:  # somebody passes
        start = exact[..., 0].mean() - rng.uniform(1, 3) * heights[0]
        at = start + rng.choice((-1, 1)) * rng.uniform(0.05, 0.15) * heights[0] * np.arange(count)
        hidden |= np.abs(exact[..., 0] - at[:, None]) < rng.uniform(0.1, 0.25) * heights[0]
    for _ in range(rng.poisson(1.5)):  # a limb that is behind the body, or is not found
        start, joint = int(rng.integers(count)), int(rng.integers(5, 17))
        hidden[start : start + int(rng.integers(2, 15)), joint] = True
    seen = np.clip(rng.normal(0.86, 0.1, hidden.shape), 0.5, 0.96)
    return np.where(hidden, rng.uniform(0.02, 0.45, hidden.shape), seen)


def _believed(
    rng: np.random.Generator, exact: np.ndarray, heights: np.ndarray, p_visible: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a fusion makes of joints of which the pose model is mistaken at times."""
    noise = rng.uniform(0.002, 0.012) * (1 + _ENDS)
    pace = rng.uniform(0.55, 0.95)
    return followed(rng, _mistaken(rng, exact, heights), heights, p_visible, (noise, pace))


def followed(
    rng: np.random.Generator,
    exact: np.ndarray,
    heights: np.ndarray,
    p_visible: np.ndarray,
    manner: tuple[np.ndarray, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the joints are estimated (F, 17, 2) px, and how sure that is (F, 17) px.

    An estimate is late, and errs for a while in one direction; that of a joint that is not seen
    goes on as it was, beside the body, less and less sure.

    Args:
        rng: of the errors.
        exact: (F, 17, 2) px.
        heights: (F,) px.
        p_visible: (F, 17).
        manner: how much an estimate errs, (17,) heights, and which share of a change it takes in.
    """
    noise, pace = manner
    positions, deviations = exact.copy(), np.empty(exact.shape[:2])
    error, unseen = np.zeros(exact.shape[1:]), np.zeros(exact.shape[1])
    for look_, now in enumerate(exact):
        height = heights[look_]
        error = 0.6 * error + rng.normal(0, 1, error.shape) * noise[:, None] * height
        middle = now[5:13].mean(axis=0)
        before = positions[max(look_ - 1, 0)]
        is_seen = p_visible[look_] >= 0.5
        unseen = np.where(is_seen, 0.0, unseen + 0.1)
        carried = before + middle - exact[max(look_ - 1, 0), 5:13].mean(axis=0)
        carried += rng.normal(0, 0.01 * height, carried.shape)
        late = before + pace * (now + error - before)
        positions[look_] = np.where(is_seen[:, None], late, carried)
        deviations[look_] = height * (1.2 * noise + 0.02 + 0.12 * np.minimum(unseen, 2.0))
    return positions, deviations


def _mistaken(rng: np.random.Generator, exact: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Return joints (F, 17, 2) px with mistakes of pose models: far off, or left for right."""
    wrong = exact.copy()
    for _ in range(rng.poisson(2.0)):
        start, joint = int(rng.integers(len(exact))), int(rng.integers(7, 17))
        moment = slice(start, start + int(rng.integers(1, 4)))
        if rng.random() < 0.5:
            wrong[moment, joint] += rng.normal(0, 0.12, 2) * heights[start]
        else:
            wrong[moment, 13:] = wrong[moment][:, [14, 13, 16, 15]]
    return wrong


def history_of(watched: Watched) -> History:
    """Return what is known at each look, as if each look were a person."""
    count = len(watched.times_s)
    single = look(no_history(count), watched.view, 0.0)
    length = single.times_s.shape[1]
    rows = np.arange(count)[:, None] + np.arange(1 - length, 1)
    past = rows.clip(0)
    return History(
        np.where(rows >= 0, watched.times_s[past], -np.inf),
        single.joints[past, -1] * (rows >= 0)[..., None, None],
        single.heights_px[past, -1],
    )
