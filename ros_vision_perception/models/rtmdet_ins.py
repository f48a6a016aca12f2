"""RTMDet-Ins as MMDeploy exports it: things and their masks, suppression inside the network.

Source: Lyu et al., "RTMDet: An Empirical Study of Designing Real-Time Object Detectors", 2022.
The input is that of `rtmdet`, of 640 px in training; the masks are probabilities of all pixels of
the input. MMDeploy gives Mask R-CNN the same outputs: see `mask_rcnn_end2end`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import coco, yolo
from ros_vision_perception.models.base import DetectionConfig, Signature, fits
from ros_vision_perception.models.imaging import rgb_letterbox, snug_size, to_tensor
from ros_vision_perception.models.instances import Things, things_in_image
from ros_vision_perception.models.rtmdet import DEVIATION, MEAN

EXPECTED = 'input Nx3xHxW -> dets Nxthingsx5, labels Nxthings and masks NxthingsxHxW'


@dataclass(frozen=True)
class RtmDetIns:
    """A network of this family.

    Attributes:
        input_size: (width, height) px; None when the network takes any.
        class_names: by the network's numbers.
        config: which things are kept.
    """

    input_size: tuple[int, int] | None
    class_names: tuple[str, ...]
    config: DetectionConfig

    # Given to networks that take any.
    TRAINED_SIZE: ClassVar = (640, 640)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        crops = [cv2.cvtColor(crop, cv2.COLOR_RGB2BGR) for crop in self._crops(frames)]
        return {'input': to_tensor(crops, 1 / DEVIATION, -MEAN / DEVIATION)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return the masks of each frame, best first; see `SegmentationModel.decode`."""
        return [
            things_in_image(
                Things(rows[:, :4], rows[:, 4], labels, masks),
                dict(enumerate(self.class_names)),
                self.config,
                image_size,
                self._size(image_size),
            )
            for rows, labels, masks, image_size in zip(
                outputs['dets'], outputs['labels'], outputs['masks'], image_sizes, strict=True
            )
        ]

    def _crops(self, frames: Sequence[Frame]) -> list[np.ndarray]:
        size = self._size(frames[0].size)
        return [rgb_letterbox(frame, size) for frame in frames]

    def _size(self, image_size: tuple[int, int]) -> tuple[int, int]:
        return self.input_size or snug_size(image_size, self.TRAINED_SIZE)


def recognise(signature: Signature, config: DetectionConfig) -> RtmDetIns | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if not is_end2end(signature):
        return None
    size, (rows, columns) = input_size(signature), signature.outputs['masks'][2:]
    if rows and columns and size != (columns, rows):
        return None
    return RtmDetIns(size, class_names(signature), config)


def is_end2end(signature: Signature) -> bool:
    """Return whether a network has the form in which MMDeploy exports things with masks."""
    return fits(signature.inputs, {'input': (None, 3, None, None)}) and fits(
        signature.outputs,
        {'dets': (None, None, 5), 'labels': (None, None), 'masks': (None, None, None, None)},
    )


def input_size(signature: Signature) -> tuple[int, int] | None:
    """Return (width, height) px; None when the network takes any."""
    height, width = signature.inputs['input'][2:]
    return (width, height) if width and height else None


def class_names(signature: Signature) -> tuple[str, ...]:
    """Return those that the file names, else COCO's."""
    return yolo.class_names(signature) or coco.CLASS_NAMES
