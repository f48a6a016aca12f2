"""YOLOv8, YOLO11, YOLO26 for boxes: the people among the things they find; see `yolo`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import coco, yolo
from ros_vision_perception.models.base import Boxes, DetectionConfig, Signature

EXPECTED = 'image Nx3xHxW -> Nx(4+classes)xanchors or Nxdetectionsx6'
_PERSON = 'person'
# Networks with the suppression inside give no more than this; raw grids have more cells.
_MAX_DETECTIONS = 300


@dataclass(frozen=True)
class YoloDetect:
    """A network of this family.

    Attributes:
        layout: how to feed it and how to read its detections.
        config: which detections are kept.
    """

    layout: yolo.Layout
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        return yolo.preprocess(self.layout, frames)

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame, best first; see `DetectorModel.decode`."""
        person = self.layout.class_names.index(_PERSON)
        people = []
        for found, image_size in zip(
            yolo.detections(self.layout, outputs, self.config), image_sizes, strict=True
        ):
            found = found[found.class_ids == person]
            scale, shift = yolo.scale_and_shift(self.layout, image_size)
            boxes = (found.boxes_xyxy - np.tile(shift, 2)) / np.tile(scale, 2)
            people.append(Boxes(boxes.astype(np.float32), found.scores))
        return people


def recognise(signature: Signature, config: DetectionConfig) -> YoloDetect | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if signature.metadata.get('task', 'detect') != 'detect' or len(signature.outputs) != 1:
        return None
    ((output_name, shape),) = signature.outputs.items()
    names = yolo.class_names(signature) or coco.CLASS_NAMES
    found = yolo.layout(signature, output_name, names, 0)
    if found is None or _PERSON not in names:
        return None
    if found.suppressed and 'task' not in signature.metadata:
        # Six numbers per row say little: rows of an unknown number may be anything.
        is_few = shape[1] is not None and shape[1] <= _MAX_DETECTIONS
        return YoloDetect(found, config) if is_few else None
    return YoloDetect(found, config)
