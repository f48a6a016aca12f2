"""Who is who: poses to masks, and poses to the people already known."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from ros_vision_perception.core.geometry import box_areas, box_iou
from ros_vision_perception.core.masks import BoxMask, look_up, nearest_pixels

# A mask is a person's own when at least this share of the confident joints lies in it.
MIN_SUPPORT = 0.4
# Benefit of a fully overlapping box, relative to a fully supported mask.
_BOX_WEIGHT = 0.5
# COCO people fill about half of their box.
_AREA_OF_BOX = 0.53


def box_scales(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Return the (N,) scales, px, of people in boxes (N, 4): the square root of their area."""
    return np.sqrt(np.maximum(_AREA_OF_BOX * box_areas(boxes_xyxy), 16.0))


def assign(benefit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (P,), ascending, and columns (P,): the pairs with the largest total benefit.

    Args:
        benefit: (N, M), at least 0; pairs without a benefit are never matched.
    """
    rows, columns = linear_sum_assignment(benefit, maximize=True)
    chosen = benefit[rows, columns] > 0
    return rows[chosen], columns[chosen]


def mask_support(
    keypoints_xy: np.ndarray, confidences: np.ndarray, masks: tuple[BoxMask, ...]
) -> np.ndarray:
    """Return the (N, M) share, in [0, 1], of each person's joints that lie in each mask.

    Args:
        keypoints_xy: (N, K, 2) px.
        confidences: (N, K) in [0, 1]; joints count by the square: doubtful ones hardly do.
        masks: M masks.
    """
    weights = confidences**2
    person, mask, hits = look_up(masks, nearest_pixels(keypoints_xy).transpose(2, 0, 1))
    support = np.zeros((len(keypoints_xy), len(masks)))
    support[person, mask] = (weights[person] * hits).sum(axis=1)
    return support / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)


def match_masks(
    keypoints_xy: np.ndarray,
    confidences: np.ndarray,
    boxes_xyxy: np.ndarray,
    masks: tuple[BoxMask, ...],
    mask_boxes_xyxy: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the people (P,) of N and the instance masks (P,) of M that are theirs."""
    support = mask_support(keypoints_xy, confidences, masks)
    overlap = box_iou(boxes_xyxy, mask_boxes_xyxy)
    benefit = support + _BOX_WEIGHT * overlap
    return assign(np.where(support >= MIN_SUPPORT, benefit, 0.0))


def match_tracks(claims: np.ndarray, is_strong: np.ndarray) -> np.ndarray:
    """Return the (T,) person of each track, -1 for nobody: the likeliest explanation of all.

    Strong detections come first; weak ones are then offered to the tracks that are left (Zhang et
    al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", 2022).

    Args:
        claims: (T, N) log-likelihood ratios that person n is track t and not somebody new.
        is_strong: (N,) bool.
    """
    rows = np.full(len(claims), -1)
    for people in (np.flatnonzero(is_strong), np.flatnonzero(~is_strong)):
        if not len(people):
            continue
        free = np.flatnonzero(rows < 0)
        track, person = assign(np.maximum(claims[free[:, None], people], 0.0))
        rows[free[track]] = people[person]
    return rows
