"""Motion of a body: angles that go smoothly through given poses."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.activity import ACTIVITIES
from ros_vision_perception.tools.train.body import ANGLES, COLUMN

FPS = 30
Values = dict[str, float]
# Arms that hang.
ARMS: Values = {'left_elbow': 0.25, 'right_elbow': 0.25, 'left_lift': 0.1, 'right_lift': 0.1}


@dataclass(frozen=True)
class Motion:
    """What a body does for F frames.

    Attributes:
        angles: (F, A) rad.
        flights: (F,) body heights off the ground.
        speeds: (F,) body heights per s, ahead.
        labels: (F, C) bool, of `ACTIVITIES`.
    """

    angles: np.ndarray
    flights: np.ndarray
    speeds: np.ndarray
    labels: np.ndarray


def join(parts: list[Motion]) -> Motion:
    """Return one motion after the other; angles go smoothly from each to the next."""
    angles = np.concatenate([part.angles for part in parts])
    yaw, ends = COLUMN['yaw'], np.cumsum([len(part.flights) for part in parts])
    for end in ends[:-1]:
        # Nobody turns back between two things that they do.
        angles[end:, yaw] += angles[end - 1, yaw] - angles[end, yaw]
    kernel = np.hanning(9)[1:-1] / np.hanning(9).sum()
    padded = np.pad(angles, ((3, 3), (0, 0)), mode='edge')
    smooth = np.stack([np.convolve(column, kernel, 'valid') for column in padded.T], axis=1)
    flights, speeds, labels = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ('flights', 'speeds', 'labels')
    )
    return Motion(smooth, flights, np.convolve(speeds, np.ones(9) / 9, 'same'), labels)


def motion(
    frames: int,
    moves: Mapping[str, np.ndarray | float],
    names: tuple[str, ...] = (),
    during: np.ndarray | slice = slice(None),
    flights: np.ndarray | None = None,
    speed: float = 0.0,
) -> Motion:
    """Return a motion of these angles; the activities take place during some of its frames."""
    angles = np.zeros((frames, len(ANGLES)))
    for name, values in {**ARMS, **moves}.items():
        angles[:, COLUMN[name]] = values
    labels = np.zeros((frames, len(ACTIVITIES)), bool)
    for name in names:
        labels[during, ACTIVITIES.index(name)] = True
    flights = np.zeros(frames) if flights is None else flights
    return Motion(angles, flights, np.full(frames, speed), labels)


def eased(frames: int, keys: list[tuple[float, float]]) -> np.ndarray:
    """Return values (F,) that go smoothly through (share of the time, value)."""
    times, values = np.array(keys).T
    at = np.linspace(0, 1, frames)
    spans = (np.searchsorted(times, at, 'right') - 1).clip(0, len(times) - 2)
    ramp = ((at - times[spans]) / (times[spans + 1] - times[spans])).clip(0, 1)
    return values[spans] + (values[spans + 1] - values[spans]) * ramp**2 * (3 - 2 * ramp)


def between(
    frames: int, first: Values, last: Values, keys: list[tuple[float, float]]
) -> dict[str, np.ndarray]:
    """Return the angles on the way from one pose (0) to another (1)."""
    share = eased(frames, keys)
    return {
        name: first.get(name, 0.0) + share * (last.get(name, 0.0) - first.get(name, 0.0))
        for name in {**ARMS, **first, **last}
    }


def random_frames(rng: np.random.Generator, least_s: float, most_s: float) -> int:
    """Return how many frames something takes, between two times."""
    return int(rng.uniform(least_s, most_s) * FPS)


def random_side(rng: np.random.Generator) -> tuple[str, str]:
    """Return a side, and the other one."""
    return ('left', 'right') if rng.random() < 0.5 else ('right', 'left')


def fidget(rng: np.random.Generator, frames: int, size: float) -> np.ndarray:
    """Return a slow random motion (F,) rad."""
    keys = max(frames // 12, 2)
    return eased(
        frames, list(zip(np.linspace(0, 1, keys), rng.normal(0, size, keys), strict=True))
    )
