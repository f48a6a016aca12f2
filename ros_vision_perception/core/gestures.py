"""What people do with their arms: raise them, wave, point, say stop, from where their joints are.

A gesture is a list of conditions, each that some length exceeds another. Lengths have variances,
those of the estimated joints, and so each condition has a probability; that of the gesture is
their product, times that of the joints to be seen. Arms that are not seen make no gestures.
Upright in the image is upright in the world.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.arms import Arms, arms_of, exceeds, joints_of_arms
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.view import View

GESTURES = (
    'left_arm_raised', 'right_arm_raised', 'both_arms_raised', 'hands_on_head', 't_pose',
    'pointing', 'stop', 'waving',
)  # fmt: skip
# A gesture is believed, and given up, about as fast as this, s; and named from here on.
_MEMORY_S, _SURE = 0.06, 0.5
# All lengths in body heights. A raised hand is above the nose, by this above the shoulder; hands
# on the head are at most so far from its middle.
_RAISED, _ON_HEAD = 0.1, 0.12
# Arms to the side: how far out the hands are at least, and how far at most from level.
_OUT, _LEVEL = 0.2, 0.09
# An arm points that is longer than this, straight by this share, and so far from hanging, degrees;
# the other one does not.
_LONG, _STRAIGHT, _FROM, _TO = 0.22, 0.93, 50.0, 125.0
# A hand that says stop is so much nearer to the camera than its shoulder, and the fingers so high.
_AHEAD, _FINGERS = 0.2, 0.02
# Waving: the last looks, how far the hand swings to each side at least, and how many swings there
# are in the window at least and at most.
LOOKS, _SWING, _SLOWEST, _FASTEST = 16, 0.035, 2, 6
_SHARE = 0.6


@dataclass(frozen=True)
class Swings:
    """Where hands were beside their elbows at the last looks, of T people, for waving.

    Attributes:
        beside: (T, 2, L) heights, left and right arm; the latest last.
        is_up: (T, 2, L) probability that the hand was seen above its elbow.
    """

    beside: np.ndarray
    is_up: np.ndarray


def no_swings(people: int) -> Swings:
    """Return those of people who were never seen."""
    return Swings(np.zeros((people, 2, LOOKS)), np.zeros((people, 2, LOOKS)))


def no_gestures(people: int) -> np.ndarray:
    """Return the (T, G) probabilities of `GESTURES` of people who were never seen."""
    return np.zeros((people, len(GESTURES)))


def follow(beliefs: np.ndarray, seen: np.ndarray, dt_s: float) -> np.ndarray:
    """Return the (T, G) probabilities now, from those before and those that this image shows."""
    return beliefs - np.expm1(-dt_s / _MEMORY_S) * (seen - beliefs)


def look(swings: Swings, view: View) -> tuple[Swings, np.ndarray, np.ndarray]:
    """Return the swings, the (T, G) probabilities of `GESTURES`, and which arm points (T,)."""
    people = len(view.scales)
    if not _has_arms(view.skeleton):
        return swings, no_gestures(people), np.zeros(people, np.int64)
    arms = arms_of(view)
    likely = _likely(arms)
    raised = arms.seen * likely['raised']
    pointing = _pointing(arms)
    swings = _add(swings, arms, arms.seen * likely['hand above elbow'] * likely['hand up'])
    table = (
        *raised.T,
        raised.min(axis=1),
        _hands_on_head(arms, likely),
        _t_pose(arms, likely),
        pointing.max(axis=1),
        _stop(arms, likely).max(axis=1),
        (arms.seen * _waving(swings)).max(axis=1),
    )
    return swings, np.array(table).T, pointing.argmax(axis=1)


def _likely(arms: Arms) -> dict[str, np.ndarray]:
    """Return how likely hands and elbows (T, 2) are further than some limits, all at once."""
    aside, up, elbow = arms.hands[..., 0], arms.hands[..., 1], arms.elbows[..., 1]
    from_head = np.hypot(arms.hands_from_head[..., 0], arms.hands_from_head[..., 1])
    limits = {
        'raised': (up, _RAISED),
        'off the head': (from_head, _ON_HEAD),
        'above the neck': (up, 0.06),
        'elbow up': (elbow, -0.08),
        'aside': (aside, _OUT),
        'not level': (np.abs(up), _LEVEL),
        'elbow not level': (np.abs(elbow), _LEVEL),
        'not ahead': (np.abs(up), 0.12),
        'hand above elbow': (up - elbow, 0.03),
        'hand up': (up, -0.05),
    }
    values, least = zip(*limits.values(), strict=True)
    likely = exceeds(np.array(values), np.array(least)[:, None, None], arms.deviations)
    return dict(zip(limits, likely, strict=True))


def _hands_on_head(arms: Arms, likely: dict[str, np.ndarray]) -> np.ndarray:
    near = 1 - likely['off the head']
    # Above the neck, and the elbows are not below the shoulders with the hands before the face.
    return (arms.seen * near * likely['above the neck'] * likely['elbow up']).prod(axis=1)


def _t_pose(arms: Arms, likely: dict[str, np.ndarray]) -> np.ndarray:
    level = (1 - likely['not level']) * (1 - likely['elbow not level'])
    return (arms.seen * likely['aside'] * level).prod(axis=1)


def _pointing(arms: Arms) -> np.ndarray:
    """Return (T, 2) for the two arms: seen from the side in the image, else in space."""
    hands, elbows = np.zeros((2, 2, *arms.hands_3d.shape))
    hands[0, ..., :2], hands[1] = arms.hands, arms.hands_3d
    elbows[0, ..., :2], elbows[1] = arms.elbows, arms.elbows_3d
    flat, deep = _points(hands, elbows, np.array((arms.deviations, arms.deviations_3d)))
    own = np.fmax(flat, np.nan_to_num(deep))
    rests = 1 - own[:, ::-1]
    return arms.seen * own * rests


def _points(hands: np.ndarray, elbows: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Return (..., 2) for hands and elbows (..., 2, 3) from the shoulders, heights; y is up."""
    reach, upper, fore = np.sqrt((np.array((hands, elbows, hands - elbows)) ** 2).sum(axis=-1))
    straight = exceeds(reach, _STRAIGHT * (upper + fore), 0.3 * deviations)
    angles = np.rad2deg(np.arccos((-hands[..., 1] / np.maximum(reach, 1e-6)).clip(-1, 1)))
    spread = np.rad2deg(deviations / np.maximum(reach, 0.05))
    lifted = exceeds(angles, _FROM, spread) * (1 - exceeds(angles, _TO, spread))
    return exceeds(reach, _LONG, deviations) * straight * lifted


