"""Re-identification networks: a vector that is alike for images of the same person.

Two forms are told apart by the shape of their input: RGB planes, normalised as ImageNet's
(Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", 2019), and BGR pixels
as they are (Open Model Zoo, person-reidentification-retail).
"""

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.imaging import rgb_crop

# Mean and standard deviation of ImageNet's RGB, in [0, 1].
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
# Boxes around joints end at the eyes, wrists and ankles; crops should show the whole person.
_MARGIN = 0.08


def input_size(shape: tuple[int | None, ...]) -> tuple[int, int]:
    """Return the (width, height) px of the crops of a network with an input of this shape.

    Raises:
        ModelError: when it is neither (N, 3, height, width) nor (N, height, width, 3).
    """
    if len(shape) == 4:
        _, first, second, third = shape
        sides = (second, third) if first == 3 else (first, second) if third == 3 else (None, None)
        if sides[0] is not None and sides[1] is not None:
            return sides[1], sides[0]
    raise ModelError(
        f'input of shape {shape}; expected that of a re-identification network: '
        '(N, 3, height, width) or (N, height, width, 3)'
    )


def preprocess(frame: Frame, boxes_xyxy: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return the float32 tensor of N people's crops, each stretched to fill the input.

    Args:
        frame: the camera image.
        boxes_xyxy: (N, 4) px.
        shape: of the network's input; its first length is not regarded.
    """
    width, height = input_size(shape)
    crops = [_crop(frame, box, (width, height)) for box in boxes_xyxy]
    pixels = np.array(crops, np.float32).reshape(-1, height, width, 3)
    if shape[1] != 3:
        return np.ascontiguousarray(pixels[..., ::-1])
    return np.ascontiguousarray(((pixels / 255 - _MEAN) / _DEVIATION).transpose(0, 3, 1, 2))


def decode(output: np.ndarray) -> np.ndarray:
    """Return the (N, D) float32 appearances, of unit length, of the network's output (N, D)."""
    vectors = output.reshape(len(output), -1).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, np.full_like(vectors, np.nan), where=lengths > 0)


def _crop(frame: Frame, box_xyxy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    box = np.asarray(box_xyxy, np.float64)
    sides = np.maximum(box[2:] - box[:2], 1.0)
    scale = size / (sides * (1 + 2 * _MARGIN))
    shift = -scale * (box[:2] - _MARGIN * sides + 0.5) - 0.5
    return rgb_crop(frame, np.column_stack((np.diag(scale), shift)), size)
