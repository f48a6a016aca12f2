"""BlazePose person detector: faces with four alignment points each, found on an SSD grid.

Sources: Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020, and
"BlazeFace", 2019; the anchor grid and box coding are those of the model's published graph
options (five layers of strides 8, 16, 32, 32, 32, two anchors of fixed size per layer and cell).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.geometry import apply_affine, box_iou, invert_affine
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.imaging import rgb_crop, to_tensor

INPUT_SIZE = (224, 224)
# stride -> anchors per cell: the three layers of stride 32 share one grid.
_ANCHORS_PER_CELL = {8: 2, 16: 2, 32: 6}
# The alignment points that matter: the middle of the hips, and a point on the circle around it
# that holds the whole body, straight up along the spine.
HIP_CENTER, BODY_CIRCLE = 0, 1
_POINTS = 4
# Detections of a group are blended from this share of its best score on.
_BLENDED = 0.8


@dataclass(frozen=True)
class Detections:
    """N people.

    Attributes:
        scores: (N,) float32 in [0, 1].
        boxes_xyxy: (N, 4) float32 px, around the face.
        points_xy: (N, 4, 2) float32 px: HIP_CENTER, BODY_CIRCLE, shoulder centre, upper-body
            circle.
    """

    scores: np.ndarray
    boxes_xyxy: np.ndarray
    points_xy: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: np.ndarray | slice) -> 'Detections':
        return Detections(self.scores[index], self.boxes_xyxy[index], self.points_xy[index])

    @classmethod
    def concatenate(cls, parts: list['Detections']) -> 'Detections':
        """Join the detections of several views of one image."""
        return cls(
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.boxes_xyxy for part in parts]),
            np.concatenate([part.points_xy for part in parts]),
        )


@lru_cache(maxsize=1)
def anchor_centers() -> np.ndarray:
    """Return the (2254, 2) float32 anchor centres in units of the input's side, row by row."""
    centers = []
    for stride, per_cell in _ANCHORS_PER_CELL.items():
        cells = INPUT_SIZE[0] // stride
        axis = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        centers.append(np.repeat(grid, per_cell, axis=0))
    return np.concatenate(centers)


def preprocess(frame: Frame, crop_from_image: np.ndarray) -> np.ndarray:
    """Return the (1, 3, 224, 224) float32 tensor in [-1, 1] of one view of the frame."""
    crop = rgb_crop(frame, crop_from_image, INPUT_SIZE)
    return to_tensor([crop], 1 / 127.5, -1.0)


def decode(
    boxes: np.ndarray, logits: np.ndarray, crop_from_image: np.ndarray, min_score: float
) -> Detections:
    """Decode one view's raw outputs to detections in the image, not yet suppressed.

    Args:
        boxes: (2254, 12) raw box (centre, size) and points relative to the anchors, input px.
        logits: (2254,) raw scores.
        crop_from_image: (2, 3) matrix given to `preprocess`.
        min_score: detections below are left out, in (0, 1).
    """
    keep = np.flatnonzero(logits > np.log(min_score / (1.0 - min_score)))
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits[keep], -100.0, 100.0)))
    coded = boxes[keep].reshape(-1, 2 + _POINTS, 2)
    anchors = anchor_centers()[keep][:, None] * np.array(INPUT_SIZE, np.float32) - 0.5
    centers, half_sizes = coded[:, 0] + anchors[:, 0], coded[:, 1] / 2
    corners = np.stack((centers - half_sizes, centers + half_sizes), axis=1)
    image_from_crop = invert_affine(crop_from_image)
    return Detections(
        scores.astype(np.float32),
        apply_affine(image_from_crop, corners).reshape(-1, 4).astype(np.float32),
        apply_affine(image_from_crop, coded[:, 2:] + anchors).astype(np.float32),
    )


def weighted_nms(detections: Detections, min_iou: float = 0.3) -> Detections:
    """Replace each group of overlapping detections by the mean of its best, weighted by score.

    The group keeps its best score. Source: "BlazeFace", section 4 (blending); there all of the
    group are blended, but weak guesses of other views would spoil the alignment points.
    """
    order = np.argsort(-detections.scores, kind='stable')
    rest, kept = detections[order], []
    while len(rest):
        group = box_iou(rest.boxes_xyxy[:1], rest.boxes_xyxy)[0] > min_iou
        group[0] = True
        best = rest[group & (rest.scores >= _BLENDED * rest.scores[0])]
        weights = best.scores / best.scores.sum()
        kept.append(
            Detections(
                best.scores[:1],
                np.tensordot(weights, best.boxes_xyxy, 1)[None],
                np.tensordot(weights, best.points_xy, 1)[None],
            )
        )
        rest = rest[~group]
    return Detections.concatenate(kept) if kept else detections
