"""Several poses of one image: which of them are the same person."""

import numpy as np

from ros_vision_perception.core.geometry import oks, suppress
from ros_vision_perception.core.masks import BoxMask, intersection_area
from ros_vision_perception.core.skeleton import Skeleton

# Two poses that are this alike (OKS) are one person seen twice.
_SAME_POSE = 0.5
# A pose whose own pixels belong by this share to a larger person is an arm or a leg of theirs
# taken for a person. Somebody who stands behind has pixels of their own.
_PART_OF_BODY = 0.95


def distinct_poses(
    keypoints_xy: np.ndarray, person_scores: np.ndarray, skeleton: Skeleton
) -> np.ndarray:
    """Return the indices, in order, that are left when of two alike poses the likelier stays.

    Args:
        keypoints_xy: (N, K, 2) px, finite.
        person_scores: (N,).
        skeleton: names the K joints.
    """
    if len(person_scores) < 2:
        return np.arange(len(person_scores))
    areas = np.prod(np.ptp(keypoints_xy, axis=1), axis=-1)
    alike = oks(
        keypoints_xy, keypoints_xy, skeleton.sigmas, areas, np.ones(keypoints_xy.shape[:2])
    )
    return np.sort(suppress(alike, person_scores, _SAME_POSE))


def whole_bodies(masks: tuple[BoxMask, ...]) -> np.ndarray:
    """Return the indices, in order, of those masks that are not a part of a larger one."""
    areas = [mask.area for mask in masks]
    return np.array(
        [
            index
            for index, mask in enumerate(masks)
            if not any(
                areas[other] > areas[index]
                and intersection_area(mask, masks[other]) > _PART_OF_BODY * areas[index]
                for other in range(len(masks))
            )
        ],
        np.int64,
    )
