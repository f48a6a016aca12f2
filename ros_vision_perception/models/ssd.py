"""Detectors that end in lists of boxes, classes and scores: SSD, Faster R-CNN, RetinaNet, ...

Two forms are published, both with the suppression inside; class 1 is 'person', 0 is none:

- TensorFlow's Object Detection API: an image N x H x W x 3, R, G, B in 0 .. 255 of type uint8;
  `detection_boxes` N x D x 4 (top, left, bottom, right, relative), `detection_classes`,
  `detection_scores` N x D, and more;
- TorchVision: an image 3 x H x W, or 1 x 3 x H x W, R, G, B in [0, 1]; boxes D x 4 (left, top,
  right, bottom, px), labels D, scores D, in this order unless they are named so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import Boxes, DetectionConfig, Shape, Signature
from ros_vision_perception.models.detection import people_in_image
from ros_vision_perception.models.imaging import letterbox_tensor, rgb_letterbox

EXPECTED = (
    'image NxHxWx3 -> detection_boxes NxDx4, detection_classes and detection_scores NxD; '
    'or image 3xHxW or 1x3xHxW -> boxes Dx4, labels D and scores D'
)
_PERSON = 1
_TENSORFLOW = ('detection_boxes', 'detection_classes', 'detection_scores')
_TORCHVISION = ('boxes', 'labels', 'scores')
# For networks that take any size.
_DEFAULT_SIZE = (640, 480)


@dataclass(frozen=True)
class Ssd:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        output_names: of boxes, classes and scores.
        config: which detections are kept.
    """

    input_name: str
    input_size: tuple[int, int]
    output_names: tuple[str, str, str]
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames."""
        crops = [rgb_letterbox(frame, self.input_size) for frame in frames]
        return {self.input_name: np.array(crops)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame, best first; see `DetectorModel.decode`."""
        places, classes, scores = (outputs[name] for name in self.output_names)
        boxes = places[..., [1, 0, 3, 2]] * np.tile(self.input_size, 2)
        return [
            people_in_image(
                boxes[row],
                np.where(classes[row] == _PERSON, scores[row], 0.0),
                self.config,
                image_size,
                self.input_size,
            )
            for row, image_size in enumerate(image_sizes)
        ]


@dataclass(frozen=True)
class TorchVisionDetector(Ssd):
    """A network of TorchVision's form: one image per call.

    Attributes:
        has_batch: whether the input has a dimension for the batch.
    """

    has_batch: bool

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for one frame."""
        tensor = letterbox_tensor(frames, self.input_size, 1 / 255)
        return {self.input_name: tensor if self.has_batch else tensor[0]}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of the frame, best first; see `DetectorModel.decode`."""
        boxes, labels, scores = (outputs[name] for name in self.output_names)
        people = np.where(labels == _PERSON, scores, 0.0)
        (size,) = image_sizes
        return [people_in_image(boxes, people, self.config, size, self.input_size)]


def recognise(signature: Signature, config: DetectionConfig) -> Ssd | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1:
        return None
    ((input_name, image),) = signature.inputs.items()
    # Exports of TensorFlow add ':0' to every name.
    names = {name.partition(':')[0]: name for name in signature.outputs}
    if len(image) == 4 and image[3] == 3 and set(_TENSORFLOW) <= names.keys():
        boxes, classes, scores = (names[name] for name in _TENSORFLOW)
        size = _size(image[1], image[2])
        return Ssd(input_name, size, (boxes, classes, scores), config)
    found = _torchvision_names(signature.outputs)
    if found is None or image[-3] != 3 or len(image) not in (3, 4) or image[0] not in (1, 3, None):
        return None
    size = _size(image[-2], image[-1])
    return TorchVisionDetector(input_name, size, found, config, len(image) == 4)


def _torchvision_names(outputs: Mapping[str, Shape]) -> tuple[str, str, str] | None:
    """Return the names of boxes, labels and scores, by name, else by their order."""
    if len(outputs) != len(_TORCHVISION):
        return None
    boxes, labels, scores = _TORCHVISION if set(outputs) == set(_TORCHVISION) else outputs
    ranks = [len(outputs[name]) for name in (boxes, labels, scores)]
    return (boxes, labels, scores) if ranks == [2, 1, 1] and outputs[boxes][1] == 4 else None


def _size(height: int | None, width: int | None) -> tuple[int, int]:
    return (width, height) if width and height else _DEFAULT_SIZE
