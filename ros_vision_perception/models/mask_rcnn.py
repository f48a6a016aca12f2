"""Mask R-CNN as TorchVision exports it: things and their masks, one image per call.

Source: He et al., "Mask R-CNN", 2017, and TorchVision's export: an image 3 x H x W, or
1 x 3 x H x W, R, G, B in [0, 1], which the network scales and normalises itself; boxes D x 4
(left, top, right, bottom, px), labels D, scores D, masks D x 1 x H x W: probabilities of all
pixels of the image, or of 28 x 28 cells of the box where the last step was left out. Outputs of
other names come in this order. Labels are COCO's ids unless the entry `names` tells. Another
network of this form is that of `mask_rcnn_benchmark`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import coco, yolo
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.imaging import rgb_letterbox, to_tensor
from ros_vision_perception.models.instances import Things, things_in_image

EXPECTED = 'image 3xHxW or 1x3xHxW -> boxes Dx4, labels D, scores D and masks Dx1xhxw'
_OUTPUTS = ('boxes', 'labels', 'scores', 'masks')
_RANKS = (2, 1, 1, 4)
# The entry `family` of, and the masks in, files of maskrcnn-benchmark.
BENCHMARK = 'mask-rcnn-benchmark'
_BENCHMARK_CELLS = (28, 28)
# Networks that take any size scale what is larger down to these themselves, px.
_SHORT_SIDE, _LONG_SIDE = 800, 1333


@dataclass(frozen=True)
class MaskRcnn:
    """A network of this family.

    Attributes:
        input_name: of the image.
        has_batch: whether the input has a dimension for the batch.
        input_size: (width, height) px; None when the network takes any.
        output_names: of boxes, labels, scores and masks.
        names: of the classes, by label.
        config: which things are kept.
    """

    input_name: str
    has_batch: bool
    input_size: tuple[int, int] | None
    output_names: tuple[str, ...]
    names: Mapping[int, str]
    config: DetectionConfig

    @property
    def class_names(self) -> tuple[str, ...]:
        """All that it can find."""
        return tuple(self.names.values())

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for one frame."""
        (frame,) = frames
        tensor = to_tensor([rgb_letterbox(frame, self.size_of(frame.size))], 1 / 255)
        return {self.input_name: tensor if self.has_batch else tensor[0]}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return the masks of the frame, best first; see `SegmentationModel.decode`."""
        (image_size,) = image_sizes
        boxes, labels, scores, masks = (outputs[name] for name in self.output_names)
        things = Things(boxes, scores, labels, masks[:, 0])
        input_size = self.size_of(image_size)
        return [things_in_image(things, self.names, self.config, image_size, input_size)]

    def size_of(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) px of the input for an image."""
        return self.input_size or size_for(image_size)


def size_for(image_size: tuple[int, int]) -> tuple[int, int]:
    """Return (width, height) of the input, for an image, of a network that takes any."""
    short, long = sorted(image_size)
    scale = min(1.0, _SHORT_SIDE / short, _LONG_SIDE / long)
    width, height = (max(1, round(length * scale)) for length in image_size)
    return width, height


def recognise(signature: Signature, config: DetectionConfig) -> MaskRcnn | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    form = form_of(signature)
    if form is None or is_of_benchmark(signature, form):
        return None
    named = yolo.class_names(signature)
    names = coco.NAMES_BY_ID if named is None else dict(enumerate(named))
    return MaskRcnn(*form, names, config)


class Form(NamedTuple):
    """The first attributes of `MaskRcnn`."""

    input_name: str
    has_batch: bool
    input_size: tuple[int, int] | None
    output_names: tuple[str, ...]


def form_of(signature: Signature) -> Form | None:
    """Return the form of a Mask R-CNN, whoever exported it; None when the network is another."""
    if len(signature.inputs) != 1:
        return None
    ((input_name, image),) = signature.inputs.items()
    outputs = _output_names(signature.outputs)
    if outputs is None or len(image) not in (3, 4) or image[-3] not in (3, None):
        return None
    if len(image) == 4 and image[0] not in (1, None):
        return None
    height, width = image[-2:]
    return Form(
        input_name, len(image) == 4, (width, height) if width and height else None, outputs
    )


def is_of_benchmark(signature: Signature, form: Form) -> bool:
    """Return whether a Mask R-CNN is the one of `mask_rcnn_benchmark`.

    Its outputs have numbers for names, and its masks stay in their boxes.
    """
    if form.has_batch or set(form.output_names) == set(_OUTPUTS):
        return False
    cells = signature.outputs[form.output_names[3]][2:]
    return cells == _BENCHMARK_CELLS or signature.metadata.get('family') == BENCHMARK


def _output_names(outputs: Mapping[str, Shape]) -> tuple[str, ...] | None:
    """Return the names of boxes, labels, scores and masks, by name, else by their order."""
    names = _OUTPUTS if set(outputs) == set(_OUTPUTS) else tuple(outputs)
    if tuple(len(outputs[name]) for name in names) != _RANKS:
        return None
    boxes, masks = outputs[names[0]], outputs[names[3]]
    return names if boxes[1] == 4 and masks[1] in (1, None) else None
