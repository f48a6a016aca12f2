"""How strongly each track claims each person in the image.

For every pair that is possible at all, independent pieces of evidence are added: log-likelihood
ratios of "this is that person" against "this is somebody new, anywhere in the image" (after
Blackman and Popoli, "Design and Analysis of Modern Tracking Systems", 1999, ch. 6).
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import box_iou
from ros_vision_perception.core.looks import Looks, looks_ratio
from ros_vision_perception.core.masks import BoxMask, intersection_area
from ros_vision_perception.core.scene import People

# Factors of the pieces of evidence, for none of them is independent of the others.
WEIGHTS = {'place': 1.0, 'size': 1.0, 'pose': 2.0, 'overlap': 1.0, 'looks': 1.0}
# Log-odds, before looking, of somebody known against somebody new.
_PRIOR = 2.0
# Pairs are possible up to this distance, in standard deviations, or from this box overlap on.
_MAX_DEVIATIONS, _MIN_OVERLAP = 5.0, 0.3
# and when neither is larger than the other by more than this factor.
MAX_SCALE_RATIO = 2.5
# Standard deviation of the middle of a body as a pose model finds it, scales; and of the
# logarithm of the scale: of the same person from sight to sight, and between people.
_MIDDLE, _SAME_SIZE, _ANY_SIZE = 0.12, 0.25, 0.7
# How fast people stray from where they seemed to go while nobody sees them, scales per second.
_STRAY = 0.7
# Alikeness of a pose and overlap of a mask that speak neither for nor against.
_EVEN_POSE, _EVEN_OVERLAP, _FLOOR = 0.3, 0.4, 0.05
# Masks are compared where claims without them differ by no more than this.
_CLOSE = 3.0


@dataclass(frozen=True)
class Expected:
    """Where T people should be by now, and how they should look.

    Attributes:
        positions_xy: (T, K, 2) px.
        variances: (T, K) px^2, of x and of y.
        boxes_xyxy: (T, 4) px.
        scales: (T,) px.
        existence: (T,) probability.
        looks: of them.
        masks: (T,) of BoxMask or None, as last seen, and `shifts` (T, 2) px moved since.
        unseen_s: (T,) s since they were last people.
    """

    positions_xy: np.ndarray
    variances: np.ndarray
    boxes_xyxy: np.ndarray
    scales: np.ndarray
    existence: np.ndarray
    looks: Looks
    masks: np.ndarray
    shifts: np.ndarray
    unseen_s: np.ndarray


def claims(
    expected: Expected, people: People, sigmas: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return the (T, N) log-likelihood ratios that person n is track t; -inf where impossible.

    Args:
        expected: T tracks.
        people: N people.
        sigmas: (K,) OKS sigmas.
        image_size: (width, height) px.
    """
    result = np.full((len(expected.scales), len(people.scales)), -np.inf)
    if result.size == 0:
        return result
    deviations, variances = distances(expected, people)
    overlap = box_iou(expected.boxes_xyxy, people.boxes_xyxy)
    ratio = expected.scales[:, None] / people.scales
    possible = (deviations <= _MAX_DEVIATIONS) | (overlap >= _MIN_OVERLAP)
    possible &= (ratio <= MAX_SCALE_RATIO) & (ratio >= 1 / MAX_SCALE_RATIO)
    track, person = np.nonzero(possible)
    pairs = track, person
    total = _PRIOR + np.log(expected.existence[track])
    total += WEIGHTS['place'] * place(deviations[pairs], variances[pairs], image_size)
    total += WEIGHTS['size'] * size(ratio[pairs])
    total += WEIGHTS['pose'] * pose(expected, people, sigmas, pairs)
    if people.appearances is not None:
        total += WEIGHTS['looks'] * looks_ratio(expected.looks, people.appearances)[pairs]
    result[pairs] = total
    overlap = shape(expected, people, overlap, _is_contested(result))[pairs]
    vague = 1 / (1 + (_STRAY * expected.unseen_s[track] / _MIDDLE) ** 2)
    result[pairs] += WEIGHTS['overlap'] * vague * overlap
    return result


