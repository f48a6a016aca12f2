"""Keypoint R-CNN as TorchVision exports it: boxes, joints and masks of people in one call.

Source: He et al., "Mask R-CNN", 2017, section 5, and TorchVision's `keypointrcnn_resnet50_fpn`: an
image 3 x H x W, or 1 x 3 x H x W, R, G, B in [0, 1]; boxes P x 4 px, labels P (1 is 'person'),
scores P, keypoints P x 17 x 3 (x, y, 1), keypoints_scores P x 17: logits of the best cell. With a
mask head too there are masks P x 1 x h x w after the scores; see `mask_rcnn`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature, fits
from ros_vision_perception.models.imaging import rgb_letterbox, to_tensor
from ros_vision_perception.models.instances import masks_in_image
from ros_vision_perception.models.mask_rcnn import size_for
from ros_vision_perception.models.people import people_with_scores

EXPECTED = (
    'image 3xHxW or 1x3xHxW -> boxes Px4, labels P, scores P, keypoints Px17x3 and '
    'keypoints_scores Px17, with or without masks Px1xhxw'
)
_PERSON = 1
_JOINTS: dict[str, Shape] = {'keypoints': (None, 17, 3), 'keypoints_scores': (None, 17)}
_BOXES: dict[str, Shape] = {'boxes': (None, 4), 'labels': (None,), 'scores': (None,)}
_MASKS: dict[str, Shape] = {'masks': (None, 1, None, None)}


@dataclass(frozen=True)
class KeypointRcnn:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px; None when the network takes any.
        has_batch: whether the input has a dimension for the batch, of 1.
        output_names: what each output is, by the name that TorchVision gives it -> its name.
        config: which people are kept.
    """

    input_name: str
    input_size: tuple[int, int] | None
    has_batch: bool
    output_names: Mapping[str, str]
    config: DetectionConfig
    skeleton = COCO17

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for one frame."""
        (frame,) = frames
        size = self.input_size or size_for(frame.size)
        tensor = to_tensor([rgb_letterbox(frame, size)], 1 / 255)
        return {self.input_name: tensor if self.has_batch else tensor[0]}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of the frame, best first; see `PoseModel.decode`."""
        (image_size,) = image_sizes
        found = {known: outputs[name] for known, name in self.output_names.items()}
        boxes, scores, joints = found['boxes'], found['scores'], found['keypoints']
        sound = np.isfinite(boxes).all(axis=1) & np.isfinite(joints).all(axis=(1, 2))
        sound &= (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        sound &= (found['labels'] == _PERSON) & (scores >= self.config.min_score)
        keep = np.flatnonzero(sound)
        keep = keep[np.argsort(-scores[keep], kind='stable')[: self.config.max_count]]
        size = self.input_size or size_for(image_size)
        scale, shift = letterbox_scale_shift(image_size, size)
        people = people_with_scores(
            COCO17,
            image_size,
            (joints[keep, :, :2] - shift) / scale,
            1 / (1 + np.exp(-np.nan_to_num(found['keypoints_scores'][keep]))),
            (boxes[keep] - np.tile(shift, 2)) / np.tile(scale, 2),
            scores[keep],
        )
        if 'masks' in found:
            masks = masks_in_image(found['masks'][keep, 0], people.boxes_xyxy, image_size, size)
            people = replace(people, masks=masks)
        return [people]


def recognise(signature: Signature, config: DetectionConfig) -> KeypointRcnn | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    outputs = _output_names(signature.outputs)
    if len(signature.inputs) != 1 or outputs is None:
        return None
    ((input_name, image),) = signature.inputs.items()
    if len(image) not in (3, 4) or image[-3] not in (3, None):
        return None
    if len(image) == 4 and image[0] not in (1, None):
        return None
    height, width = image[-2:]
    size = (width, height) if width and height else None
    return KeypointRcnn(input_name, size, len(image) == 4, outputs, config)


def _output_names(outputs: Mapping[str, Shape]) -> dict[str, str] | None:
    """Return the name of each known output: itself, else that of the output in its place."""
    for known in (_BOXES | _JOINTS, _BOXES | _MASKS | _JOINTS):
        names = known if set(outputs) == set(known) else outputs
        pairs = dict(zip(known, names, strict=False))
        if len(outputs) == len(known) and fits(
            {key: outputs[name] for key, name in pairs.items()}, known
        ):
            return pairs
    return None
