"""What re-identification networks have in common: upright crops in, one vector per person out."""

from collections.abc import Mapping

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import Signature
from ros_vision_perception.models.imaging import rgb_crop

# Boxes around joints end at the eyes, wrists and ankles; crops should show the whole person.
_MARGIN = 0.08
# Crops of people are 256 x 128 or 384 x 128 px; classifiers of pictures see squares.
_MIN_SLIMNESS = 2


def single_input(signature: Signature) -> tuple[str, tuple[int | None, ...]] | None:
    """Return name and shape of the input of a network from one image to one vector, or None."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 1:
        return None
    ((name, shape),) = signature.inputs.items()
    (output,) = signature.outputs.values()
    return (name, shape) if len(shape) == 4 and len(output) == 2 else None


def crop_size(height: int | None, width: int | None) -> tuple[int, int] | None:
    """Return (width, height) px of the crops; None when that is not the shape of a person."""
    if height is None or width is None or height < _MIN_SLIMNESS * width:
        return None
    return width, height


def crops(frame: Frame, boxes_xyxy: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
    """Return N people's RGB crops (height, width, 3) uint8, each stretched to fill `size`.

    Args:
        frame: the camera image.
        boxes_xyxy: (N, 4) px.
        size: (width, height) px.
    """
    return [_crop(frame, box, size) for box in boxes_xyxy]


def unit_vectors(outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the (N, D) float32 vectors of the only output, of unit length; NaN without one."""
    (output,) = outputs.values()
    vectors = output.reshape(len(output), -1).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, np.full_like(vectors, np.nan), where=lengths > 0)


def _crop(frame: Frame, box_xyxy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    box = np.asarray(box_xyxy, np.float64)
    sides = np.maximum(box[2:] - box[:2], 1.0)
    scale = size / (sides * (1 + 2 * _MARGIN))
    shift = -scale * (box[:2] - _MARGIN * sides + 0.5) - 0.5
    return rgb_crop(frame, np.column_stack((np.diag(scale), shift)), size)
