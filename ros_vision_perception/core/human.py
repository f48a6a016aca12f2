"""What the fusion says: everyone the robot knows about, every joint with its state and its cause.

Pixels and metres as in `core/types.py`.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from operator import attrgetter

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import check_shape


class JointState(IntEnum):
    """Why a joint is or is not seen. The values are those of `HumanJoint.msg`."""

    UNKNOWN = 0
    VISIBLE = 1
    OCCLUDED_BY_SELF = 2
    OCCLUDED_BY_PERSON = 3
    OCCLUDED_BY_OBJECT = 4
    OUT_OF_IMAGE = 5
    PREDICTED = 6


class Posture(IntEnum):
    """Of the whole body; values of the constants in HumanState.msg."""

    UNKNOWN = 0
    STANDING = 1
    SITTING = 2
    CROUCHING = 3
    BENDING = 4
    LYING = 5


class OrientationAvailability(IntEnum):
    """How much of an orientation is known; values of the constants in HumanState.msg."""

    UNAVAILABLE = 0
    SIGN_UNKNOWN = 1
    AVAILABLE = 2


class TrackState(IntEnum):
    """Life cycle of a track. The values are those of `HumanState.msg`."""

    TENTATIVE = 0
    CONFIRMED = 1
    OCCLUDED = 2
    LOST = 3


# What each joint has, and the shape of it.
_OF_A_JOINT: dict[str, tuple[int, ...]] = {
    'states': (),
    'p_visible': (),
    'occluder_track_ids': (),
    'keypoints_xy': (2,),
    'covariances_px': (2, 2),
    'has_3d': (),
    'positions_m': (3,),
    'position_covariances': (3, 3),
    'velocities': (3,),
    'velocity_covariances': (3, 3),
    'time_since_seen_s': (),
}
# All of their shapes in one call: there are many people in a second.
_shapes_of = attrgetter(*(f'{name}.shape' for name in _OF_A_JOINT))


@lru_cache(maxsize=8)
def _shapes(joints: int) -> tuple[tuple[int, ...], ...]:
    return tuple((joints, *shape) for shape in _OF_A_JOINT.values())


@dataclass(frozen=True)
class Joints:
    """The K joints of one person after fusion. Every joint is always there.

    Attributes:
        states: (K,) uint8, values of JointState.
        p_visible: (K,) float32, probability that the joint is seen.
        occluder_track_ids: (K,) int32, -1 where no known person hides the joint.
        occluder_classes: K names of the class that hides the joint, '' where unknown or none.
        keypoints_xy: (K, 2) float32 px, estimated, not raw.
        covariances_px: (K, 2, 2) float32 px^2.
        has_3d: (K,) bool; the fields below are NaN where False.
        positions_m: (K, 3) float32 m, camera frame.
        position_covariances: (K, 3, 3) float32 m^2.
        velocities: (K, 3) float32 m/s.
        velocity_covariances: (K, 3, 3) float32 m^2/s^2.
        time_since_seen_s: (K,) float32 s; infinity where never seen.
    """

    states: np.ndarray
    p_visible: np.ndarray
    occluder_track_ids: np.ndarray
    occluder_classes: tuple[str, ...]
    keypoints_xy: np.ndarray
    covariances_px: np.ndarray
    has_3d: np.ndarray
    positions_m: np.ndarray
    position_covariances: np.ndarray
    velocities: np.ndarray
    velocity_covariances: np.ndarray
    time_since_seen_s: np.ndarray

    def __post_init__(self) -> None:
        joints = len(self.states)
        if _shapes_of(self) != _shapes(joints):
            for name, shape in zip(_OF_A_JOINT, _shapes(joints), strict=True):
                check_shape(name, getattr(self, name), shape)
        if len(self.occluder_classes) != joints:
            raise ValueError(
                f'occluder_classes: got {len(self.occluder_classes)}, expected {joints}'
            )

    def __len__(self) -> int:
        return len(self.states)


@dataclass(frozen=True)
class PredictedPath:
    """One hypothesis of where somebody goes, at S times after the image.

    Attributes:
        time_step_s: between two of them; the first is one step after the image.
        positions_m: (S, 3) float32 m, hip centre in the camera frame.
        covariances: (S, 3, 3) float32 m^2.
        confidence: probability of this hypothesis.
    """

    time_step_s: float
    positions_m: np.ndarray
    covariances: np.ndarray
    confidence: float


def unknown(*shape: int) -> np.ndarray:
    """Return an array of NaN, float32."""
    return np.full(shape, np.nan, np.float32)


# Of everybody of whom nothing is known.
_NO_VECTOR, _NO_MATRIX = unknown(3), unknown(3, 3)
_NO_VECTOR.flags.writeable = _NO_MATRIX.flags.writeable = False


@dataclass(frozen=True)
class HumanState:
    """One tracked person at one instant.

    Attributes:
        track_id: stable id, from 1 on.
        track_state: life cycle.
        age_s: since the track began, s.
        time_since_update_s: since the person was last observed, s.
        existence_probability: that this is a person who is still there.
        occluded_fraction: share of the joints inside the image that are hidden, in [0, 1].
        identity_confidence: that this is the same person as when the track began.
        box_xyxy: (4,) float32 px.
        joints: the K joints.
        position_m: (3,) float32 m, hip centre in the camera frame; NaN where unknown.
        position_covariance: (3, 3) float32 m^2; NaN where unknown.
        velocity_mps: (3,) float32 m/s of that point, against the camera; NaN where unknown.
        velocity_covariance: (3, 3) float32 m^2/s^2; NaN where unknown.
        alternative_track_ids: other tracks this person may really be, likeliest first.
        alternative_confidences: the probability of each, in [0, 1].
        posture: of the whole body.
        posture_confidence: its probability, NaN while it is unknown.
        axes: (3, 3) float32, columns: the body's forward, left and up in the camera frame; NaN
            where unknown.
        orientation_covariance: (3, 3) float32 rad^2, of small rotations about the axes of the
            camera frame.
        orientation_availability: how much of `axes` is known.
        facing_probability: that the chest is turned to the camera, NaN while nothing tells.
        activities: what they do.
        activity_confidences: the probability of each, in [0, 1].
        pointing_origin_m, pointing_direction: (3,) float32, a ray in the camera frame, m and of
            length 1; NaN while nobody points, or unknown.
        predicted_paths: hypotheses of where they go, the likeliest first; none without 3D.
    """

    track_id: int
    track_state: TrackState
    age_s: float
    time_since_update_s: float
    existence_probability: float
    occluded_fraction: float
    identity_confidence: float
    box_xyxy: np.ndarray
    joints: Joints
    position_m: np.ndarray
    position_covariance: np.ndarray
    velocity_mps: np.ndarray
    velocity_covariance: np.ndarray
    alternative_track_ids: tuple[int, ...] = ()
    alternative_confidences: tuple[float, ...] = ()
    posture: Posture = Posture.UNKNOWN
    posture_confidence: float = np.nan
    axes: np.ndarray = field(default_factory=lambda: _NO_MATRIX)
    orientation_covariance: np.ndarray = field(default_factory=lambda: _NO_MATRIX)
    orientation_availability: OrientationAvailability = OrientationAvailability.UNAVAILABLE
    facing_probability: float = np.nan
    activities: tuple[str, ...] = ()
    activity_confidences: tuple[float, ...] = ()
    pointing_origin_m: np.ndarray = field(default_factory=lambda: _NO_VECTOR)
    pointing_direction: np.ndarray = field(default_factory=lambda: _NO_VECTOR)
    predicted_paths: tuple[PredictedPath, ...] = ()

    @property
    def has_3d(self) -> bool:
        """Whether `position_m` is known."""
        return bool(np.isfinite(self.position_m).all())


@dataclass(frozen=True)
class Event:
    """Something that somebody did.

    Attributes:
        track_id: who.
        activity: what, a name as in `HumanState.activities`.
        start_ns, end_ns: stamps.
        confidence: mean of the probabilities, in [0, 1].
        joints_seen: names of the joints that were seen meanwhile.
    """

    track_id: int
    activity: str
    start_ns: int
    end_ns: int
    confidence: float
    joints_seen: tuple[str, ...]


@dataclass(frozen=True)
class Humans:
    """The result for one instant: everyone the robot knows about.

    Attributes:
        stamp_ns: time of exposure of the image, nanoseconds.
        image_size: (width, height) px.
        skeleton: names the joints of every person.
        people: one HumanState per track, ordered by track id.
        used_pose, used_masks, used_depth: which inputs took part.
        degraded_reason: what was missing, '' when nothing was.
        events: what turned out to be over.
    """

    stamp_ns: int
    image_size: tuple[int, int]
    skeleton: Skeleton
    people: tuple[HumanState, ...]
    used_pose: bool
    used_masks: bool
    used_depth: bool
    degraded_reason: str = ''
    events: tuple[Event, ...] = ()
