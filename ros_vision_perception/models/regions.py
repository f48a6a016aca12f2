"""Regions of semantic segmentation, tidied up: no specks, no pinholes, one mask per piece."""

from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import InstanceMasks


@dataclass(frozen=True)
class RegionConfig:
    """What is done to the regions.

    Attributes:
        clean_px: specks, bridges, gaps and holes narrower than this go, px; 0 leaves all.
        split: whether each connected piece of a region becomes a mask of its own.
    """

    clean_px: int = 0
    split: bool = False


def tidy(regions: InstanceMasks, config: RegionConfig) -> InstanceMasks:
    """Return the regions, cleaned and then split; what nothing is left of is left out."""
    found = [
        (row, piece)
        for row, mask in enumerate(regions.masks)
        for piece in _pieces(_cleaned(mask, config.clean_px, regions.image_size), config.split)
        if piece.area > 0
    ]
    rows = [row for row, _ in found]
    return InstanceMasks(
        image_size=regions.image_size,
        class_ids=regions.class_ids[rows],
        class_names=tuple(regions.class_names[row] for row in rows),
        scores=regions.scores[rows],
        boxes_xyxy=np.array([mask.box_xyxy for _, mask in found], np.float32).reshape(-1, 4),
        masks=tuple(mask for _, mask in found),
        is_instance=regions.is_instance,
    )


def _cleaned(mask: BoxMask, width_px: int, image_size: tuple[int, int]) -> BoxMask:
    """Open, then close: what a disc of this width does not fit into goes."""
    if width_px < 2 or mask.bitmap.size == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width_px, width_px))
    # The region goes on beyond the border of the image as it is at the border.
    whole = np.pad(mask.to_image(image_size).astype(np.uint8), width_px, mode='edge')
    opened = cv2.morphologyEx(whole, cv2.MORPH_OPEN, disc)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disc)
    return BoxMask.from_bitmap(closed[width_px:-width_px, width_px:-width_px] > 0)


def _pieces(mask: BoxMask, split: bool) -> list[BoxMask]:
    """Return the connected pieces of a mask, the largest first, or the mask as it is."""
    if not split or mask.bitmap.size == 0:
        return [mask]
    count, labels = cv2.connectedComponents(mask.bitmap.astype(np.uint8))
    pieces = [BoxMask.from_bitmap(labels == label) for label in range(1, count)]
    pieces.sort(key=lambda piece: -piece.area)
    return [BoxMask(mask.x + p.x, mask.y + p.y, p.bitmap) for p in pieces]
