"""YOLOX: boxes of people from three grids, suppression outside of the network.

Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", 2021, and the demonstration published
with the networks: B, G, R in [0, 255]. For C classes the output is N x anchors x (5 + C): centre
relative to the cell and logarithm of the size, both in strides, objectness, score of each class.
Class 0 is 'person', with COCO's 80 classes too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import Boxes, DetectionConfig, Signature
from ros_vision_perception.models.detection import anchor_count, anchors, people_in_image
from ros_vision_perception.models.imaging import letterbox_tensor

EXPECTED = 'images Nx3xHxW -> NxAx(5+classes), with A cells of strides 8, 16 and 32'
_PERSON = 0
# The logarithm of a size in strides; larger ones are no boxes.
_LARGEST = 6.0


@dataclass(frozen=True)
class YoloX:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        output_name: of the detections.
        config: which detections are kept.
    """

    input_name: str
    input_size: tuple[int, int]
    output_name: str
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames."""
        return {self.input_name: letterbox_tensor(frames, self.input_size, 1.0, order='bgr')}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame, best first; see `DetectorModel.decode`."""
        points, strides = anchors(self.input_size, 0.0)
        return [
            self._people(rows, points, strides, image_size)
            for rows, image_size in zip(outputs[self.output_name], image_sizes, strict=True)
        ]

    def _people(
        self,
        rows: np.ndarray,
        points: np.ndarray,
        strides: np.ndarray,
        image_size: tuple[int, int],
    ) -> Boxes:
        scores = rows[:, 4] * rows[:, 5 + _PERSON]
        # Boxes only of those that matter.
        keep = np.flatnonzero(scores >= self.config.min_score)
        rows, strides = rows[keep], strides[keep]
        centers = points[keep] + rows[:, :2] * strides
        reach = np.exp(np.minimum(rows[:, 2:4], _LARGEST)) * strides / 2
        boxes = np.concatenate((centers - reach, centers + reach), axis=1)
        return people_in_image(boxes, scores[keep], self.config, image_size, self.input_size)


def recognise(signature: Signature, config: DetectionConfig) -> YoloX | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 1:
        return None
    ((input_name, image),) = signature.inputs.items()
    ((output_name, rows),) = signature.outputs.items()
    if len(image) != 4 or image[1] != 3 or len(rows) != 3:
        return None
    height, width = image[2:]
    if height is None or width is None or rows[2] is None or rows[2] < 6:
        return None
    size = width, height
    return YoloX(input_name, size, output_name, config) if rows[1] == anchor_count(size) else None
