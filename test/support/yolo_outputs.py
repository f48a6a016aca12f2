"""What a YOLO head would give for detections that are known. All px are those of the input."""

import numpy as np

ANCHORS = 8400  # of a 640 x 640 input: 80 * 80 + 40 * 40 + 20 * 20


def raw(
    boxes_xyxy: np.ndarray, class_scores: np.ndarray, extras: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return (1, 4 + C + E, ANCHORS) float32 with N detections at anchors chosen by chance.

    Args:
        boxes_xyxy: (N, 4) px.
        class_scores: (N, C).
        extras: (N, E).
        seed: of the chance, and of the noise at all other anchors, whose scores are below 0.05.
    """
    random = np.random.default_rng(seed)
    rows = 4 + class_scores.shape[1] + extras.shape[1]
    output = random.uniform(0, 640, (1, rows, ANCHORS)).astype(np.float32)
    output[0, 4 : 4 + class_scores.shape[1]] = random.uniform(0, 0.05, ANCHORS)
    anchors = random.permutation(ANCHORS)[: len(boxes_xyxy)]
    centers = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    sizes = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    output[0, :, anchors] = np.column_stack((centers, sizes, class_scores, extras))
    return output


def suppressed(
    boxes_xyxy: np.ndarray, class_scores: np.ndarray, extras: np.ndarray, rows: int = 300
) -> np.ndarray:
    """Return (1, rows, 6 + E) float32 with the N detections first and rows of 0 after them."""
    output = np.zeros((1, rows, 6 + extras.shape[1]), np.float32)
    classes, scores = class_scores.argmax(axis=1), class_scores.max(axis=1)
    output[0, : len(boxes_xyxy)] = np.column_stack((boxes_xyxy, scores, classes, extras))
    return output
