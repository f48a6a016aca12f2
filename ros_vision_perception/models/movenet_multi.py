"""MoveNet MultiPose: up to six people in one call.

Source: model card "MoveNet.MultiPose", 2021: R, G, B in [0, 255], sides that are multiples of 32,
the longer one 256; per person y, x and score of 17 joints, then top, left, bottom, right and score
of the box, relative to the input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import rgb_letterbox, snug_size
from ros_vision_perception.models.people import people_with_scores

EXPECTED = 'image NxHxWx3 -> Nx6x56'
_TRAINED_SIZE = (256, 256)
_NUMBERS = 3 * len(COCO17) + 5


@dataclass(frozen=True)
class MoveNetMulti:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px; None when the network takes any.
        output_name: of the people.
        config: which people are kept.
    """

    input_name: str
    input_size: tuple[int, int] | None
    output_name: str
    config: DetectionConfig
    skeleton = COCO17

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        size = self._size(frames[0].size)
        return {self.input_name: np.array([rgb_letterbox(frame, size) for frame in frames])}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame, best first; see `PoseModel.decode`."""
        return [
            self._people(rows, image_size)
            for rows, image_size in zip(outputs[self.output_name], image_sizes, strict=True)
        ]

    def _people(self, rows: np.ndarray, image_size: tuple[int, int]) -> Keypoints:
        rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, -1] >= self.config.min_score)]
        rows = rows[np.argsort(-rows[:, -1], kind='stable')[: self.config.max_count]]
        joints = rows[:, :-5].reshape(len(rows), len(COCO17), 3)
        size = self._size(image_size)
        scale, shift = letterbox_scale_shift(image_size, size)
        corners = rows[:, [-4, -5, -2, -3]] * np.tile(size, 2)
        return people_with_scores(
            COCO17,
            image_size,
            (joints[..., 1::-1] * size - shift) / scale - 0.5,
            joints[..., 2],
            (corners - np.tile(shift, 2)) / np.tile(scale, 2),
            rows[:, -1],
        )

    def _size(self, image_size: tuple[int, int]) -> tuple[int, int]:
        return self.input_size or snug_size(image_size, _TRAINED_SIZE)


def recognise(signature: Signature, config: DetectionConfig) -> MoveNetMulti | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 1:
        return None
    ((input_name, image),) = signature.inputs.items()
    ((output_name, people),) = signature.outputs.items()
    if len(image) != 4 or image[3] != 3 or len(people) != 3 or people[2] != _NUMBERS:
        return None
    height, width = image[1:3]
    size = (width, height) if width and height else None
    return MoveNetMulti(input_name, size, output_name, config)
