"""Several poses of one image: which of them are the same person."""

import numpy as np

from ros_vision_perception.core.geometry import oks, suppress
from ros_vision_perception.core.skeleton import Skeleton

# Two poses that are this alike (OKS) are one person seen twice.
_SAME_POSE = 0.5
# A pose is a part of a body when this share of its joints lies on the bones of a larger pose. A
# bone is as thick as this share of the square root of the pose's box area.
_ON_BODY, _BONE_RADIUS = 0.8, 0.12


def distinct_people(
    keypoints_xy: np.ndarray, person_scores: np.ndarray, skeleton: Skeleton
) -> np.ndarray:
    """Return the indices, in order, of poses that are different people.

    Of two alike the one with the higher score stays. A pose that lies on the body of a larger one
    goes: it is an arm or a leg taken for a person.

    Args:
        keypoints_xy: (N, K, 2) px, finite.
        person_scores: (N,).
        skeleton: names the K joints.
    """
    areas = np.prod(np.ptp(keypoints_xy, axis=1), axis=-1)
    alike = oks(
        keypoints_xy, keypoints_xy, skeleton.sigmas, areas, np.ones(keypoints_xy.shape[:2])
    )
    whole = [
        pose
        for pose in suppress(alike, person_scores, _SAME_POSE)
        if not any(
            areas[other] > areas[pose]
            and _is_on_body(keypoints_xy[pose], keypoints_xy[other], areas[other], skeleton)
            for other in range(len(areas))
        )
    ]
    return np.sort(np.array(whole, np.int64))


def _is_on_body(
    part_xy: np.ndarray, body_xy: np.ndarray, body_area: float, skeleton: Skeleton
) -> bool:
    edges = np.array(skeleton.edges)
    distances = distances_to_segments(part_xy, body_xy[edges[:, 0]], body_xy[edges[:, 1]])
    on_body = distances.min(axis=1) < _BONE_RADIUS * np.sqrt(body_area)
    return bool(on_body.mean() > _ON_BODY)


def distances_to_segments(
    points: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Return the (P, S) distances, px, of points (P, 2) to the segments from (S, 2) to (S, 2)."""
    along = ends - starts
    lengths = np.maximum((along**2).sum(axis=-1), 1e-9)
    offset = points[:, None] - starts[None]
    share = np.clip((offset * along).sum(axis=-1) / lengths, 0.0, 1.0)
    return np.linalg.norm(offset - share[..., None] * along, axis=-1)
