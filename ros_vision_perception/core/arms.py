"""Arms as gestures need them: hands and elbows from the shoulders, in body heights, y up."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.view import View

_HEIGHT_M = 1.7
# Bodies differ: no length is better known than this, heights. The errors of the joints of one arm
# are alike: of their difference this share is left.
_SOFT, APART = 0.02, 0.6


@dataclass(frozen=True)
class Arms:
    """The left and the right arm of T people, lengths in body heights.

    Attributes:
        hands, elbows: (T, 2, 2) from the shoulder: outwards from the body in the image, and up.
        fingers: (T, 2, 2) from the wrist; NaN where the skeleton has none.
        hands_from_head: (T, 2, 2) from the middle of the head.
        deviations: (T, 2) standard deviation of these.
        hands_3d, elbows_3d: (T, 2, 3) the same in space: right in the image, up, away from the
            camera; NaN where unknown.
        deviations_3d: (T, 2).
        seen: (T, 2) how far hand, elbow and shoulder are seen: 1 if more likely than not.
    """

    hands: np.ndarray
    elbows: np.ndarray
    fingers: np.ndarray
    hands_from_head: np.ndarray
    deviations: np.ndarray
    hands_3d: np.ndarray
    elbows_3d: np.ndarray
    deviations_3d: np.ndarray
    seen: np.ndarray


def arms_of(view: View) -> Arms:
    """Return the arms of everyone; the skeleton must have shoulders, elbows, wrists and ears."""
    shoulders, elbows, wrists, ears, fingers = joints = joints_of_arms(view.skeleton)
    heights = view.heights_px[:, None, None]
    places = view.positions_xy * (1, -1)
    widths = places[:, shoulders[0], 0] - places[:, shoulders[1], 0]
    outwards = np.where(widths >= 0, 1.0, -1.0)[:, None] * (1, -1)
    signs = np.stack((outwards, np.ones_like(outwards)), axis=-1)

    def off(joint: np.ndarray, origin: np.ndarray) -> np.ndarray:
        return (joint - origin) / heights * signs

    at_shoulders, heads = places[:, shoulders], places[:, ears].mean(axis=1, keepdims=True)
    ends = np.concatenate(joints[:3])
    variances = view.variances[:, ends].reshape(-1, 3, 2).max(axis=1) / heights[..., 0] ** 2
    unsure = view.depth_variances[:, ends].reshape(-1, 3, 2).max(axis=1) / _HEIGHT_M**2
    in_space = view.positions_m * (np.array([1, -1, 1]) / _HEIGHT_M)
    hands = places[:, wrists]
    return Arms(
        hands=off(hands, at_shoulders),
        elbows=off(places[:, elbows], at_shoulders),
        fingers=off(places[:, fingers], hands) if len(fingers) else np.full_like(hands, np.nan),
        hands_from_head=off(hands, heads),
        deviations=np.sqrt(APART**2 * variances + _SOFT**2),
        hands_3d=in_space[:, wrists] - in_space[:, shoulders],
        elbows_3d=in_space[:, elbows] - in_space[:, shoulders],
        deviations_3d=np.sqrt(APART**2 * variances + unsure + _SOFT**2),
        # Hands that leave the image are no less raised.
        seen=(2 * view.p_seen[:, ends].reshape(-1, 3, 2).min(axis=1)).clip(0.0, 1.0),
    )


def exceeds(
    values: np.ndarray, limits: np.ndarray | float, deviations: np.ndarray | float
) -> np.ndarray:
    """Return how likely values with these standard deviations are above their limits.

    The logistic curve that is nearest to the normal distribution's (Bowling et al., "A logistic
    approximation to the cumulative normal distribution", 2009).
    """
    return 0.5 + 0.5 * np.tanh(0.851 * (values - limits) / deviations)


@lru_cache(maxsize=8)
def joints_of_arms(skeleton: Skeleton) -> tuple[np.ndarray, ...]:
    """Return the ids of shoulders, elbows, wrists, ears and fingers, left before right."""
    names = skeleton.joint_names
    sides = ('left', 'right')
    return tuple(
        np.array([names.index(f'{side}_{part}') for side in sides if f'{side}_{part}' in names])
        for part in ('shoulder', 'elbow', 'wrist', 'ear', 'index')
    )