def _stop(arms: Arms, likely: dict[str, np.ndarray]) -> np.ndarray:
    ahead = exceeds(-arms.hands_3d[..., 2], _AHEAD, arms.deviations_3d)
    fingers = exceeds(arms.fingers[..., 1], _FINGERS, 0.5 * arms.deviations)
    return np.nan_to_num(arms.seen * ahead * (1 - likely['not ahead']) * fingers)


def _add(swings: Swings, arms: Arms, is_up: np.ndarray) -> Swings:
    now = (arms.hands - arms.elbows)[..., 0], is_up
    return Swings(
        *(
            np.concatenate((before[..., 1:], latest[..., None]), axis=-1)
            for before, latest in zip((swings.beside, swings.is_up), now, strict=True)
        )
    )


def _waving(swings: Swings) -> np.ndarray:
    """Return (T, 2) whether hands swing: most of what moves does so to and fro, fast and wide."""
    moves = swings.beside - swings.beside.mean(axis=-1, keepdims=True)
    ramp = np.linspace(-1.0, 1.0, LOOKS)
    slopes = (moves * ramp).sum(axis=-1, keepdims=True) / (ramp**2).sum()
    power = np.abs(np.fft.rfft(moves - slopes * ramp, axis=-1)) ** 2 * (2 / LOOKS**2)
    swinging = power[..., _SLOWEST : _FASTEST + 1].sum(axis=-1)
    amplitudes, shares = np.sqrt(2 * swinging), swinging / np.maximum(power.sum(axis=-1), 1e-9)
    up = swings.is_up.mean(axis=-1)
    return exceeds(amplitudes, _SWING, 0.01) * exceeds(shares, _SHARE, 0.1) * exceeds(up, 0.6, 0.1)


def name_gestures(beliefs: np.ndarray) -> list[dict[str, float]]:
    """Return the gestures of each person with their probabilities, from (T, G)."""
    return [
        {name: p for name, p in zip(GESTURES, row, strict=True) if p >= _SURE}
        for row in beliefs.tolist()
    ]


def rays(view: View, arms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where arms (T,), 0 for the left, point from, m, and to, of length 1, (T, 3) each.

    People point along the line from their head to their hand (Nickel and Stiefelhagen, "Pointing
    gesture recognition based on 3D-tracking of face, hands and head orientation", 2003). NaN where
    unknown.
    """
    _, _, wrists, ears, _ = joints_of_arms(view.skeleton)
    hands = view.positions_m[np.arange(len(arms)), wrists[arms]]
    lines = hands - view.positions_m[:, ears].mean(axis=1)
    return hands, lines / np.linalg.norm(lines, axis=1, keepdims=True)


@lru_cache(maxsize=8)
def _has_arms(skeleton: Skeleton) -> bool:
    parts = 'shoulder', 'elbow', 'wrist', 'ear'
    names = {f'{side}_{part}' for side in ('left', 'right') for part in parts}
    return names <= set(skeleton.joint_names)
