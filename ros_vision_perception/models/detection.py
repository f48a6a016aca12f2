"""What person detectors have in common: grids of anchors, and boxes back into the image."""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.core.geometry import distinct_boxes, letterbox_scale_shift
from ros_vision_perception.models.base import Boxes, DetectionConfig

STRIDES = (8, 16, 32)
# Of more candidates only the best are looked at: the others are noise.
_MAX_CANDIDATES = 1000


def anchor_count(input_size: tuple[int, int], strides: Sequence[int] = STRIDES) -> int:
    """Return how many cells the grids over an input of (width, height) px have together."""
    width, height = input_size
    return sum((width // stride) * (height // stride) for stride in strides)


def anchors(
    input_size: tuple[int, int], offset: float, strides: Sequence[int] = STRIDES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the points (A, 2) px and the strides (A, 1) px of the cells of all grids.

    Args:
        input_size: (width, height) px.
        offset: where the point is in its cell: 0 for the corner, 0.5 for the middle.
        strides: px per cell of each grid, in the order of the network's outputs.
    """
    points, sizes = [], []
    for stride in strides:
        rows, columns = np.mgrid[: input_size[1] // stride, : input_size[0] // stride]
        cells = np.stack((columns.ravel(), rows.ravel()), axis=1)
        points.append((cells + offset) * stride)
        sizes.append(np.full((len(cells), 1), stride))
    return np.concatenate(points).astype(np.float32), np.concatenate(sizes).astype(np.float32)


def people_in_image(
    boxes_xyxy: np.ndarray,
    scores: np.ndarray,
    config: DetectionConfig,
    image_size: tuple[int, int],
    input_size: tuple[int, int],
) -> Boxes:
    """Return the best boxes that do not repeat each other, in px of the image.

    Args:
        boxes_xyxy: (A, 4) px of the input, in which the image lies as `letterbox` puts it.
        scores: (A,); what is too weak, is not finite or has no area is left out.
        config: which detections are kept.
        image_size: (width, height) px.
        input_size: (width, height) px.
    """
    sound = np.isfinite(boxes_xyxy).all(axis=1) & np.isfinite(scores)
    sound &= (boxes_xyxy[:, 2:] > boxes_xyxy[:, :2]).all(axis=1)
    keep = np.flatnonzero(sound & (scores >= config.min_score))
    keep = keep[np.argsort(-scores[keep], kind='stable')[:_MAX_CANDIDATES]]
    boxes_xyxy, scores = boxes_xyxy[keep], scores[keep]
    best = distinct_boxes(boxes_xyxy, scores, config.max_iou, config.max_count)
    scale, shift = letterbox_scale_shift(image_size, input_size)
    in_image = (boxes_xyxy[best] - np.tile(shift, 2)) / np.tile(scale, 2)
    return Boxes(in_image.astype(np.float32), np.clip(scores[best], 0, 1).astype(np.float32))
