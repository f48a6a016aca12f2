"""What people do, from where the fusion says that their joints are: so far, their posture.

`step` is pure, like that of the fusion, and comes after it.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ros_vision_perception.core.association import box_scales
from ros_vision_perception.core.human import Humans, Posture
from ros_vision_perception.core.posture import (
    follow,
    name_postures,
    posture_likelihoods,
    unknown_postures,
)

# Joints this near to the border of the image, scales, are believed less.
_RIM = 0.2


@dataclass(frozen=True)
class ConductState:
    """What is known of T people from the images before.

    Attributes:
        stamp_ns: of the last image.
        ids: (T,) int64, ascending.
        postures: (T, 5) probabilities, see `posture.POSTURES`.
    """

    stamp_ns: int = 0
    ids: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    postures: np.ndarray = field(default_factory=lambda: unknown_postures(0))


def step(state: ConductState, humans: Humans) -> tuple[ConductState, Humans]:
    """Return what is known now, and the same people with their posture.

    Args:
        state: what was known before.
        humans: of one image, not before the last one.
    """
    people = humans.people
    ids = np.array([human.track_id for human in people], np.int64)
    if not people:
        return ConductState(humans.stamp_ns, ids), humans
    scales = box_scales(np.array([human.box_xyxy for human in people], np.float64))
    positions_xy = np.array([human.joints.keypoints_xy for human in people], np.float64)
    p_visible = np.array([human.joints.p_visible for human in people])
    likelihoods = posture_likelihoods(
        positions_xy,
        np.array([human.joints.covariances_px[:, 0, 0] for human in people]),
        p_visible * _within(positions_xy, scales, humans.image_size),
        scales,
        humans.skeleton,
    )
    postures, is_new = unknown_postures(len(ids)), ~np.isin(ids, state.ids)
    known = np.flatnonzero(~is_new)
    postures[known] = state.postures[np.searchsorted(state.ids, ids[known])]
    dt_s = (humans.stamp_ns - state.stamp_ns) * 1e-9
    postures = follow(postures, likelihoods, is_new, dt_s)
    named = zip(people, *(part.tolist() for part in name_postures(postures)), strict=True)
    told = tuple(
        replace(human, posture=Posture(posture), posture_confidence=confidence)
        for human, posture, confidence in named
    )
    return ConductState(humans.stamp_ns, ids, postures), replace(humans, people=told)


def _within(
    positions_xy: np.ndarray, scales: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return (T, K) in [0, 1], how far joints are to be believed by their distance to the border.

    Pose models squeeze what is beyond the border of the image into it.
    """
    inside = np.minimum(positions_xy, np.array(image_size) - 1.0 - positions_xy).min(axis=-1)
    return (inside / (_RIM * scales[:, None])).clip(0.0, 1.0)
