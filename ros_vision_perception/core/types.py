"""What flows through the pipeline: frozen dataclasses of arrays, checked once when made.

Pixels: x to the right, y down, the centre of the top-left pixel at (0, 0). Boxes are
`(x_min, y_min, x_max, y_max)`. Metres: the camera's optical frame, x right, y down, z forward.
Arrays are not copied and must not be written to after they were handed over.
"""

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import Skeleton


class JointState(IntEnum):
    """Why a joint is or is not seen. The values are those of `HumanJoint.msg`."""

    UNKNOWN = 0
    VISIBLE = 1
    OCCLUDED_BY_SELF = 2
    OCCLUDED_BY_PERSON = 3
    OCCLUDED_BY_OBJECT = 4
    OUT_OF_IMAGE = 5
    PREDICTED = 6


class TrackState(IntEnum):
    """Life cycle of a track. The values are those of `HumanState.msg`."""

    TENTATIVE = 0
    CONFIRMED = 1
    OCCLUDED = 2
    LOST = 3


def check_shape(name: str, array: np.ndarray, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `array` has `shape`, where None stands for any length."""
    if array.shape == shape:
        return
    if len(array.shape) != len(shape) or any(
        want is not None and got != want for got, want in zip(array.shape, shape, strict=True)
    ):
        raise ValueError(f'{name}: got shape {array.shape}, expected {shape}')


@dataclass(frozen=True)
class Frame:
    """One camera image, decoded but not converted: the models crop first and convert after.

    Attributes:
        pixels: (H, W, 3) or (H, W, 4) or (H, W) uint8.
        encoding: order of the channels: 'rgb8', 'bgr8', 'rgba8', 'bgra8' or 'mono8'.
        stamp_ns: time of exposure (the message's header stamp), nanoseconds.
    """

    pixels: np.ndarray
    encoding: str
    stamp_ns: int

    CHANNELS: ClassVar[dict[str, int]] = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}

    def __post_init__(self) -> None:
        if self.encoding not in self.CHANNELS:
            raise ValueError(f'encoding {self.encoding!r}; expected one of {list(self.CHANNELS)}')
        channels = self.CHANNELS[self.encoding]
        shape = (None, None) if channels == 1 else (None, None, channels)
        check_shape('pixels', self.pixels, shape)
        if self.pixels.dtype != np.uint8:
            raise ValueError(f'pixels: got {self.pixels.dtype}, expected uint8')

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class CameraModel:
    """Pinhole intrinsics of the rectified image, pixels.

    Attributes:
        fx, fy: focal lengths.
        cx, cy: principal point.
        size: (width, height) of the images the intrinsics belong to.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    size: tuple[int, int]


@dataclass(frozen=True)
class Keypoints:
    """The poses of N people in one image, K joints each, as the pose model sees them.

    Attributes:
        skeleton: names the K joints.
        image_size: (width, height) px.
        keypoints_xy: (N, K, 2) float32 px; may lie outside the image.
        scores: (N, K) float32, the model's raw score per joint in [0, 1].
        visibility: (N, K) float32, P(not occluded), NaN where the model has none.
        presence: (N, K) float32, P(inside the image), NaN where the model has none.
        boxes_xyxy: (N, 4) float32 px.
        person_scores: (N,) float32 in [0, 1].
        keypoints_3d: (N, K, 3) float32 m, relative to the hip centre, axes of the camera's
            optical frame; NaN where the model has none.
        masks: N masks of the person's visible pixels, or empty when the model gives none.
    """

    skeleton: Skeleton
    image_size: tuple[int, int]
    keypoints_xy: np.ndarray
    scores: np.ndarray
    visibility: np.ndarray
    presence: np.ndarray
    boxes_xyxy: np.ndarray
    person_scores: np.ndarray
    keypoints_3d: np.ndarray
    masks: tuple[BoxMask, ...] = ()

    def __post_init__(self) -> None:
        people, joints = len(self.person_scores), len(self.skeleton)
        check_shape('keypoints_xy', self.keypoints_xy, (people, joints, 2))
        for name in ('scores', 'visibility', 'presence'):
            check_shape(name, getattr(self, name), (people, joints))
        check_shape('boxes_xyxy', self.boxes_xyxy, (people, 4))
        check_shape('person_scores', self.person_scores, (people,))
        check_shape('keypoints_3d', self.keypoints_3d, (people, joints, 3))
        if self.masks and len(self.masks) != people:
            raise ValueError(f'masks: got {len(self.masks)}, expected 0 or {people}')

    def __len__(self) -> int:
        return len(self.person_scores)

    def in_skeleton(self, skeleton: Skeleton) -> 'Keypoints':
        """Return the same people with the joints of another skeleton, matched by name.

        Raises:
            ConfigurationError: when this skeleton lacks a joint of the other.
        """
        joints = self.skeleton.subset(skeleton)
        return replace(
            self,
            skeleton=skeleton,
            keypoints_xy=self.keypoints_xy[:, joints],
            scores=self.scores[:, joints],
            visibility=self.visibility[:, joints],
            presence=self.presence[:, joints],
            keypoints_3d=self.keypoints_3d[:, joints],
        )

    @classmethod
    def empty(cls, skeleton: Skeleton, image_size: tuple[int, int]) -> 'Keypoints':
        """No people."""
        joints = len(skeleton)
        return cls(
            skeleton=skeleton,
            image_size=image_size,
            keypoints_xy=np.empty((0, joints, 2), np.float32),
            scores=np.empty((0, joints), np.float32),
            visibility=np.empty((0, joints), np.float32),
            presence=np.empty((0, joints), np.float32),
            boxes_xyxy=np.empty((0, 4), np.float32),
            person_scores=np.empty(0, np.float32),
            keypoints_3d=np.empty((0, joints, 3), np.float32),
        )


@dataclass(frozen=True)
class InstanceMasks:
    """N masks with class and score. A semantic model gives one instance per class region.

    Attributes:
        image_size: (width, height) px.
        class_ids: (N,) int32, the model's own numbering.
        class_names: N names; people are 'person'.
        scores: (N,) float32 in [0, 1].
        boxes_xyxy: (N, 4) float32 px.
        masks: N masks; those of different people may overlap.
        is_instance: False when one mask may hold several people (a semantic model).
    """

    image_size: tuple[int, int]
    class_ids: np.ndarray
    class_names: tuple[str, ...]
    scores: np.ndarray
    boxes_xyxy: np.ndarray
    masks: tuple[BoxMask, ...]
    is_instance: bool

    def __post_init__(self) -> None:
        count = len(self.masks)
        check_shape('class_ids', self.class_ids, (count,))
        check_shape('scores', self.scores, (count,))
        check_shape('boxes_xyxy', self.boxes_xyxy, (count, 4))
        if len(self.class_names) != count:
            raise ValueError(f'class_names: got {len(self.class_names)}, expected {count}')

    def __len__(self) -> int:
        return len(self.masks)

    @classmethod
    def empty(cls, image_size: tuple[int, int], *, is_instance: bool) -> 'InstanceMasks':
        """No instances."""
        return cls(
            image_size=image_size,
            class_ids=np.empty(0, np.int32),
            class_names=(),
            scores=np.empty(0, np.float32),
            boxes_xyxy=np.empty((0, 4), np.float32),
            masks=(),
            is_instance=is_instance,
        )


@dataclass(frozen=True)
class Observation:
    """All that is known about one instant; what is missing is None and degrades the result.

    Attributes:
        stamp_ns: time of exposure, nanoseconds.
        image_size: (width, height) px.
        keypoints: the poses, None when the pose model gave no answer in time.
        masks: the segmentation, None likewise.
        depth_m: (h, w) float32 m aligned with the image, NaN or 0 where unknown; None without
            a depth camera.
        camera: intrinsics; None when unknown.
    """

    stamp_ns: int
    image_size: tuple[int, int]
    keypoints: Keypoints | None = None
    masks: InstanceMasks | None = None
    depth_m: np.ndarray | None = None
    camera: CameraModel | None = None


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

    _SHAPES: ClassVar[dict[str, tuple[int, ...]]] = {
        'keypoints_xy': (2,),
        'covariances_px': (2, 2),
        'positions_m': (3,),
        'position_covariances': (3, 3),
        'velocities': (3,),
        'velocity_covariances': (3, 3),
    }

    def __post_init__(self) -> None:
        joints = len(self.states)
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                check_shape(field.name, value, (joints, *self._SHAPES.get(field.name, ())))
        if len(self.occluder_classes) != joints:
            raise ValueError(
                f'occluder_classes: got {len(self.occluder_classes)}, expected {joints}'
            )

    def __len__(self) -> int:
        return len(self.states)


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

    @property
    def has_3d(self) -> bool:
        """Whether `position_m` is known."""
        return bool(np.isfinite(self.position_m).all())


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
    """

    stamp_ns: int
    image_size: tuple[int, int]
    skeleton: Skeleton
    people: tuple[HumanState, ...]
    used_pose: bool
    used_masks: bool
    used_depth: bool
    degraded_reason: str = ''
