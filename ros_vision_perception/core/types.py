"""What flows through the pipeline: frozen dataclasses of arrays, checked once when made.

Pixels: x to the right, y down, the centre of the top-left pixel at (0, 0). Boxes are
`(x_min, y_min, x_max, y_max)`. Metres: the camera's optical frame, x right, y down, z forward.
Arrays are not copied and must not be written to after they were handed over.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import Skeleton


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
        appearances: (N, D) float32, what each person looks like: rows of unit length, 0 in
            entries that stand for what is not seen, NaN where a person could not be described;
            None when nobody was asked to.
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
    appearances: np.ndarray | None = None

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
        if self.appearances is not None:
            check_shape('appearances', self.appearances, (people, None))

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
        appearances: (N, D) float32, as in `Keypoints`.
    """

    image_size: tuple[int, int]
    class_ids: np.ndarray
    class_names: tuple[str, ...]
    scores: np.ndarray
    boxes_xyxy: np.ndarray
    masks: tuple[BoxMask, ...]
    is_instance: bool
    appearances: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.masks)
        check_shape('class_ids', self.class_ids, (count,))
        check_shape('scores', self.scores, (count,))
        check_shape('boxes_xyxy', self.boxes_xyxy, (count, 4))
        if len(self.class_names) != count:
            raise ValueError(f'class_names: got {len(self.class_names)}, expected {count}')
        if self.appearances is not None:
            check_shape('appearances', self.appearances, (count, None))

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
