"""Masks: run lengths, the instances of a segmentation, and the label map."""

import array
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.masks import BoxMask, from_run_lengths, to_run_lengths
from ros_vision_perception.core.types import InstanceMasks
from ros_vision_perception.msg import (
    BoundingBox,
    InstanceMask,
    InstanceMaskArray,
    RunLengthMask,
)
from ros_vision_perception.nodes.conversions.appearances import (
    appearance_to_msg,
    appearances_from_msg,
)

# The side of an image, px.
_LARGEST = 1 << 14


def box_to_msg(box_xyxy: np.ndarray) -> BoundingBox:
    """Return a box (4,) px."""
    x_min, y_min, x_max, y_max = box_xyxy.tolist()
    return BoundingBox(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)


def box_from_msg(box: Any) -> tuple[float, float, float, float]:
    """Return x_min, y_min, x_max, y_max."""
    return box.x_min, box.y_min, box.x_max, box.y_max


def mask_to_msg(mask: BoxMask | None) -> RunLengthMask:
    """Return a mask; width 0 for None, and height 0 for a mask without a pixel."""
    if mask is None:
        return RunLengthMask()
    height, width = mask.bitmap.shape
    if mask.bitmap.size == 0:
        height, width = 0, 1
    counts = array.array('I')
    counts.frombytes(to_run_lengths(mask.bitmap).tobytes())
    return RunLengthMask(x=int(mask.x), y=int(mask.y), width=width, height=height, counts=counts)


def mask_from_msg(message: Any, image_size: tuple[int, int]) -> BoxMask | None:
    """Return a mask; None for width 0.

    Raises:
        FrameError: bad_mask, when it leaves the image of (width, height) px, or when its run
            lengths do not fill its box.
    """
    if message.width == 0:
        return None
    if message.height == 0:
        return BoxMask(message.x, message.y, np.zeros((0, 0), bool))
    right, bottom = message.x + message.width, message.y + message.height
    if right > image_size[0] or bottom > image_size[1]:
        raise FrameError(
            'bad_mask', f'got a mask that ends at {right}, {bottom}, expected within {image_size}'
        )
    try:
        bitmap = from_run_lengths(
            np.asarray(message.counts, np.uint32), message.height, message.width
        )
    except ValueError as error:
        raise FrameError('bad_mask', str(error)) from error
    return BoxMask(message.x, message.y, bitmap)


def image_size_from_msg(message: Any) -> tuple[int, int]:
    """Return (width, height) px of the image that a message of results is about.

    Raises:
        FrameError: impossible_size, of no image that there is: masks of it would fill the memory.
    """
    size = (message.image_width, message.image_height)
    if not all(0 < side <= _LARGEST for side in size):
        raise FrameError(
            'impossible_size', f'got an image of {size} px, expected sides of 1 to {_LARGEST}'
        )
    return size


def masks_to_msg(masks: InstanceMasks, header: Any, model: str) -> InstanceMaskArray:
    """Return the segmentation of the image with this header."""
    message = InstanceMaskArray(
        header=header,
        model=model,
        image_width=masks.image_size[0],
        image_height=masks.image_size[1],
        is_instance=masks.is_instance,
    )
    message.instances = [
        InstanceMask(
            class_id=class_id,
            class_name=class_name,
            score=score,
            bbox=box_to_msg(box),
            area=mask.area,
            mask=mask_to_msg(mask),
            appearance=appearance_to_msg(masks.appearances, index),
        )
        for index, (class_id, class_name, score, box, mask) in enumerate(
            zip(
                masks.class_ids.tolist(),
                masks.class_names,
                masks.scores.tolist(),
                masks.boxes_xyxy,
                masks.masks,
                strict=True,
            )
        )
    ]
    return message


def masks_from_msg(message: Any) -> InstanceMasks:
    """Return the segmentation in a message.

    Raises:
        FrameError: impossible_size, bad_mask, bad_appearance.
    """
    size = image_size_from_msg(message)
    instances = message.instances
    nothing = BoxMask(0, 0, np.zeros((0, 0), bool))
    return InstanceMasks(
        image_size=size,
        class_ids=np.array([instance.class_id for instance in instances], np.int32),
        class_names=tuple(instance.class_name for instance in instances),
        scores=np.array([instance.score for instance in instances], np.float32),
        boxes_xyxy=np.array(
            [box_from_msg(instance.bbox) for instance in instances], np.float32
        ).reshape(-1, 4),
        masks=tuple(mask_from_msg(instance.mask, size) or nothing for instance in instances),
        is_instance=message.is_instance,
        appearances=appearances_from_msg(instances),
    )


def label_map(masks: InstanceMasks) -> np.ndarray:
    """Return the class of each pixel: class id + 1, and 0 where there is none.

    Of masks that overlap the one with the highest score wins.

    Returns:
        (H, W) uint8, or uint16 where a class id needs it.
    """
    width, height = masks.image_size
    highest = int(masks.class_ids.max(initial=0)) + 1
    labels = np.zeros((height, width), np.uint8 if highest <= 255 else np.uint16)
    for index in np.argsort(masks.scores, kind='stable'):
        mask = masks.masks[index]
        rows, columns = mask.bitmap.shape
        area = labels[mask.y : mask.y + rows, mask.x : mask.x + columns]
        area[mask.bitmap] = masks.class_ids[index] + 1
    return labels
