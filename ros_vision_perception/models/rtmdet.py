"""RTMDet as MMDeploy exports it end to end: boxes of people, suppression inside the network.

Source: Lyu et al., "RTMDet: An Empirical Study of Designing Real-Time Object Detectors", 2022,
and the configuration published with the networks: B, G, R, normalised by the mean and deviation
of ImageNet, trained for people at 320 px (nano). Class 0 is 'person', with COCO's 80 classes too.

MMDeploy's exports of other detectors look the same and want other inputs; nothing in the file
tells them apart: see `yolox_end2end`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import Boxes, DetectionConfig, Signature, fits
from ros_vision_perception.models.imaging import letterbox_tensor, snug_size

EXPECTED = 'input Nx3xHxW -> dets Nxdetectionsx5 and labels Nxdetections'
MEAN, DEVIATION = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
_PERSON = 0


@dataclass(frozen=True)
class RtmDet:
    """A network of this family.

    Attributes:
        input_size: (width, height) px; None when the network takes any.
        config: which detections are kept.
    """

    input_size: tuple[int, int] | None
    config: DetectionConfig

    # Given to networks that take any.
    TRAINED_SIZE: ClassVar = (320, 320)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        size = self._size(frames[0].size)
        scale, offset = 1 / DEVIATION, -MEAN / DEVIATION
        return {'input': letterbox_tensor(frames, size, scale, offset, order='bgr')}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame, best first; see `DetectorModel.decode`."""
        return [
            self._people(rows, labels, image_size)
            for rows, labels, image_size in zip(
                outputs['dets'], outputs['labels'], image_sizes, strict=True
            )
        ]

    def _people(self, rows: np.ndarray, labels: np.ndarray, image_size: tuple[int, int]) -> Boxes:
        rows = rows[(labels == _PERSON) & (rows[:, 4] >= self.config.min_score)]
        rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2:4] > rows[:, :2]).all(axis=1)]
        rows = rows[np.argsort(-rows[:, 4], kind='stable')[: self.config.max_count]]
        scale, shift = letterbox_scale_shift(image_size, self._size(image_size))
        boxes = (rows[:, :4] - np.tile(shift, 2)) / np.tile(scale, 2)
        return Boxes(boxes.astype(np.float32), np.minimum(rows[:, 4], np.float32(1)))

    def _size(self, image_size: tuple[int, int]) -> tuple[int, int]:
        return self.input_size or snug_size(image_size, self.TRAINED_SIZE)


def recognise(signature: Signature, config: DetectionConfig) -> RtmDet | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if not fits(signature.inputs, {'input': (None, 3, None, None)}) or not fits(
        signature.outputs, {'dets': (None, None, 5), 'labels': (None, None)}
    ):
        return None
    height, width = signature.inputs['input'][2:]
    return RtmDet((width, height) if width and height else None, config)
