"""Mask R-CNN of maskrcnn-benchmark, as the ONNX Model Zoo has it.

Source: the Model Zoo's page about Mask R-CNN. An image 3 x H x W, B, G, R less the mean, the short
side 800 px, sides multiples of 32; outputs as of `mask_rcnn`, called by numbers, the masks of
28 x 28 cells of the box; labels count the 80 things of COCO from 1.
"""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import coco, mask_rcnn, yolo
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import letterbox_tensor, snug_size
from ros_vision_perception.models.mask_rcnn import BENCHMARK, MaskRcnn

EXPECTED = (
    'image 3xHxW -> boxes Dx4, labels D, scores D and masks Dx1x28x28, called by numbers, '
    f'or masks of any size and the metadata entry family {BENCHMARK}'
)
# Of B, G, R.
_MEAN = np.array([102.9801, 115.9465, 122.7717], np.float32)
_SHORT_SIDE, _LONG_SIDE = 800, 1333


class MaskRcnnBenchmark(MaskRcnn):
    """A network of this family."""

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for one frame."""
        (frame,) = frames
        size = self.size_of(frame.size)
        return {self.input_name: letterbox_tensor([frame], size, 1.0, -_MEAN, order='bgr')[0]}

    def size_of(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) px of the input for an image; small ones are enlarged."""
        short, long = sorted(image_size)
        scale = min(_SHORT_SIDE / short, _LONG_SIDE / long)
        width, height = (max(1, round(length * scale)) for length in image_size)
        return self.input_size or snug_size(image_size, (width, height))


def recognise(signature: Signature, config: DetectionConfig) -> MaskRcnnBenchmark | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    form = mask_rcnn.form_of(signature)
    if form is None or not mask_rcnn.is_of_benchmark(signature, form):
        return None
    names = yolo.class_names(signature) or coco.CLASS_NAMES
    return MaskRcnnBenchmark(*form, dict(enumerate(names, 1)), config)
