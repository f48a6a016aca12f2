"""YOLOv8-seg, YOLO11-seg, YOLO26-seg: things and their masks in one call; see `yolo`.

A mask is a sum of the network's prototypes (`output1`, N x E x cells x cells), weighted by the E
further numbers of a detection and cut to its box. Source: Bolya et al., "YOLACT: Real-time
Instance Segmentation", 2019, section 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import coco, yolo
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.instances import mask_in_box

EXPECTED = 'image Nx3xHxW -> Nx(4+classes+E)xanchors or Nxdetectionsx(6+E), and NxExcellsxcells'


@dataclass(frozen=True)
class YoloSegmentation:
    """A network of this family.

    Attributes:
        prototypes_name: of the output with the prototypes.
        layout: how to feed it and how to read its detections.
        config: which detections are kept.
    """

    prototypes_name: str
    layout: yolo.Layout
    config: DetectionConfig

    @property
    def class_names(self) -> tuple[str, ...]:
        """All that it can find."""
        return self.layout.class_names

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        return yolo.preprocess(self.layout, frames)

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return the masks of each frame, best first; see `SegmentationModel.decode`."""
        return [
            self._instances(found, prototypes, image_size)
            for found, prototypes, image_size in zip(
                yolo.detections(self.layout, outputs, self.config),
                outputs[self.prototypes_name],
                image_sizes,
                strict=True,
            )
        ]

    def _instances(
        self, found: yolo.Detections, prototypes: np.ndarray, image_size: tuple[int, int]
    ) -> InstanceMasks:
        scale, shift = yolo.scale_and_shift(self.layout, image_size)
        boxes = (found.boxes_xyxy - np.tile(shift, 2)) / np.tile(scale, 2)
        boxes = np.clip(boxes, 0, np.tile(image_size, 2)).astype(np.float32)
        # A cell covers this many px of the input.
        width, height = yolo.input_size(self.layout, image_size)
        cell = np.array([width / prototypes.shape[2], height / prototypes.shape[1]])
        masks = [
            _mask(weights, prototypes, box, scale / cell, shift / cell)
            for weights, box in zip(found.extras, boxes, strict=True)
        ]
        seen = np.flatnonzero([mask.area > 0 for mask in masks])
        return InstanceMasks(
            image_size=image_size,
            class_ids=found.class_ids[seen],
            class_names=tuple(self.layout.class_names[found.class_ids[i]] for i in seen),
            scores=found.scores[seen],
            boxes_xyxy=boxes[seen],
            masks=tuple(masks[i] for i in seen),
            is_instance=True,
        )


def _mask(
    weights: np.ndarray,
    prototypes: np.ndarray,
    box_xyxy: np.ndarray,
    scale: np.ndarray,
    shift: np.ndarray,
) -> BoxMask:
    """Return the mask of one detection at the resolution of the image.

    Args:
        weights: (E,) of the prototypes.
        prototypes: (E, rows, columns).
        box_xyxy: (4,) px of the image, inside of it.
        scale: (2,) cells per px of the image.
        shift: (2,) cells: where the image begins.
    """
    _, top, _, bottom = np.rint(box_xyxy).astype(int)
    count, rows, columns = prototypes.shape
    # Only the rows that the box touches, and as a view. Not by the matrix product: its threads
    # would wait for those of the network, at times for longer than the network takes.
    first = max(0, int(top * scale[1] + shift[1]) - 1)
    last = min(rows, int(np.ceil(bottom * scale[1] + shift[1])) + 1)
    flat = prototypes.reshape(count, rows * columns)[:, first * columns : last * columns]
    logits = np.einsum('e,ep->p', weights, flat).reshape(last - first, columns)
    return mask_in_box(logits, box_xyxy, scale, shift - [0, first], 0.0)


def recognise(signature: Signature, config: DetectionConfig) -> YoloSegmentation | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    by_rank = {len(shape): name for name, shape in signature.outputs.items()}
    if (
        signature.metadata.get('task', 'segment') != 'segment'
        or by_rank.keys() != {3, 4}
        or len(signature.outputs) != 2
    ):
        return None
    extras, rows = signature.outputs[by_rank[4]][1], signature.outputs[by_rank[3]][1]
    if extras is None:
        return None
    names = yolo.class_names(signature)
    if names is None and rows == 4 + len(coco.CLASS_NAMES) + extras:
        names = coco.CLASS_NAMES
    if names is None:
        raise ModelError(
            "expected the metadata entry names, or COCO's classes; "
            f'got an output with {rows} rows and {extras} prototypes'
        )
    layout = yolo.layout(signature, by_rank[3], names, extras)
    return None if layout is None else YoloSegmentation(by_rank[4], layout, config)
