"""What networks that give one mask per thing have in common: masks back into the image.

Pixels have width here: a box is where its edges are, and the first cell of a map reaches from 0 to
1. So scales and shifts hold for maps of any size.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import InstanceMasks
from ros_vision_perception.models.base import DetectionConfig

# Cells that belong to the thing are at least as probable.
_MIN_PROBABILITY = 0.5


@dataclass(frozen=True)
class Things:
    """N things as a network gives them.

    Attributes:
        boxes_xyxy: (N, 4) px of the input.
        scores: (N,).
        class_ids: (N,) ints, the network's own numbering.
        masks: (N, h, w) float32 probabilities: of the pixels of the whole input where they are as
            many, else of the cells of the thing's box.
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray
    masks: np.ndarray


def things_in_image(
    things: Things,
    names: Mapping[int, str],
    config: DetectionConfig,
    image_size: tuple[int, int],
    input_size: tuple[int, int],
) -> InstanceMasks:
    """Return the things of known classes that are sound and not too weak, best first.

    Args:
        things: of one image.
        names: of the classes, by id.
        config: which are kept; suppression was the network's.
        image_size: (width, height) px.
        input_size: (width, height) px, in which the image lies as `letterbox` puts it.
    """
    boxes, scores = things.boxes_xyxy, things.scores
    sound = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    sound &= (scores >= config.min_score) & np.isin(things.class_ids, list(names))
    rows = np.flatnonzero(sound)
    rows = rows[np.argsort(-scores[rows], kind='stable')[: config.max_count]]
    scale, shift = letterbox_scale_shift(image_size, input_size)
    whole = (boxes[rows] - np.tile(shift, 2)) / np.tile(scale, 2)
    cut = np.clip(whole, 0, np.tile(image_size, 2)).astype(np.float32)
    masks = masks_in_image(things.masks[rows], whole, image_size, input_size)
    seen = np.flatnonzero([mask.area > 0 for mask in masks])
    class_ids = things.class_ids[rows[seen]].astype(np.int32)
    return InstanceMasks(
        image_size=image_size,
        class_ids=class_ids,
        class_names=tuple(names[number] for number in class_ids.tolist()),
        scores=np.minimum(scores[rows[seen]], 1).astype(np.float32),
        boxes_xyxy=cut[seen],
        masks=tuple(masks[row] for row in seen),
        is_instance=True,
    )


def masks_in_image(
    values: np.ndarray,
    boxes_xyxy: np.ndarray,
    image_size: tuple[int, int],
    input_size: tuple[int, int],
) -> tuple[BoxMask, ...]:
    """Return the masks of N things, within their boxes and the image.

    Args:
        values: (N, h, w) float32; see `Things.masks`.
        boxes_xyxy: (N, 4) px of the image; may reach beyond it.
        image_size: (width, height) px.
        input_size: see `things_in_image`.
    """
    cut = np.clip(boxes_xyxy, 0, np.tile(image_size, 2))
    if values.shape[1:] != input_size[::-1]:
        return tuple(map(_mask_of_box, values, boxes_xyxy, cut))
    scale, shift = letterbox_scale_shift(image_size, input_size)
    return tuple(
        mask_in_box(one, box, scale, shift, _MIN_PROBABILITY)
        for one, box in zip(values, cut, strict=True)
    )


def _mask_of_box(values: np.ndarray, whole_xyxy: np.ndarray, cut_xyxy: np.ndarray) -> BoxMask:
    """Return the mask (h, w) of a box that may reach beyond the image, cut to the image."""
    scale = np.array(values.shape[::-1]) / (whole_xyxy[2:] - whole_xyxy[:2])
    # Beyond its box a thing is nowhere: one more cell on each side says so.
    shift = 1 - whole_xyxy[:2] * scale
    return mask_in_box(np.pad(values, 1), cut_xyxy, scale, shift, _MIN_PROBABILITY)


def mask_in_box(
    values: np.ndarray, box_xyxy: np.ndarray, scale: np.ndarray, shift: np.ndarray, limit: float
) -> BoxMask:
    """Return where in a box the values of a map, interpolated, are above `limit`.

    Args:
        values: (h, w) float32; beyond its border they are as at the border.
        box_xyxy: (4,) px of the image, inside of it.
        scale: (2,) cells of the map per px of the image.
        shift: (2,) cells: where the image begins.
        limit: of the values.
    """
    left, top, right, bottom = np.rint(box_xyxy).astype(int).tolist()
    if right <= left or bottom <= top:
        return BoxMask(0, 0, np.zeros((0, 0), bool))
    # From the centre of a pixel of the box to the centres of the cells.
    corner = (np.array([left, top]) + 0.5) * scale + shift - 0.5
    fine = cv2.warpAffine(
        values,
        np.column_stack((np.diag(scale), corner)),
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return BoxMask(left, top, fine > limit)
