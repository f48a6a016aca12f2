"""Boxes, poses and coordinate frames: overlaps, affine matrices.

A matrix `b_from_a`, shape (2, 3), takes points of frame a to frame b: `b = A a + t` with
`A = matrix[:, :2]` and `t = matrix[:, 2]`.
"""

import numpy as np


def in_image(
    points_xy: np.ndarray, image_size: tuple[int, int], margin_px: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return (...,) bool: which points (..., 2) px lie inside an image of (width, height).

    `margin_px`, which broadcasts to (...,), is how far from its border they must be.
    """
    x, y = points_xy[..., 0], points_xy[..., 1]
    low = margin_px - 0.5
    inside = (x > low) & (y > low)
    inside &= (x < image_size[0] - 1 - low) & (y < image_size[1] - 1 - low)
    return inside


def box_areas(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Return the (...,) areas, px^2, of boxes (..., 4); an inverted box has none."""
    sizes = np.maximum(boxes_xyxy[..., 2:] - boxes_xyxy[..., :2], 0)
    return sizes[..., 0] * sizes[..., 1]


def shared_areas(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Return the (N, M) areas, px^2, that boxes (N, 4) and (M, 4) xyxy px have in common."""
    top_left = np.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    sizes = np.maximum(np.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:]) - top_left, 0)
    return sizes[..., 0] * sizes[..., 1]


def box_iou(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Return the (N, M) intersection over union, in [0, 1], of boxes (N, 4) and (M, 4) xyxy px."""
    a, b = np.asarray(boxes_a, np.float64), np.asarray(boxes_b, np.float64)
    shared = shared_areas(a, b)
    union = box_areas(a)[:, None] + box_areas(b) - shared
    return shared / np.where(union > 0, union, 1.0)


def covered_shares(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Return the (N,) largest share of each box (N, 4) px, in [0, 1], that another one covers."""
    shared = shared_areas(boxes_xyxy, boxes_xyxy)
    np.fill_diagonal(shared, 0.0)
    return shared.max(axis=1, initial=0.0) / np.maximum(box_areas(boxes_xyxy), 1.0)


def oks(
    keypoints_a: np.ndarray,
    keypoints_b: np.ndarray,
    sigmas: np.ndarray,
    areas: np.ndarray,
    weights: np.ndarray,
    variances: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Return the (N, M) object keypoint similarity, in [0, 1], of poses a and b.

    `OKS = sum_k w_k exp(-d_k^2 / (2 (s^2 (2 sigma_k)^2 + v_k))) / sum_k w_k` with the distance
    `d_k` in px and `s^2` the person's area. With `v_k` = 0 and weights 0 or 1 that is the COCO
    keypoint evaluation. It is 0 where no joint has both a weight and a finite position.

    Args:
        keypoints_a: (N, K, 2) px.
        keypoints_b: (M, K, 2) px.
        sigmas: (K,) of the skeleton.
        areas: (N, M), (M,) or (N, 1) px^2.
        weights: per joint, at least 0; broadcast to (N, M, K).
        variances: px^2, how uncertain the poses themselves are; broadcast to (N, M, K).
    """
    return oks_of_pairs(
        np.asarray(keypoints_a)[:, None], keypoints_b, sigmas, areas, weights, variances
    )


def oks_of_pairs(
    keypoints_a: np.ndarray,
    keypoints_b: np.ndarray,
    sigmas: np.ndarray,
    areas: np.ndarray,
    weights: np.ndarray,
    variances: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Return the similarity (P,) of pose p of a (P, K, 2) with pose p of b (P, K, 2); see `oks`.

    `areas` are (P,); weights and variances (P, K). Any leading shapes that broadcast will do.
    """
    difference = np.asarray(keypoints_a, np.float64) - keypoints_b
    squared = np.einsum('...kc,...kc->...k', difference, difference)
    usable = np.isfinite(squared)
    scale = 8.0 * sigmas**2 * np.maximum(areas, 1.0)[..., None] + 2.0 * variances
    similarity = np.exp(-np.where(usable, squared, 0.0) / scale)
    weights = np.where(usable, weights, 0.0)
    total = weights.sum(axis=-1)
    return (weights * similarity).sum(axis=-1) / np.where(total > 0, total, 1.0)


def suppress(overlaps: np.ndarray, scores: np.ndarray, max_overlap: float) -> np.ndarray:
    """Return the indices kept by greedy non-maximum suppression, best score first.

    Args:
        overlaps: (N, N) similarity of each pair, such as `box_iou` or `oks`.
        scores: (N,); of equal ones the first wins.
        max_overlap: whoever overlaps a better one by more is dropped.
    """
    alive = np.ones(len(scores), bool)
    kept = []
    for index in np.argsort(-np.asarray(scores), kind='stable'):
        if alive[index]:
            kept.append(index)
            alive &= overlaps[index] <= max_overlap
    return np.array(kept, np.int64)


def distinct_boxes(
    boxes_xyxy: np.ndarray, scores: np.ndarray, max_iou: float, max_count: int
) -> np.ndarray:
    """Return the indices kept by greedy non-maximum suppression, best score first.

    Like `suppress`, but compares each box that is kept with those that are left, which is less
    than all pairs when boxes come in heaps.

    Args:
        boxes_xyxy: (N, 4) px.
        scores: (N,); of equal ones the first wins.
        max_iou: whoever overlaps a better one by more is dropped.
        max_count: the most that are kept.
    """
    kept: list[int] = []
    left = np.argsort(-scores, kind='stable')
    while len(left) and len(kept) < max_count:
        kept.append(left[0])
        best, left = left[:1], left[1:]
        left = left[box_iou(boxes_xyxy[best], boxes_xyxy[left])[0] <= max_iou]
    return np.array(kept, np.int64)


def apply_affine(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the points (..., 2) taken through one matrix (2, 3), or through N matrices.

    With matrices (N, 2, 3) the points are (N, P, 2): P points per matrix.
    """
    shift = matrix[..., 2] if matrix.ndim == 2 else matrix[..., None, :, 2]
    return points @ np.swapaxes(matrix[..., :2], -1, -2) + shift


def invert_affine(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse (..., 2, 3): `a_from_b` of `b_from_a`."""
    linear = np.linalg.inv(matrix[..., :2])
    return np.concatenate((linear, -linear @ matrix[..., 2:]), axis=-1)


def crop_matrix(box_xyxy: np.ndarray, crop_size: tuple[int, int]) -> np.ndarray:
    """Return `crop_from_image` (2, 3) that fits a box into a crop, centred, aspect ratio kept.

    Args:
        box_xyxy: (4,) px, with the edges of pixel (0, 0) at -0.5 and 0.5.
        crop_size: (width, height) px of the crop.
    """
    box, size = np.asarray(box_xyxy, np.float64), np.asarray(crop_size, np.float64)
    scale = np.min(size / (box[2:] - box[:2]))
    shift = (size - 1) / 2 - scale * (box[:2] + box[2:]) / 2
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def stretch_matrix(image_size: tuple[int, int], crop_size: tuple[int, int]) -> np.ndarray:
    """Return `crop_from_image` (2, 3) that fills the crop with the whole image, no bars."""
    scale = np.asarray(crop_size, np.float64) / image_size
    # The outer edges of the pixels meet, not their centres.
    return np.column_stack((np.diag(scale), (scale - 1) / 2))


def letterbox(
    image_size: tuple[int, int], crop_size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return where an image lies that is scaled to fit into a crop, centred.

    Args:
        image_size: (width, height) px.
        crop_size: (width, height) px.

    Returns:
        (left, top, width, height) px of the crop, whole numbers.
    """
    scale = min(crop_size[0] / image_size[0], crop_size[1] / image_size[1])
    width, height = (max(1, round(length * scale)) for length in image_size)
    return (crop_size[0] - width) // 2, (crop_size[1] - height) // 2, width, height


def letterbox_scale_shift(
    image_size: tuple[int, int], crop_size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return (2,), (2,) float64: px of the crop = px of the image * scale + shift.

    Between edges of pixels; see `letterbox`.
    """
    left, top, width, height = letterbox(image_size, crop_size)
    return np.array([width, height]) / image_size, np.array([left, top], np.float64)
