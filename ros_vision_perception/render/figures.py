"""What a viewer of space shows of a person: lines, balls, ellipsoids and a label, in metres.

Everything is in the frame in which the people are, with a joint state for each colour.
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.human import HumanState, JointState, Posture, TrackState
from ros_vision_perception.core.skeleton import Skeleton

# Joints far enough from each other for their ellipsoids to be told apart.
LIMBS = tuple(
    f'{side}_{joint}'
    for joint in ('elbow', 'wrist', 'knee', 'ankle')
    for side in ('left', 'right')
)
# Where a seen joint is shows well enough, and of one outside of the image nothing tells.
_PLAIN = (JointState.VISIBLE, JointState.OUT_OF_IMAGE)
# What has no extent cannot be shown.
_THINNEST_M = 1e-3
# The label is so far above the nose, away from the hips.
_ABOVE_M = 0.3


@dataclass(frozen=True)
class Ellipsoids:
    """E ellipsoids of one standard deviation.

    Attributes:
        parts: (E,) index in LIMBS of the joint it is about, -1 for the whole body.
        states: (E,) uint8, JointState of that joint; UNKNOWN for the body.
        centers_m: (E, 3) m.
        axes: (E, 3, 3) rotations, columns: directions of the half axes.
        radii_m: (E, 3) m, lengths of the half axes.
    """

    parts: np.ndarray
    states: np.ndarray
    centers_m: np.ndarray
    axes: np.ndarray
    radii_m: np.ndarray


@dataclass(frozen=True)
class Figure:
    """One person in space.

    Attributes:
        track_id: who.
        bones_m: (B, 2, 3) m, between joints that are known.
        bone_states: (B, 2) uint8, JointState of both ends.
        joints_m: (J, 3) m, those that are known.
        joint_states: (J,) uint8, JointState.
        ellipsoids: of the body, and of joints in LIMBS that are hidden.
        label: who it is, and their posture where it is known.
        label_m: (3,) m, above the head.
        is_hidden: whether the person is not seen now.
        paths_m: (S + 1, 3) m each: from where the person is to where they may go.
        path_weights: the probability of each, in [0, 1].
    """

    track_id: int
    bones_m: np.ndarray
    bone_states: np.ndarray
    joints_m: np.ndarray
    joint_states: np.ndarray
    ellipsoids: Ellipsoids
    label: str
    label_m: np.ndarray
    is_hidden: bool
    paths_m: tuple[np.ndarray, ...]
    path_weights: tuple[float, ...]


def figure(human: HumanState, skeleton: Skeleton) -> Figure | None:
    """Return a person in space; None where their position in metres is not known."""
    if not human.has_3d:
        return None
    joints = human.joints
    edges = np.asarray(skeleton.edges, np.int64).reshape(-1, 2)
    edges = edges[joints.has_3d[edges].all(axis=1)]
    return Figure(
        track_id=human.track_id,
        bones_m=joints.positions_m[edges],
        bone_states=joints.states[edges],
        joints_m=joints.positions_m[joints.has_3d],
        joint_states=joints.states[joints.has_3d],
        ellipsoids=_ellipsoids_of(human, skeleton),
        label=_label(human),
        label_m=_above_head(human, skeleton),
        is_hidden=human.track_state == TrackState.OCCLUDED,
        paths_m=tuple(
            np.concatenate((human.position_m[None], path.positions_m))
            for path in human.predicted_paths
        ),
        path_weights=tuple(path.confidence for path in human.predicted_paths),
    )


def ellipsoid_axes(covariances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rotations (E, 3, 3), columns: half axes, and their lengths (E, 3), of one sigma.

    Args:
        covariances: (E, 3, 3), symmetric.
    """
    variances, axes = np.linalg.eigh(covariances.astype(np.float64))
    # Eigenvectors may form a mirror image, which is no rotation.
    axes[..., 0] *= np.sign(np.linalg.det(axes))[:, None]
    return axes, np.maximum(np.sqrt(np.maximum(variances, 0.0)), _THINNEST_M)


def _ellipsoids_of(human: HumanState, skeleton: Skeleton) -> Ellipsoids:
    joints, names = human.joints, skeleton.joint_names
    parts = np.array([part for part, name in enumerate(LIMBS) if name in names], np.int64)
    rows = np.array([names.index(LIMBS[part]) for part in parts], np.int64)
    drawn = joints.has_3d[rows] & ~np.isin(joints.states[rows], _PLAIN)
    parts, rows = parts[drawn], rows[drawn]
    axes, radii = ellipsoid_axes(
        np.concatenate((human.position_covariance[None], joints.position_covariances[rows]))
    )
    return Ellipsoids(
        parts=np.append(-1, parts),
        states=np.append(np.uint8(JointState.UNKNOWN), joints.states[rows]),
        centers_m=np.concatenate((human.position_m[None], joints.positions_m[rows])),
        axes=axes,
        radii_m=radii,
    )


def _label(human: HumanState) -> str:
    who = f'#{human.track_id}'
    known = human.posture != Posture.UNKNOWN
    return f'{who} {human.posture.name.lower()}' if known else who


def _above_head(human: HumanState, skeleton: Skeleton) -> np.ndarray:
    """Return (3,) m; no axis of the frame need point up, but the nose is above the hips."""
    hips = human.position_m
    if 'nose' not in skeleton.joint_names:
        return hips
    nose = human.joints.positions_m[skeleton.index('nose')]
    up = nose - hips
    length = float(np.linalg.norm(up))
    return nose + up * (_ABOVE_M / length) if length > _THINNEST_M else hips
