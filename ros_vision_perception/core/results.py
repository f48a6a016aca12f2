"""From arrays over all tracks to one record per person."""

from dataclasses import fields
from typing import Any

import numpy as np

from ros_vision_perception.core.body_prior import Body, body_of
from ros_vision_perception.core.filters import published_variances
from ros_vision_perception.core.human import Humans, HumanState, Joints, JointState, TrackState
from ros_vision_perception.core.identity import alternatives, confidence
from ros_vision_perception.core.scene import Sightings
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.space import Space
from ros_vision_perception.core.tracks import NEVER, Tracks
from ros_vision_perception.core.types import Observation
from ros_vision_perception.core.visibility import Belief

_SAME_FOR_X_AND_Y = np.eye(2)
# The fields that are filled in here; from the posture on, `conduct` knows more.
_OF_A_JOINT = [field.name for field in fields(Joints)]
_OF_ANYBODY = [field.name for field in fields(HumanState)]
_OF_A_HUMAN = _OF_ANYBODY[: _OF_ANYBODY.index('posture')]


def write_down(
    observation: Observation,
    skeleton: Skeleton,
    tracks: Tracks,
    sightings: Sightings,
    belief: Belief,
    space: Space,
    degraded_reason: str,
) -> Humans:
    """Return everyone who is known about.

    Args:
        observation: the parts that were used.
        skeleton: of the joints.
        tracks: after the observation was taken in.
        sightings: of them in the image.
        belief: about their joints.
        space: where they are in metres.
        degraded_reason: what was amiss with the observation, '' for nothing.
    """
    return Humans(
        stamp_ns=observation.stamp_ns,
        image_size=observation.image_size,
        skeleton=skeleton,
        people=_people(tracks, sightings, belief, space, body_of(skeleton), observation.stamp_ns),
        used_pose=observation.keypoints is not None,
        used_masks=observation.masks is not None,
        used_depth=observation.depth_m is not None,
        degraded_reason=degraded_reason,
    )


def _people(
    tracks: Tracks, sightings: Sightings, belief: Belief, space: Space, body: Body, stamp_ns: int
) -> tuple[HumanState, ...]:
    joints = _joints(tracks, belief, space, body, stamp_ns)
    overlooked = sightings.looked & ~sightings.found
    occluded = np.where(overlooked, 1.0, _occluded_fraction(tracks.joint_states))
    identity, others = confidence(tracks.doubts), alternatives(tracks.doubts)
    places = {
        'box_xyxy': tracks.boxes_xyxy,
        'position_m': space.positions_m[:, -1],
        'position_covariance': space.position_covariances[:, -1],
        'velocity_mps': space.velocities[:, -1],
        'velocity_covariance': space.velocity_covariances[:, -1],
    }
    table: dict[str, Any] = {
        **{name: values.astype(np.float32) for name, values in places.items()},
        'track_id': tracks.ids.tolist(),
        'track_state': map(TrackState, tracks.states.tolist()),
        'age_s': ((stamp_ns - tracks.born_ns) * 1e-9).tolist(),
        'time_since_update_s': ((stamp_ns - tracks.updated_ns) * 1e-9).tolist(),
        'existence_probability': tracks.existence.tolist(),
        'occluded_fraction': occluded.tolist(),
        'identity_confidence': identity.tolist(),
        'joints': joints,
        'alternative_track_ids': [tuple(other for other, _ in row) for row in others],
        'alternative_confidences': [tuple(share for _, share in row) for row in others],
    }
    columns = (table[name] for name in _OF_A_HUMAN)
    return tuple(map(HumanState, *columns))


def _joints(
    tracks: Tracks, belief: Belief, space: Space, body: Body, stamp_ns: int
) -> list[Joints]:
    variances = published_variances(tracks.motion, body, tracks.scales)
    since_ns = np.where(tracks.seen_ns == NEVER, np.inf, stamp_ns - tracks.seen_ns)
    numbers = {
        'p_visible': belief.probabilities[..., 0],
        'keypoints_xy': tracks.motion.positions_xy,
        'covariances_px': variances[..., None, None] * _SAME_FOR_X_AND_Y,
        'positions_m': space.positions_m[:, :-1],
        'position_covariances': space.position_covariances[:, :-1],
        'velocities': space.velocities[:, :-1],
        'velocity_covariances': space.velocity_covariances[:, :-1],
        'time_since_seen_s': since_ns * 1e-9,
    }
    classes = np.array(belief.occluder_classes, object)[belief.occluders]
    table: dict[str, Any] = {
        **{name: np.asarray(values, np.float32) for name, values in numbers.items()},
        'states': belief.states,
        'occluder_track_ids': belief.occluder_track_ids[belief.occluders].astype(np.int32),
        'occluder_classes': map(tuple, classes.tolist()),
        'has_3d': space.has_3d[:, :-1],
    }
    columns = (table[name] for name in _OF_A_JOINT)
    return list(map(Joints, *columns))


def _occluded_fraction(states: np.ndarray) -> np.ndarray:
    """Return the (T,) share of the joints inside the image that something hides."""
    first, last = int(JointState.OCCLUDED_BY_SELF), int(JointState.OCCLUDED_BY_OBJECT)
    hidden = (states >= first) & (states <= last)
    in_image = states != int(JointState.OUT_OF_IMAGE)
    return hidden.sum(axis=1) / np.maximum(in_image.sum(axis=1), 1)
