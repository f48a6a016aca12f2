"""How a body holds together: which joints go along when others move, from anthropometry.

Joints hang on each other in a tree, and each limb strays from where its owner usually holds it by
an angle of its own. A joint shares the straying of all limbs between it and the hips with whatever
else hangs on them: that makes the positions of all joints one Gaussian. Lengths of limbs: Drillis
and Contini, "Body segment parameters", 1966, as Winter, "Biomechanics and motor control of human
movement", 2009, tabulates them; how far legs swing is Winter's figure for walking, for arms twice
that, because they do other things too; shoulders and hips turn.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.anatomy import (
    FOREARM,
    HAND,
    SHANK,
    THIGH,
    TRUNK,
    UPPER_ARM,
    side_and_part,
)
from ros_vision_perception.core.skeleton import Skeleton

# Body height in scales: people who stand fill a box 0.36 heights wide, and half of it.
_HEIGHT = 2.3
_Limb = tuple[str, float, tuple[float, float], float]
_UP, _DOWN, _OUT, _NOWHERE = (0.0, -1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0)
# Part -> what it hangs on, length in heights, direction when standing, standard deviation of the
# direction in radians. Trunk, skull, hand and foot are no joints, but several hang on them.
_LIMBS: dict[str, _Limb] = {
    'hip': ('', 0.0955, _OUT, 0.45),
    'hip_center': ('', 0.05, _NOWHERE, 0.2),
    'knee': ('hip', THIGH, _DOWN, 0.35),
    'ankle': ('knee', SHANK, _DOWN, 0.4),
    'foot': ('ankle', 0.1, _DOWN, 0.4),
    'trunk': ('', TRUNK, _UP, 0.15),
    'neck': ('trunk', 0.05, _NOWHERE, 0.2),
    'shoulder': ('trunk', 0.129, _OUT, 0.35),
    'elbow': ('shoulder', UPPER_ARM, _DOWN, 0.45),
    'wrist': ('elbow', FOREARM, _DOWN, 0.8),
    'hand': ('wrist', HAND, _DOWN, 0.6),
    'skull': ('trunk', 0.13, _UP, 0.2),
}
_MIDDLE = ('', 'trunk', 'skull', 'neck', 'hip_center')
# The joints on hand and foot; all others are on the skull.
_HANDS, _FEET = ('pinky', 'index', 'thumb'), ('heel', 'foot_index', 'big_toe', 'small_toe')
_END_OF_LIMB: dict[str, _Limb] = {
    **dict.fromkeys(_HANDS, ('hand', 0.05, _NOWHERE, 0.5)),
    **dict.fromkeys(_FEET, ('foot', 0.05, _NOWHERE, 0.5)),
}
# The joints whose left and right are confused together.
GROUPS = ('head', 'shoulders', 'arms', 'hips', 'legs')
_ON_SKULL = ('skull', 0.06, _NOWHERE, 0.4)


@dataclass(frozen=True)
class Body:
    """What a skeleton says about how bodies move.

    Attributes:
        sigmas: (K,) OKS sigmas: scatter of a seen joint, scales.
        figure_xy: (K, 2) a body that stands and faces the camera, from the hips, scales.
        spread: (K, K) covariance of how the joints stray from where they usually are, scales^2.
        pairs: (2, P) joint ids, left and right.
        groups: (P, G) bool, which pairs belong to which of `GROUPS`.
        hips, shoulders: joint ids, empty where the skeleton has none.
    """

    sigmas: np.ndarray
    figure_xy: np.ndarray
    spread: np.ndarray
    pairs: np.ndarray
    groups: np.ndarray
    hips: np.ndarray
    shoulders: np.ndarray


@lru_cache(maxsize=8)
def body_of(skeleton: Skeleton) -> Body:
    """Return the body model of a skeleton; joints are told apart by name."""
    split = [side_and_part(name) for name in skeleton.joint_names]
    paths = [_path(side, part) for side, part in split]
    limbs = list(dict.fromkeys(limb for path in paths for limb in path))
    strays = np.zeros((len(split), len(limbs)))
    figure = np.zeros((len(split), 2))
    for joint, path in enumerate(paths):
        for (side, part), (_, length, direction, swing) in path.items():
            strays[joint, limbs.index((side, part))] = _HEIGHT * length * np.tan(swing)
            sign = -1.0 if side == 'right' else 1.0
            figure[joint] += _HEIGHT * length * np.array(direction) * (sign, 1.0)
    parts = [part for _, part in split]
    return Body(
        sigmas=skeleton.sigmas,
        figure_xy=figure,
        spread=strays @ strays.T,
        pairs=np.array(skeleton.flip_pairs).T,
        groups=np.array([_groups(split[left]) for left, _ in skeleton.flip_pairs]),
        hips=np.flatnonzero([part == 'hip' for part in parts]),
        shoulders=np.flatnonzero([part == 'shoulder' for part in parts]),
    )


def _groups(joint: tuple[str, str]) -> list[bool]:
    """Return which of `GROUPS` the joint belongs to."""
    on = {part for _, part in _path(*joint)}
    arm, leg = 'elbow' in on, 'knee' in on
    return ['skull' in on, 'shoulder' in on and not arm, arm, 'hip' in on and not leg, leg]


def _path(side: str, part: str) -> dict[tuple[str, str], _Limb]:
    """Return the limbs between the hips and a joint: length, direction and swing of each."""
    path = {}
    while part:
        limb = _LIMBS.get(part, _END_OF_LIMB.get(part, _ON_SKULL))
        path['' if part in _MIDDLE else side, part] = limb
        part = limb[0]
    return path
