"""One person from a message."""

from typing import Any

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
from ros_vision_perception.nodes.conversions.masks import box_from_msg
from ros_vision_perception.nodes.conversions.paths import path_from_msg
from ros_vision_perception.nodes.conversions.rotations import axes_from_msg
from ros_vision_perception.nodes.conversions.stamps import seconds_from_msg

# Upper triangles of 2 x 2 and 3 x 3 matrices, row by row.
TRIANGLE_2 = np.triu_indices(2)
TRIANGLE_3 = np.triu_indices(3)


def human_from_msg(human: Any, joints: int) -> HumanState:
    """Return the person in a `HumanState` message, durations to the nearest nanosecond.

    Raises:
        ValueError: not so many joints, unknown constants, numbers that contradict each other.
    """
    if len(human.joints) != joints:
        raise ValueError(f'got {len(human.joints)} joints, expected {joints}')
    for names, confidences in (
        (human.alternative_track_ids, human.alternative_confidences),
        (human.activities, human.activity_confidences),
    ):
        if len(names) != len(confidences):
            raise ValueError(f'got {len(confidences)} confidences, expected {len(names)}')
    pose_covariance, twist_covariance = (
        np.reshape(part.covariance, (6, 6)).astype(np.float32)
        for part in (human.pose, human.twist)
    )
    availability = OrientationAvailability(human.orientation_availability)
    is_turned = availability != OrientationAvailability.UNAVAILABLE
    return HumanState(
        track_id=human.track_id,
        track_state=TrackState(human.track_state),
        age_s=seconds_from_msg(human.age),
        time_since_update_s=seconds_from_msg(human.time_since_update),
        existence_probability=human.existence_probability,
        occluded_fraction=human.occluded_fraction,
        identity_confidence=human.identity_confidence,
        box_xyxy=np.array(box_from_msg(human.bbox), np.float32),
        joints=_joints_from_msg(human.joints),
        position_m=_vector(human.pose.pose.position),
        position_covariance=pose_covariance[:3, :3],
        velocity_mps=_vector(human.twist.twist.linear),
        velocity_covariance=twist_covariance[:3, :3],
        alternative_track_ids=tuple(human.alternative_track_ids),
        alternative_confidences=tuple(human.alternative_confidences),
        posture=Posture(human.posture),
        posture_confidence=human.posture_confidence,
        axes=axes_from_msg(human.pose.pose.orientation) if is_turned else unknown(3, 3),
        orientation_covariance=pose_covariance[3:, 3:],
        orientation_availability=availability,
        facing_probability=human.facing_probability,
        activities=tuple(human.activities),
        activity_confidences=tuple(human.activity_confidences),
        pointing_origin_m=_vector(human.pointing_origin),
        pointing_direction=_vector(human.pointing_direction),
        predicted_paths=tuple(path_from_msg(path) for path in human.predicted_paths),
    )


def _joints_from_msg(joints: Any) -> Joints:
    def floats(values: list, *shape: int) -> np.ndarray:
        return np.array(values, np.float32).reshape(len(joints), *shape)

    has_3d = np.array([joint.has_3d for joint in joints], bool)
    positions = _vectors([joint.position for joint in joints])
    spreads = _matrices(floats([joint.position_covariance for joint in joints], 6), TRIANGLE_3)
    if not (np.isfinite(positions[has_3d]).all() and np.isfinite(spreads[has_3d]).all()):
        raise ValueError('got a joint in space without a position or its covariance')
    return Joints(
        states=np.array([JointState(joint.state) for joint in joints], np.uint8),
        p_visible=floats([joint.p_visible for joint in joints]),
        occluder_track_ids=np.array([joint.occluder_track_id for joint in joints], np.int32),
        occluder_classes=tuple(joint.occluder_class for joint in joints),
        keypoints_xy=floats([(joint.x, joint.y) for joint in joints], 2),
        covariances_px=_matrices(floats([joint.covariance for joint in joints], 3), TRIANGLE_2),
        has_3d=has_3d,
        positions_m=positions,
        position_covariances=spreads,
        velocities=_vectors([joint.velocity for joint in joints]),
        velocity_covariances=_matrices(
            floats([joint.velocity_covariance for joint in joints], 6), TRIANGLE_3
        ),
        time_since_seen_s=floats([joint.time_since_seen for joint in joints]),
    )


def _vector(message: Any) -> np.ndarray:
    return np.array([message.x, message.y, message.z], np.float32)


def _vectors(vectors: list) -> np.ndarray:
    return np.array([_vector(vector) for vector in vectors], np.float32).reshape(-1, 3)


def _matrices(triangles: np.ndarray, indices: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return symmetric matrices (K, n, n) from their upper triangles (K, m)."""
    rows, columns = indices
    size = int(rows[-1]) + 1
    matrices = np.empty((len(triangles), size, size), np.float32)
    matrices[:, rows, columns] = triangles
    matrices[:, columns, rows] = triangles
    return matrices
