"""People as most pose models find them: with scores, and no word of what is hidden."""

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Keypoints


def people_with_scores(
    skeleton: Skeleton,
    image_size: tuple[int, int],
    keypoints_xy: np.ndarray,
    scores: np.ndarray,
    boxes_xyxy: np.ndarray,
    person_scores: np.ndarray,
) -> Keypoints:
    """Return N people; their visibility, presence and 3D are not known.

    Args:
        skeleton: names the K joints.
        image_size: (width, height) px.
        keypoints_xy: (N, K, 2) px.
        scores: (N, K), brought to [0, 1].
        boxes_xyxy: (N, 4) px.
        person_scores: (N,), brought to [0, 1].
    """
    unknown = np.full(scores.shape, np.nan, np.float32)
    return Keypoints(
        skeleton=skeleton,
        image_size=image_size,
        keypoints_xy=keypoints_xy.astype(np.float32),
        scores=np.clip(scores, 0, 1).astype(np.float32),
        visibility=unknown,
        presence=unknown,
        boxes_xyxy=boxes_xyxy.astype(np.float32),
        person_scores=np.clip(person_scores, 0, 1).astype(np.float32),
        keypoints_3d=np.full((*scores.shape, 3), np.nan, np.float32),
    )
