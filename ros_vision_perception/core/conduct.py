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

# People change how they hold themselves slowly: more looks than this tell nothing new, ns.
_EVERY_NS = 100_000_000
# Joints this near to the border of the image, scales, are believed less.
_RIM = 0.2


@dataclass(frozen=True)
class ConductState:
    """What is known of T people from the images before.

    Attributes:
        stamp_ns: of the image that was last looked at; None before the first.
        ids: (T,) int64, ascending.
        postures: (T, 5) probabilities, see `posture.POSTURES`.
    """

    stamp_ns: int | None = None
    ids: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    postures: np.ndarray = field(default_factory=lambda: unknown_postures(0))


def step(state: ConductState, humans: Humans) -> tuple[ConductState, Humans]:
    """Return what is known now, and the same people with their posture.

    Args:
        state: what was known before.
        humans: of one image, not before the last one.
    """
    ids = np.array([human.track_id for human in humans.people], np.int64)
    if state.stamp_ns is None or humans.stamp_ns - state.stamp_ns >= _EVERY_NS:
        state = _look(state, humans, ids)
    postures = _of(state, ids)
    named = zip(humans.people, *(part.tolist() for part in name_postures(postures)), strict=True)
    told = tuple(
        replace(human, posture=Posture(posture), posture_confidence=confidence)
        for human, posture, confidence in named
    )
    return state, replace(humans, people=told)


def _look(state: ConductState, humans: Humans, ids: np.ndarray) -> ConductState:
    """Return what is known after a look at the people with these (T,) ids."""
    people = humans.people
    if not people:
        return ConductState(humans.stamp_ns)
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
    dt_s = 0.0 if state.stamp_ns is None else (humans.stamp_ns - state.stamp_ns) * 1e-9
    is_new = ~np.isin(ids, state.ids)
    return ConductState(humans.stamp_ns, ids, follow(_of(state, ids), likelihoods, is_new, dt_s))


def _of(state: ConductState, ids: np.ndarray) -> np.ndarray:
    """Return the (T, 5) probabilities of people, those of anybody for whoever is new."""
    postures, known = unknown_postures(len(ids)), np.flatnonzero(np.isin(ids, state.ids))
    postures[known] = state.postures[np.searchsorted(state.ids, ids[known])]
    return postures


def _within(
    positions_xy: np.ndarray, scales: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return (T, K) in [0, 1], how far joints are to be believed by their distance to the border.

    Pose models squeeze what is beyond the border of the image into it.
    """
    inside = np.minimum(positions_xy, np.array(image_size) - 1.0 - positions_xy).min(axis=-1)
    return (inside / (_RIM * scales[:, None])).clip(0.0, 1.0)
