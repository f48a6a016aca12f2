"""How human bodies are built: how long their bones are and how thick their parts.

Lengths are shares of the body height (Drillis and Contini, "Body segment parameters", 1966, as
tabulated by Winter, "Biomechanics and motor control of human movement", 2009).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton

UPPER_ARM, FOREARM, HAND, TRUNK, THIGH, SHANK = 0.186, 0.146, 0.108, 0.288, 0.245, 0.246
# Joint -> the joint of the same side that its bone comes from, and the length of the bone.
_BONES = {
    'elbow': ('shoulder', UPPER_ARM), 'wrist': ('elbow', FOREARM), 'hip': ('shoulder', TRUNK),
    'shoulder': ('hip', TRUNK), 'knee': ('hip', THIGH), 'ankle': ('knee', SHANK),
}  # fmt: skip
# Round parts of the body: where they begin and end, between the left and the right joint where it
# says so, and their radius.
_PARTS = (
    ('both_ear', 'both_ear', 0.048),
    ('both_shoulder', 'both_hip', 0.08),
    *(
        (f'{side}_{start}', f'{side}_{end}', radius)
        for side in ('left', 'right')
        for start, end, radius in (
            ('shoulder', 'elbow', 0.028), ('elbow', 'wrist', 0.022),
            ('hip', 'knee', 0.045), ('knee', 'ankle', 0.03),
        )
    ),
)  # fmt: skip
# Joints that move with the end of a limb, and so are never behind it.
_BELONGS = {
    'pinky': 'wrist', 'index': 'wrist', 'thumb': 'wrist',
    'heel': 'ankle', 'foot_index': 'ankle', 'big_toe': 'ankle', 'small_toe': 'ankle',
}  # fmt: skip
# How deep a joint lies under its own skin, if not on it.
_FLESH = {
    'shoulder': 0.03, 'elbow': 0.022, 'wrist': 0.018, 'hip': 0.07, 'knee': 0.035, 'neck': 0.05,
    'hip_center': 0.08, 'head': 0.05,
}  # fmt: skip
_ON_THE_SKIN = 0.015
# Half the distance between a left joint and the right one; arms and legs hang on the torso.
_HALF_WIDTHS = {
    'ear': 0.042, 'eye': 0.018, 'eye_inner': 0.01, 'eye_outer': 0.026, 'mouth': 0.015,
    'shoulder': 0.115, 'elbow': 0.115, 'wrist': 0.115, 'pinky': 0.115, 'index': 0.115,
    'thumb': 0.115, 'hip': 0.055, 'knee': 0.055, 'ankle': 0.055, 'heel': 0.055,
    'foot_index': 0.055, 'big_toe': 0.055, 'small_toe': 0.055,
}  # fmt: skip
# How far to the right of the right shoulder the left one is, the shoulders above the hips, the
# ears behind the nose: weights of the joints.
_LINES = (
    {'left_shoulder': 1.0, 'right_shoulder': -1.0},
    {'left_hip': 1.0, 'right_hip': 1.0, 'left_shoulder': -1.0, 'right_shoulder': -1.0},
    {'left_ear': 0.5, 'right_ear': 0.5, 'nose': -1.0},
)
_SIGNS = {'left': 1.0, 'right': -1.0}


@dataclass(frozen=True)
class Anatomy:
    """What is known of any body with K joints; lengths in body heights.

    Attributes:
        bones: (B,) joint ids at which a bone ends, and `parents` (B,) where it begins.
        lengths: (B,) of the bones.
        flesh: (K,) how deep the joint lies under its own skin.
        sides: (K,) distance from the body's plane of symmetry, to its left > 0.
        part_ends: (2, P, K) weights of the joints: where each round part begins and ends.
        part_radii: (P,).
        apart: (K, P) bool, whether the joint can be behind the part.
        nose, ears, shoulders, hips: joint ids, left before right; empty where there is none.
        lines: (3, K) weights of the joints: from the right shoulder to the left one, from both
            shoulders to both hips, twice as far, and from the nose to the middle of the ears;
            0 where the skeleton lacks one of them.
    """

    bones: np.ndarray
    parents: np.ndarray
    lengths: np.ndarray
    flesh: np.ndarray
    sides: np.ndarray
    part_ends: np.ndarray
    part_radii: np.ndarray
    apart: np.ndarray
    nose: np.ndarray
    ears: np.ndarray
    shoulders: np.ndarray
    hips: np.ndarray
    lines: np.ndarray


@lru_cache(maxsize=8)
def anatomy_of(skeleton: Skeleton) -> Anatomy:
    """Return the anatomy of a skeleton; joints are told apart by name."""
    names = skeleton.joint_names
    split = [side_and_part(name) for name in names]
    bones = [
        (joint, names.index(f'{side}_{_BONES[part][0]}'), _BONES[part][1])
        for joint, (side, part) in enumerate(split)
        if part in _BONES and f'{side}_{_BONES[part][0]}' in names
    ]
    parts = [part for part in _PARTS if all(_joints_of(end, names) for end in part[:2])]
    return Anatomy(
        bones=np.array([bone[0] for bone in bones], np.int64),
        parents=np.array([bone[1] for bone in bones], np.int64),
        lengths=np.array([bone[2] for bone in bones], np.float64),
        flesh=np.array([_FLESH.get(part, _ON_THE_SKIN) for _, part in split]),
        sides=np.array([_SIGNS.get(s, 0.0) * _HALF_WIDTHS.get(p, 0.0) for s, p in split]),
        part_ends=np.array(
            [[_weights(p[0], names) for p in parts], [_weights(p[1], names) for p in parts]]
        ).reshape(2, len(parts), len(names)),
        part_radii=np.array([radius for _, _, radius in parts]),
        apart=np.array([[_is_apart(name, part) for part in parts] for name in names], bool),
        nose=_ids(names, 'nose'),
        ears=_ids(names, 'left_ear', 'right_ear'),
        shoulders=_ids(names, 'left_shoulder', 'right_shoulder'),
        hips=_ids(names, 'left_hip', 'right_hip'),
        lines=np.array([_line(ends, names) for ends in _LINES]),
    )


def side_and_part(name: str) -> tuple[str, str]:
    """Split 'left_elbow' and 'mouth_left' alike; the side is '' for joints in the middle."""
    for side in _SIGNS:
        if side in name.split('_'):
            return side, name.removeprefix(f'{side}_').removesuffix(f'_{side}')
    return '', name


def _joints_of(end: str, names: tuple[str, ...]) -> list[int]:
    """Return the ids of the joints at the end of a part; none when the skeleton lacks one."""
    sides = ('left', 'right') if end.startswith('both') else (end.partition('_')[0],)
    wanted = [f'{side}_{end.partition("_")[2]}' for side in sides]
    return [names.index(name) for name in wanted] if set(wanted) <= set(names) else []


def _weights(end: str, names: tuple[str, ...]) -> np.ndarray:
    joints = _joints_of(end, names)
    weights = np.zeros(len(names))
    weights[joints] = 1 / len(joints)
    return weights


def _line(ends: dict[str, float], names: tuple[str, ...]) -> list[float]:
    there = set(ends) <= set(names)
    return [ends.get(name, 0.0) if there else 0.0 for name in names]


def _is_apart(name: str, part: tuple[str, str, float]) -> bool:
    """Say whether a joint is no part of this limb. The torso hides even its own far shoulder."""
    side, own = side_and_part(name)
    return f'{side}_{_BELONGS.get(own, own)}' not in part[:2]


def _ids(names: tuple[str, ...], *wanted: str) -> np.ndarray:
    found = [names.index(name) for name in wanted if name in names]
    return np.array(found if len(found) == len(wanted) else [], np.int64)
