"""What every model that needs one call of one network per frame looks like.

Such a model is pure: `preprocess` makes the network's inputs, `decode` reads its outputs. A file
of this folder holds one family and can tell from what a network says of itself whether it is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Signature:
    """What a network says of itself.

    Attributes:
        inputs: name -> shape, where None is a dimension that may vary.
        outputs: likewise.
        metadata: entries of the file.
    """

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return all of it in one line, for people."""
        said = [
            f'{key} {self.metadata[key]}' for key in ('family', 'task') if key in self.metadata
        ]
        return (
            f'input {_text(self.inputs)}, output {_text(self.outputs)}, '
            f'metadata {" and ".join(said) or "without family and task"}'
        )


def fits(shapes: Mapping[str, Shape], expected: Mapping[str, Shape]) -> bool:
    """Return whether a network's inputs or outputs are the expected ones; None matches any."""
    return shapes.keys() == expected.keys() and all(
        len(shapes[name]) == len(shape)
        and all(
            got is None or want is None or got == want
            for got, want in zip(shapes[name], shape, strict=True)
        )
        for name, shape in expected.items()
    )


def _text(shapes: Mapping[str, Shape]) -> str:
    return ' and '.join(
        f'{name} {"x".join("N" if length is None else str(length) for length in shape)}'
        for name, shape in shapes.items()
    )


@dataclass(frozen=True)
class DetectionConfig:
    """Which detections are kept.

    Attributes:
        min_score: those below are left out, in (0, 1).
        max_iou: of two boxes of one class that overlap by more only the better one is kept.
        max_count: the most that are kept, the best ones.
    """

    min_score: float
    max_iou: float = 0.7
    max_count: int = 100


class PoseModel(Protocol):
    """Finds people's joints."""

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        ...

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's inputs for a batch of frames."""
        ...

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame, best first.

        Args:
            outputs: of the network.
            image_sizes: (width, height) px of the frames given to `preprocess`.
        """
        ...


class SegmentationModel(Protocol):
    """Finds masks."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes that it may find."""
        ...

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's inputs for a batch of frames."""
        ...

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return the masks of each frame; see `PoseModel.decode`."""
        ...


@dataclass(frozen=True)
class Boxes:
    """N people, as a detector finds them, best first.

    Attributes:
        boxes_xyxy: (N, 4) float32 px of the image.
        scores: (N,) float32 in [0, 1].
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray


class DetectorModel(Protocol):
    """Finds people's boxes."""

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's inputs for a batch of frames."""
        ...

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame; see `PoseModel.decode`."""
        ...


@dataclass(frozen=True)
class PointsInImage:
    """The joints of N people; see `Keypoints` for the three that few networks give.

    Attributes:
        points_xy: (N, K, 2) float32 px.
        scores: (N, K) float32 in [0, 1].
        visibility: (N, K) float32, P(not occluded); None where the network has none.
        presence: (N, K) float32, P(inside the image); None likewise.
        points_3d: (N, K, 3) float32 m around the hip centre, axes of the camera; None likewise.
    """

    points_xy: np.ndarray
    scores: np.ndarray
    visibility: np.ndarray | None = None
    presence: np.ndarray | None = None
    points_3d: np.ndarray | None = None

    def __getitem__(self, rows: np.ndarray) -> 'PointsInImage':
        given = {name: value[rows] for name, value in vars(self).items() if value is not None}
        return PointsInImage(**given)


# As in the training of most networks for crops (Xiao et al., "Simple Baselines for Human Pose
# Estimation and Tracking", 2018).
USUAL_PADDING = 1.25


class CropPoseModel(Protocol):
    """Finds the joints of one person per crop."""

    @property
    def skeleton(self) -> Skeleton:
        """The K joints."""
        ...

    @property
    def crop_size(self) -> tuple[int, int]:
        """(width, height) px of a crop."""
        ...

    @property
    def padding(self) -> float:
        """How much larger than a person's box the crop is."""
        ...

    def preprocess(self, frame: Frame, crops_from_image: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's only input for N crops (N, 2, 3) of a frame."""
        ...

    def decode(
        self, outputs: Mapping[str, np.ndarray], crops_from_image: np.ndarray
    ) -> PointsInImage:
        """Return the joints in the image of the N crops given to `preprocess`."""
        ...


@runtime_checkable
class MirrorModel(CropPoseModel, Protocol):
    """A network for crops whose answers for a crop and for its mirror image can be averaged."""

    @property
    def mirror_width(self) -> float:
        """What x of a crop and x of its mirror image add up to, px.

        The cells of the outputs then lie on the same points of the person in both.
        """
        ...

    def average(
        self, outputs: Mapping[str, np.ndarray], mirrored: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the mean outputs of N crops and of the mirror images of the same crops."""
        ...


class AppearanceModel(Protocol):
    """Says what people look like."""

    def preprocess(self, frame: Frame, boxes_xyxy: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's only input for N >= 1 people, in boxes (N, 4) px, of a frame."""
        ...

    def decode(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the (N, D) float32 appearances, of unit length; NaN of whom nothing is known."""
        ...


Model = TypeVar('Model', covariant=True)


class Family(Protocol[Model]):
    """A module of this folder whose models need one call of one network per frame."""

    EXPECTED: str
    """The inputs and outputs by which a network is recognised, in one line, for people."""

    def recognise(self, signature: Signature, config: DetectionConfig) -> Model | None:
        """Return the model that a network is, or None when it is of another family.

        Raises:
            ModelError: when it is of this family but cannot be used.
        """
        ...
