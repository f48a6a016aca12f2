"""NanoDet and NanoDet-Plus: boxes of people from distances to the four sides.

Sources: RangiLyu, "NanoDet", 2020, and Li et al., "Generalized Focal Loss", 2020: each distance is
the mean of a distribution over 0 .. R strides. B, G, R, normalised by the mean and deviation of
ImageNet. Class 0 is 'person', with COCO's 80 classes too. Two forms are published:

- NanoDet: for each stride S `cls_pred_stride_S` N x A x C, `dis_pred_stride_S` N x A x 4 (R + 1),
  points in the middle of cells;
- NanoDet-Plus: all strides, 64 too, in one output N x A x (C + 4 (R + 1)), points at
  corners of cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import coco
from ros_vision_perception.models.base import Boxes, DetectionConfig, Signature
from ros_vision_perception.models.detection import anchor_count, anchors, people_in_image
from ros_vision_perception.models.imaging import letterbox_tensor

EXPECTED = (
    'image Nx3xHxW -> cls_pred_stride_S NxAxclasses and dis_pred_stride_S NxAx32, '
    'or NxAx112 with A cells of strides 8 to 64'
)
_MEAN, _DEVIATION = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
_PERSON = 0
_SCORES, _DISTANCES = 'cls_pred_stride_', 'dis_pred_stride_'
# R of all networks that are published.
_REACH = 7
_SIDES = 4 * (_REACH + 1)
_PLUS_STRIDES = (8, 16, 32, 64)


@dataclass(frozen=True)
class NanoDet:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        output_names: of the scores and of the distances of each stride; of NanoDet-Plus one name.
        strides: px.
        config: which detections are kept.
    """

    input_name: str
    input_size: tuple[int, int]
    output_names: tuple[tuple[str, str], ...] | str
    strides: tuple[int, ...]
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames."""
        scale, offset = 1 / _DEVIATION, -_MEAN / _DEVIATION
        tensor = letterbox_tensor(frames, self.input_size, scale, offset, order='bgr')
        return {self.input_name: tensor}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame, best first; see `DetectorModel.decode`."""
        if isinstance(self.output_names, str):
            rows = outputs[self.output_names]
            scores, distances, offset = rows[..., _PERSON], rows[..., -_SIDES:], 0.0
        else:
            names, others = zip(*self.output_names, strict=True)
            scores = np.concatenate([outputs[name][..., _PERSON] for name in names], axis=1)
            distances = np.concatenate([outputs[name] for name in others], axis=1)
            offset = 0.5
        points, strides = anchors(self.input_size, offset, self.strides)
        return [
            self._people(*parts, points, strides)
            for parts in zip(scores, distances, image_sizes, strict=True)
        ]

    def _people(
        self,
        scores: np.ndarray,
        distances: np.ndarray,
        image_size: tuple[int, int],
        points: np.ndarray,
        strides: np.ndarray,
    ) -> Boxes:
        # Distributions only of those that matter.
        keep = np.flatnonzero(scores >= self.config.min_score)
        logits = distances[keep].reshape(len(keep), 4, _REACH + 1)
        shares = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        # Not by the matrix product: its threads would wait for those of the network.
        means = np.einsum('nsb,b->ns', shares, np.arange(_REACH + 1, dtype=np.float32))
        sides = means * strides[keep]
        boxes = np.concatenate((points[keep] - sides[:, :2], points[keep] + sides[:, 2:]), axis=1)
        return people_in_image(boxes, scores[keep], self.config, image_size, self.input_size)


def recognise(signature: Signature, config: DetectionConfig) -> NanoDet | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1:
        return None
    ((input_name, image),) = signature.inputs.items()
    if len(image) != 4 or image[1] != 3 or image[2] is None or image[3] is None:
        return None
    size = image[3], image[2]
    names = _names(signature)
    if names is not None:
        strides = tuple(int(name.removeprefix(_SCORES)) for name, _ in names)
        return NanoDet(input_name, size, names, strides, config)
    if len(signature.outputs) != 1:
        return None
    ((output_name, rows),) = signature.outputs.items()
    plus = anchor_count(size, _PLUS_STRIDES), len(coco.CLASS_NAMES) + _SIDES
    if rows[1:] != plus:
        return None
    return NanoDet(input_name, size, output_name, _PLUS_STRIDES, config)


def _names(signature: Signature) -> tuple[tuple[str, str], ...] | None:
    scores = sorted(
        (name for name in signature.outputs if name.startswith(_SCORES)),
        key=lambda name: int(name.removeprefix(_SCORES)),
    )
    names = tuple((name, name.replace(_SCORES, _DISTANCES)) for name in scores)
    is_one = {name for pair in names for name in pair} == set(signature.outputs) and all(
        signature.outputs[other][2] == _SIDES for _, other in names
    )
    return names if names and is_one else None
