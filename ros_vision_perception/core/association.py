"""Who is who: poses to masks, and poses to the people already known."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from ros_vision_perception.core.geometry import box_areas, box_iou, oks
from ros_vision_perception.core.masks import BoxMask, nearest_pixels

# A mask is a person's own when at least this share of the confident joints lies in it.
MIN_SUPPORT = 0.4
# A pose may belong to a track when it is at least this alike, given how uncertain the track is,
# or when the boxes overlap this much,
MIN_LIKENESS, MIN_IOU = 0.1, 0.3
# and when neither is larger than the other by more than this factor.
MAX_SCALE_RATIO = 2.5
# Benefit of a fully overlapping box, relative to an identical pose or a fully supported mask.
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
    total = np.maximum(weights.sum(axis=1), 1e-9)
    pixels = nearest_pixels(keypoints_xy)
    support = [(weights * mask.contains_pixels(pixels)).sum(axis=1) / total for mask in masks]
    return np.stack(support, axis=1) if masks else np.zeros((len(keypoints_xy), 0))


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


def match_tracks(
    predicted_xy: np.ndarray,
    predicted_variances: np.ndarray,
    predicted_boxes: np.ndarray,
    scales: np.ndarray,
    keypoints_xy: np.ndarray,
    boxes_xyxy: np.ndarray,
    person_scales: np.ndarray,
    sigmas: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match tracks (T) to detected people (N) by pose and box.

    The likeness of a pair is the OKS with each joint's tolerance widened by the variance of its
    prediction. Its benefit is the likelihood: the same kernel, normalised, so that a vague track
    does not take a pose from a precise one.

    Args:
        predicted_xy: (T, K, 2) px.
        predicted_variances: (T, K) px^2.
        predicted_boxes: (T, 4) px.
        scales: (T,) px.
        keypoints_xy: (N, K, 2) px, NaN where the model gave nothing.
        boxes_xyxy: (N, 4) px.
        person_scales: (N,) px.
        sigmas: (K,) OKS sigmas.

    Returns:
        The tracks (P,) and people (P,) of the pairs, and the (T, N) benefits, 0 where not allowed.
    """
    areas, variances = scales[:, None] ** 2, predicted_variances[:, None]
    likeness = oks(predicted_xy, keypoints_xy, sigmas, areas, np.ones((1, 1, 1)), variances)
    tolerances = (2 * sigmas) ** 2 * areas
    precision = tolerances / (tolerances + predicted_variances)
    likelihood = likeness * (precision.sum(axis=1, keepdims=True) / len(sigmas))
    overlap = box_iou(predicted_boxes, boxes_xyxy)
    ratio = scales[:, None] / person_scales
    allowed = (likeness >= MIN_LIKENESS) | (overlap >= MIN_IOU)
    allowed &= (ratio <= MAX_SCALE_RATIO) & (ratio >= 1 / MAX_SCALE_RATIO)
    benefit = np.where(allowed, likelihood + _BOX_WEIGHT * overlap, 0.0)
    return *assign(benefit), benefit