def _is_contested(claims: np.ndarray) -> np.ndarray:
    """Return (T, N) bool: whether a claim is among several that are about as strong."""
    best = np.minimum(claims.max(axis=1, keepdims=True), claims.max(axis=0))
    close = (claims > -np.inf) & (claims >= best - _CLOSE)
    return close & ((close.sum(axis=1, keepdims=True) > 1) | (close.sum(axis=0) > 1))


def distances(expected: Expected, people: People) -> tuple[np.ndarray, np.ndarray]:
    """Return the (T, N) distances of the middles, in standard deviations, and variances, px^2.

    The middle is that of the joints which the pose model gives, the surer the heavier.
    """
    known = np.isfinite(people.keypoints_xy[..., 0])
    weights = np.where(known, np.fmax(people.confidences, 0.01), 0.0)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    seen = np.where(known[..., None], people.keypoints_xy, 0.0)
    middles = np.einsum('nk,nkx->nx', weights, seen)
    guesses = expected.positions_xy.transpose(2, 0, 1) @ weights.T  # (2, T, N)
    scatter = _MIDDLE * np.maximum(expected.scales[:, None], people.scales)
    stray = _STRAY * expected.scales * expected.unseen_s
    variances = expected.variances @ weights.T + scatter**2 + stray[:, None] ** 2
    squared = ((guesses - middles.T[:, None]) ** 2).sum(axis=0)
    return np.sqrt(squared / variances), variances


def place(
    deviations: np.ndarray, variances: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return how far the place speaks for (P,) pairs: a Gaussian against anywhere in the image."""
    anywhere = np.log(image_size[0] * image_size[1] / (2 * np.pi * variances))
    return anywhere - np.minimum(deviations, _MAX_DEVIATIONS) ** 2 / 2


def size(ratios: np.ndarray) -> np.ndarray:
    """Return how far the size speaks for pairs with these (P,) ratios of their scales."""
    precision = 1 / _SAME_SIZE**2 - 1 / _ANY_SIZE**2
    return np.log(_ANY_SIZE / _SAME_SIZE) - np.log(ratios) ** 2 * precision / 2


def pose(
    expected: Expected, people: People, sigmas: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return how far the pose speaks for (P,) pairs: its alikeness (OKS) against that of others.

    Each joint's tolerance is widened by the variance of its prediction, and a vague prediction
    says as much less.
    """
    track, person = pairs
    difference = expected.positions_xy[track] - people.keypoints_xy[person]
    squared = np.einsum('pkx,pkx->pk', difference, difference)
    known = np.isfinite(squared)
    tolerances = (2 * sigmas * expected.scales[track, None]) ** 2
    totals = tolerances + expected.variances[track]
    alike = np.exp(np.where(known, -squared / (2 * totals), -np.inf))
    count = np.maximum(known.sum(axis=1), 1)
    precision = (tolerances / totals).sum(axis=1) / len(sigmas)
    return precision * np.log((alike.sum(axis=1) / count + _FLOOR) / (_EVEN_POSE + _FLOOR))


def shape(
    expected: Expected, people: People, overlap: np.ndarray, is_contested: np.ndarray
) -> np.ndarray:
    """Return (T, N), how far the overlap speaks: of masks in contested pairs, else of boxes.

    Args:
        expected: T tracks.
        people: N people.
        overlap: (T, N) of the boxes, intersection over union.
        is_contested: (T, N) bool, the pairs that deserve a closer look.
    """
    overlap = overlap.copy()
    for track, person in zip(*np.nonzero(is_contested & (overlap > 0)), strict=True):
        before, now = expected.masks[track], people.masks[person]
        if before is not None and now is not None:
            overlap[track, person] = _mask_iou(before, now, expected.shifts[track])
    return np.log((overlap + _FLOOR) / (_EVEN_OVERLAP + _FLOOR))


def _mask_iou(before: BoxMask, now: BoxMask, shift_xy: np.ndarray) -> float:
    x, y = np.rint(shift_xy).astype(int)
    moved = BoxMask(before.x + int(x), before.y + int(y), before.bitmap)
    shared = intersection_area(moved, now)
    return shared / max(before.area + now.area - shared, 1)
