"""RTMDet without its last step: scores and distances of three grids, suppression outside.

Source: Lyu et al., "RTMDet: An Empirical Study of Designing Real-Time Object Detectors", 2022,
and its configuration. For each of the strides 8, 16 and 32 there are logits N x C x h x w, and
distances to the left, top, right and bottom N x 4 x h x w, px, from the corner of each cell. Input
as in `rtmdet`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import Boxes, DetectionConfig, Signature
from ros_vision_perception.models.detection import STRIDES, anchors, people_in_image
from ros_vision_perception.models.imaging import letterbox_tensor
from ros_vision_perception.models.rtmdet import DEVIATION, MEAN

EXPECTED = 'image Nx3xHxW -> for strides 8, 16 and 32 scores Nxclassesxhxw and distances Nx4xhxw'
_PERSON = 0


@dataclass(frozen=True)
class RtmDetRaw:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        score_names, distance_names: of the outputs, in the order of the strides.
        config: which detections are kept.
    """

    input_name: str
    input_size: tuple[int, int]
    score_names: tuple[str, ...]
    distance_names: tuple[str, ...]
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames."""
        scale, offset = 1 / DEVIATION, -MEAN / DEVIATION
        tensor = letterbox_tensor(frames, self.input_size, scale, offset, order='bgr')
        return {self.input_name: tensor}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Boxes]:
        """Return the people of each frame, best first; see `DetectorModel.decode`."""
        points, _ = anchors(self.input_size, 0.0)
        count = len(image_sizes)
        logits = np.concatenate(
            [outputs[name][:, _PERSON].reshape(count, -1) for name in self.score_names], axis=1
        )
        sides = np.concatenate(
            [outputs[name].reshape(count, 4, -1) for name in self.distance_names], axis=2
        ).transpose(0, 2, 1)
        scores = 1 / (1 + np.exp(-logits))
        boxes = np.concatenate((points - sides[..., :2], points + sides[..., 2:]), axis=2)
        return [
            people_in_image(boxes[row], scores[row], self.config, image_size, self.input_size)
            for row, image_size in enumerate(image_sizes)
        ]


def recognise(signature: Signature, config: DetectionConfig) -> RtmDetRaw | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 2 * len(STRIDES):
        return None
    ((input_name, image),) = signature.inputs.items()
    if len(image) != 4 or image[1] != 3 or image[2] is None or image[3] is None:
        return None
    size = image[3], image[2]
    scores, distances = [], []
    for stride in STRIDES:
        grid = size[1] // stride, size[0] // stride
        names = [name for name, shape in signature.outputs.items() if shape[2:] == grid]
        sides = [name for name in names if signature.outputs[name][1] == 4]
        if len(names) != 2 or len(sides) != 1:
            return None
        distances += sides
        scores += [name for name in names if name not in sides]
    return RtmDetRaw(input_name, size, tuple(scores), tuple(distances), config)
