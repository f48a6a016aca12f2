"""Keypoint R-CNN as TorchVision exports it: boxes and joints of everybody in one call.

Source: He et al., "Mask R-CNN", 2017, section 5, and TorchVision's `keypointrcnn_resnet50_fpn`: an
image 3 x H x W, or 1 x 3 x H x W, R, G, B in [0, 1]; boxes P x 4 px, labels P (1 is 'person'),
scores P, keypoints P x 17 x 3 (x, y, 1), keypoints_scores P x 17: logits of the best cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.imaging import rgb_letterbox, to_tensor
from ros_vision_perception.models.people import people_with_scores

EXPECTED = (
    'image 3xHxW or 1x3xHxW -> boxes Px4, labels P, scores P, keypoints Px17x3 and '
    'keypoints_scores Px17'
)
_PERSON = 1
_NAMES = 'boxes', 'labels', 'scores', 'keypoints', 'keypoints_scores'
_SHAPES: tuple[Shape, ...] = ((None, 4), (None,), (None,), (None, 17, 3), (None, 17))
# For networks that take any size.
_DEFAULT_SIZE = (640, 480)


@dataclass(frozen=True)
class KeypointRcnn:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        has_batch: whether the input has a dimension for the batch, of 1.
        output_names: of boxes, labels, scores, joints and their scores.
        config: which people are kept.
    """

    input_name: str
    input_size: tuple[int, int]
    has_batch: bool
    output_names: tuple[str, ...]
    config: DetectionConfig
    skeleton = COCO17

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for one frame."""
        (frame,) = frames
        tensor = to_tensor([rgb_letterbox(frame, self.input_size)], 1 / 255)
        return {self.input_name: tensor if self.has_batch else tensor[0]}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of the frame, best first; see `PoseModel.decode`."""
        (image_size,) = image_sizes
        boxes, labels, scores, joints, logits = (outputs[name] for name in self.output_names)
        sound = np.isfinite(boxes).all(axis=1) & np.isfinite(joints).all(axis=(1, 2))
        sound &= (labels == _PERSON) & (scores >= self.config.min_score)
        keep = np.flatnonzero(sound)
        keep = keep[np.argsort(-scores[keep], kind='stable')[: self.config.max_count]]
        scale, shift = letterbox_scale_shift(image_size, self.input_size)
        people = people_with_scores(
            COCO17,
            image_size,
            (joints[keep, :, :2] - shift) / scale,
            1 / (1 + np.exp(-np.nan_to_num(logits[keep]))),
            (boxes[keep] - np.tile(shift, 2)) / np.tile(scale, 2),
            scores[keep],
        )
        return [people]


def recognise(signature: Signature, config: DetectionConfig) -> KeypointRcnn | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != len(_NAMES):
        return None
    ((input_name, image),) = signature.inputs.items()
    is_named = set(signature.outputs) == set(_NAMES)
    names = _NAMES if is_named else tuple(signature.outputs)
    fits = all(
        len(signature.outputs[name]) == len(shape)
        and all(
            want in (None, got) or got is None
            for got, want in zip(signature.outputs[name], shape, strict=True)
        )
        for name, shape in zip(names, _SHAPES, strict=True)
    )
    if not fits or len(image) not in (3, 4) or image[-3] != 3:
        return None
    height, width = image[-2:]
    size = (width, height) if width and height else _DEFAULT_SIZE
    return KeypointRcnn(input_name, size, len(image) == 4, names, config)
