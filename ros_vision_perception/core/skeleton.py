"""Skeletons: joint names, bones, left/right pairs, OKS sigmas, and maps between them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError


@dataclass(frozen=True)
class Skeleton:
    """A named, ordered set of K joints.

    Attributes:
        name: identifier used in messages and configuration.
        joint_names: K names; the index of a name is its joint id.
        edges: bones as pairs of joint ids.
        flip_pairs: (left, right) joint ids that swap when the image is mirrored.
        oks_sigmas: K per-joint standard deviations, relative to the square root of the person's
            area, of the object keypoint similarity (COCO keypoint evaluation).
    """

    name: str
    joint_names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    flip_pairs: tuple[tuple[int, int], ...]
    oks_sigmas: tuple[float, ...]

    def __post_init__(self) -> None:
        joints = len(self.joint_names)
        if len(self.oks_sigmas) != joints:
            raise ValueError(f'{self.name}: {len(self.oks_sigmas)} sigmas, expected {joints}')
        ids = [joint for pair in self.edges + self.flip_pairs for joint in pair]
        if ids and not 0 <= min(ids) <= max(ids) < joints:
            raise ValueError(f'{self.name}: joint ids must lie in [0, {joints})')

    def __len__(self) -> int:
        return len(self.joint_names)

    def index(self, joint_name: str) -> int:
        """Return the id of a joint name; raises ValueError when the skeleton has none."""
        return self.joint_names.index(joint_name)

    @cached_property
    def sigmas(self) -> np.ndarray:
        """OKS sigmas, shape (K,) float64."""
        return np.asarray(self.oks_sigmas)

    @cached_property
    def flip_indices(self) -> np.ndarray:
        """Permutation (K,) that swaps left and right; applying it twice is the identity."""
        indices = np.arange(len(self))
        for left, right in self.flip_pairs:
            indices[[left, right]] = right, left
        return indices

    def subset(self, other: 'Skeleton') -> np.ndarray:
        """Return (L,) the id here of each of the L joints of `other`, matched by name.

        Raises:
            ConfigurationError: when a joint of `other` does not exist here.
        """
        missing = [name for name in other.joint_names if name not in self.joint_names]
        if missing:
            raise ConfigurationError(
                f'skeleton {self.name} cannot be turned into {other.name}: '
                f'it has no {", ".join(missing)}'
            )
        return np.array([self.joint_names.index(name) for name in other.joint_names])


def _pairs(joint_names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (index, joint_names.index(name.replace('left', 'right', 1)))
        for index, name in enumerate(joint_names)
        if 'left' in name
    )


def _edges(joint_names: tuple[str, ...], bones: str) -> tuple[tuple[int, int], ...]:
    """Parse 'a-b c-d ...' where a '*' stands for a bone of both the left and the right side."""
    edges = []
    for bone in bones.split():
        sides = ('left', 'right') if '*' in bone else ('',)
        for side in sides:
            start, end = bone.replace('*', side).split('-')
            edges.append((joint_names.index(start), joint_names.index(end)))
    return tuple(edges)


def _skeleton(
    name: str, joint_names: tuple[str, ...], bones: str, sigmas: dict[str, float]
) -> Skeleton:
    def sigma(joint: str) -> float:
        return sigmas[joint.removeprefix('left_').removeprefix('right_')]

    return Skeleton(
        name=name,
        joint_names=joint_names,
        edges=_edges(joint_names, bones),
        flip_pairs=_pairs(joint_names),
        oks_sigmas=tuple(sigma(joint) for joint in joint_names),
    )


# COCO keypoint evaluation (cocoapi, cocoeval.py): standard deviations measured on re-annotated
# images. Fingers, mouth, inner eyes and feet are not in COCO-17: they take the value of the
# closest COCO joint (COCO-WholeBody gives the feet as below).
_SIGMAS = {
    'nose': 0.026,
    'eye': 0.025,
    'ear': 0.035,
    'shoulder': 0.079,
    'elbow': 0.072,
    'wrist': 0.062,
    'hip': 0.107,
    'knee': 0.087,
    'ankle': 0.089,
    'eye_inner': 0.025,
    'eye_outer': 0.025,
    'mouth_left': 0.026,
    'mouth_right': 0.026,
    'pinky': 0.062,
    'index': 0.062,
    'thumb': 0.062,
    'heel': 0.092,
    'foot_index': 0.068,
    'big_toe': 0.068,
    'small_toe': 0.066,
    'head': 0.035,
    'neck': 0.079,
    'hip_center': 0.107,
}

COCO17 = _skeleton(
    'coco17',
    (
        'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
        'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
        'left_wrist', 'right_wrist', 'left_hip', 'right_hip',
        'left_knee', 'right_knee', 'left_ankle', 'right_ankle',
    ),
    'nose-*_eye *_eye-*_ear *_ear-*_shoulder left_shoulder-right_shoulder *_shoulder-*_elbow '
    '*_elbow-*_wrist *_shoulder-*_hip left_hip-right_hip *_hip-*_knee *_knee-*_ankle',
    _SIGMAS,
)  # fmt: skip

# Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020; order of the
# model card "MediaPipe BlazePose GHUM 3D".
BLAZEPOSE33 = _skeleton(
    'blazepose33',
    (
        'nose', 'left_eye_inner', 'left_eye', 'left_eye_outer',
        'right_eye_inner', 'right_eye', 'right_eye_outer', 'left_ear', 'right_ear',
        'mouth_left', 'mouth_right', 'left_shoulder', 'right_shoulder',
        'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist',
        'left_pinky', 'right_pinky', 'left_index', 'right_index', 'left_thumb', 'right_thumb',
        'left_hip', 'right_hip', 'left_knee', 'right_knee', 'left_ankle', 'right_ankle',
        'left_heel', 'right_heel', 'left_foot_index', 'right_foot_index',
    ),
    'nose-*_eye_inner *_eye_inner-*_eye *_eye-*_eye_outer *_eye_outer-*_ear '
    'mouth_left-mouth_right left_shoulder-right_shoulder *_shoulder-*_elbow *_elbow-*_wrist '
    '*_wrist-*_pinky *_wrist-*_index *_wrist-*_thumb *_pinky-*_index *_shoulder-*_hip '
    'left_hip-right_hip *_hip-*_knee *_knee-*_ankle *_ankle-*_heel *_ankle-*_foot_index '
    '*_heel-*_foot_index',
    _SIGMAS,
)  # fmt: skip

# Fang et al., "AlphaPose", 2022: the first 17 joints are COCO's.
HALPE26 = _skeleton(
    'halpe26',
    (
        *COCO17.joint_names,
        'head', 'neck', 'hip_center', 'left_big_toe', 'right_big_toe',
        'left_small_toe', 'right_small_toe', 'left_heel', 'right_heel',
    ),
    'nose-*_eye *_eye-*_ear head-neck neck-*_shoulder *_shoulder-*_elbow *_elbow-*_wrist '
    'neck-hip_center hip_center-*_hip *_hip-*_knee *_knee-*_ankle *_ankle-*_big_toe '
    '*_ankle-*_small_toe *_ankle-*_heel',
    _SIGMAS,
)  # fmt: skip

SKELETONS = {skeleton.name: skeleton for skeleton in (COCO17, BLAZEPOSE33, HALPE26)}


def get_skeleton(name: str) -> Skeleton:
    """Return a skeleton by name; raises ConfigurationError that lists the known ones."""
    if name not in SKELETONS:
        raise ConfigurationError(f'unknown skeleton {name!r}; available: {", ".join(SKELETONS)}')
    return SKELETONS[name]
