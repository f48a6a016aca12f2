"""Things and stuff of one image as one: every pixel belongs to one of them at most.

Source: Kirillov et al., "Panoptic Segmentation", 2019, section 7: the surest things first, each
takes what is left of its mask; stuff gets the rest.
"""

from collections.abc import Collection

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import InstanceMasks

# The numbers of stuff begin here, or after those of more things than usual.
_STUFF_IDS = 100
# A thing of which surer ones leave no more than this share is one of them, seen twice.
_LEAST_LEFT = 0.5
# Smaller pieces of stuff, as a share of the image, are what the borders of things leave over.
_LEAST_STUFF = 0.005


def merge(
    things: InstanceMasks, regions: InstanceMasks, thing_names: Collection[str]
) -> InstanceMasks:
    """Return N masks that share no pixel: things, the surest first, then stuff.

    Args:
        things: one mask per thing.
        regions: one mask per class, of the same image.
        thing_names: classes that `things` might hold: their regions are no stuff.
    """
    width, height = things.image_size
    free = np.ones((height, width), bool)
    rows, masks = _cut(things, np.argsort(-things.scores, kind='stable'), free, _LEAST_LEFT, 0)
    is_stuff = [name not in thing_names for name in regions.class_names]
    least = _LEAST_STUFF * width * height
    stuff_rows, stuff = _cut(regions, np.flatnonzero(is_stuff), free, 0.0, least)
    stuff_ids = regions.class_ids[stuff_rows] + max(_STUFF_IDS, len(thing_names))
    return InstanceMasks(
        image_size=things.image_size,
        class_ids=np.concatenate((things.class_ids[rows], stuff_ids)).astype(np.int32),
        class_names=(
            *(things.class_names[row] for row in rows),
            *(regions.class_names[row] for row in stuff_rows),
        ),
        scores=np.concatenate((things.scores[rows], regions.scores[stuff_rows])),
        boxes_xyxy=np.array([m.box_xyxy for m in masks + stuff], np.float32).reshape(-1, 4),
        masks=tuple(masks + stuff),
        is_instance=True,
    )


def _cut(
    found: InstanceMasks, order: np.ndarray, free: np.ndarray, share: float, area: float
) -> tuple[list[int], list[BoxMask]]:
    """Return which masks keep more than a share of themselves and an area px^2, and what of them.

    Args:
        found: the masks.
        order: rows, those that take first come first.
        free: (H, W) bool, what nobody has yet; is taken away here.
        share: of a mask.
        area: px^2.
    """
    rows, masks = [], []
    for row in order.tolist():
        mask = found.masks[row]
        height, width = mask.bitmap.shape
        view = free[mask.y : mask.y + height, mask.x : mask.x + width]
        left = BoxMask.from_bitmap(mask.bitmap & view)
        if left.area <= max(share * mask.area, area):
            continue
        view &= ~mask.bitmap
        rows.append(row)
        masks.append(BoxMask(mask.x + left.x, mask.y + left.y, left.bitmap))
    return rows, masks
