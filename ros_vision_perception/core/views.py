"""One person as several cameras see them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ros_vision_perception.core.human import (
    HumanState,
    Joints,
    JointState,
    OrientationAvailability,
    Posture,
    TrackState,
    unknown,
)
from ros_vision_perception.core.intersection import intersect

# Variance of the acceleration of people, (m/s^2)^2, while nobody looks.
_ACCELERATION = 1.0
# Whom any camera sees is seen; the first of these that a camera says holds.
_BEST_STATE = (TrackState.CONFIRMED, TrackState.OCCLUDED, TrackState.TENTATIVE, TrackState.LOST)
_HIDDEN = (
    JointState.OCCLUDED_BY_SELF,
    JointState.OCCLUDED_BY_PERSON,
    JointState.OCCLUDED_BY_OBJECT,
)


def later(human: HumanState, seconds: float) -> HumanState:
    """Return somebody so many seconds later, when nobody has looked meanwhile."""
    if seconds <= 0:
        return human
    step = human.velocity_mps * np.float32(seconds)
    drift = human.velocity_covariance * seconds**2 + np.eye(3) * _ACCELERATION * seconds**4 / 4
    joints = human.joints
    return replace(
        human,
        age_s=human.age_s + seconds,
        time_since_update_s=human.time_since_update_s + seconds,
        position_m=human.position_m + step,
        position_covariance=(human.position_covariance + drift).astype(np.float32),
        joints=replace(
            joints,
            positions_m=joints.positions_m + step,
            position_covariances=(joints.position_covariances + drift).astype(np.float32),
            time_since_seen_s=joints.time_since_seen_s + np.float32(seconds),
        ),
    )


def merge(
    track_id: int, views: Sequence[HumanState], id_of: Callable[[int, int], int]
) -> HumanState:
    """Return what several views of one person say together.

    What is in pixels is NaN: the result belongs to no image. Nor does it tell whether somebody
    faces the camera.

    Args:
        track_id: of the result.
        views: of the same person at the same time in the same frame, one per camera.
        id_of: number of a view and id of a track in it -> id in the result, -1 if unknown.
    """
    best = max(range(len(views)), key=lambda view: float(views[view].joints.p_visible.sum()))
    clearest = views[best]
    position, spread = _joined(views, 'position_m', 'position_covariance')
    velocity, unsteadiness = _joined(views, 'velocity_mps', 'velocity_covariance')
    turned = min(views, key=_doubt_of_orientation)
    posed = max(views, key=_confidence_of_posture)
    going = clearest if clearest.predicted_paths else max(views, key=_paths)
    others = {
        other: confidence
        for person, confidence in zip(
            clearest.alternative_track_ids, clearest.alternative_confidences, strict=True
        )
        if (other := id_of(best, person)) not in (-1, track_id)
    }
    joints = _joints(views, id_of)
    return replace(
        clearest,
        track_id=track_id,
        track_state=min((view.track_state for view in views), key=_BEST_STATE.index),
        age_s=max(view.age_s for view in views),
        time_since_update_s=min(view.time_since_update_s for view in views),
        existence_probability=max(view.existence_probability for view in views),
        occluded_fraction=_occluded_fraction(joints.states),
        box_xyxy=unknown(4),
        joints=joints,
        position_m=position,
        position_covariance=spread,
        velocity_mps=velocity,
        velocity_covariance=unsteadiness,
        alternative_track_ids=tuple(others),
        alternative_confidences=tuple(others.values()),
        posture=posed.posture,
        posture_confidence=posed.posture_confidence,
        axes=turned.axes,
        orientation_covariance=turned.orientation_covariance,
        orientation_availability=turned.orientation_availability,
        facing_probability=np.nan,
        predicted_paths=going.predicted_paths,
    )


def _joints(views: Sequence[HumanState], id_of: Callable[[int, int], int]) -> Joints:
    """Return each joint: its state from the view that sees it best, its place from all."""
    count = len(views[0].joints)
    rows = np.arange(count)
    visible = np.stack([view.joints.p_visible for view in views])
    best = visible.argmax(axis=0)

    def stacked(name: str) -> np.ndarray:
        return np.stack([getattr(view.joints, name) for view in views])

    positions, spreads = intersect(stacked('positions_m'), stacked('position_covariances'))
    velocities, unsteadiness = intersect(stacked('velocities'), stacked('velocity_covariances'))
    occluders = [
        -1 if occluder < 0 else id_of(int(view), int(occluder))
        for view, occluder in zip(best, stacked('occluder_track_ids')[best, rows], strict=True)
    ]
    return Joints(
        states=stacked('states')[best, rows],
        p_visible=visible.max(axis=0),
        occluder_track_ids=np.array(occluders, np.int32),
        occluder_classes=tuple(
            views[view].joints.occluder_classes[row] for row, view in enumerate(best)
        ),
        keypoints_xy=unknown(count, 2),
        covariances_px=unknown(count, 2, 2),
        has_3d=np.isfinite(positions).all(axis=1),
        positions_m=positions,
        position_covariances=spreads,
        velocities=velocities,
        velocity_covariances=unsteadiness,
        time_since_seen_s=stacked('time_since_seen_s').min(axis=0),
    )


def _joined(views: Sequence[HumanState], name: str, spread: str) -> tuple[np.ndarray, np.ndarray]:
    means = np.stack([getattr(view, name) for view in views])[:, None]
    covariances = np.stack([getattr(view, spread) for view in views])[:, None]
    mean, covariance = intersect(means, covariances)
    return mean[0], covariance[0]


def _occluded_fraction(states: np.ndarray) -> float:
    inside = states != JointState.OUT_OF_IMAGE
    return float(np.isin(states, _HIDDEN).sum() / max(inside.sum(), 1))


def _doubt_of_orientation(human: HumanState) -> tuple[int, float]:
    known = human.orientation_availability
    doubt = float(np.trace(human.orientation_covariance))
    return -int(known), doubt if known != OrientationAvailability.UNAVAILABLE else 0.0


def _confidence_of_posture(human: HumanState) -> float:
    return -1.0 if human.posture == Posture.UNKNOWN else human.posture_confidence


def _paths(human: HumanState) -> int:
    return len(human.predicted_paths)
