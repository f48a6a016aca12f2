"""A model family of one file: a network that says where one person's joints are, as shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.skeleton import COCO17, Skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Signature, fits
from ros_vision_perception.models.imaging import rgb_letterbox, to_tensor

EXPECTED = 'toy_image Nx3x32x32 -> toy_joints Nx17x3'


@dataclass(frozen=True)
class Toy:
    """A network of this family."""

    config: DetectionConfig

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        return COCO17

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's inputs for a batch of frames."""
        images = [rgb_letterbox(frame, (32, 32)) for frame in frames]
        return {'toy_image': to_tensor(images, 1.0)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame."""
        return [
            _people(joints, size, self.config)
            for joints, size in zip(outputs['toy_joints'], image_sizes, strict=True)
        ]


def recognise(signature: Signature, config: DetectionConfig) -> Toy | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if fits(signature.inputs, {'toy_image': (None, 3, 32, 32)}):
        return Toy(config)
    return None


def _people(joints: np.ndarray, size: tuple[int, int], config: DetectionConfig) -> Keypoints:
    scores = joints[None, :, 2]
    if scores.mean() < config.min_score:
        return Keypoints.empty(COCO17, size)
    points = (joints[None, :, :2] * size).astype(np.float32)
    unknown = np.full(scores.shape, np.nan, np.float32)
    return Keypoints(
        skeleton=COCO17,
        image_size=size,
        keypoints_xy=points,
        scores=scores,
        visibility=unknown,
        presence=unknown,
        boxes_xyxy=np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1),
        person_scores=scores.mean(axis=1),
        keypoints_3d=np.full((*scores.shape, 3), np.nan, np.float32),
    )
