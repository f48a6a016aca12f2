"""The result: everyone the robot knows about."""

from typing import Any

from geometry_msgs.msg import Point, Vector3
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError, FrameError
from ros_vision_perception.core.human import (
    Humans,
    HumanState,
    Joints,
)
from ros_vision_perception.core.skeleton import Skeleton, get_skeleton
from ros_vision_perception.msg import HumanJoint, HumanStateArray
from ros_vision_perception.msg import HumanState as HumanStateMsg
from ros_vision_perception.nodes.conversions.human_from_msg import (
    TRIANGLE_2,
    TRIANGLE_3,
    human_from_msg,
)
from ros_vision_perception.nodes.conversions.lean import lean
from ros_vision_perception.nodes.conversions.masks import box_to_msg
from ros_vision_perception.nodes.conversions.paths import PathsWriter
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg
from ros_vision_perception.nodes.conversions.stamps import (
    duration_to_msg,
    seconds_to_msg,
    stamp_from_header,
    time_to_msg,
)

_LeanJoint, _LeanPoint, _LeanVector = lean(HumanJoint), lean(Point), lean(Vector3)


class HumansWriter:
    """Fills a `HumanStateArray`, over and over the same one."""

    def __init__(self, skeleton: Skeleton) -> None:
        """Write people in `skeleton`."""
        self._message = HumanStateArray(skeleton=skeleton.name)
        self._joints = len(skeleton)
        self._people: list[_Person] = []

    def write(self, humans: Humans, header: Any) -> HumanStateArray:
        """Return the people in the image with this header; good until the next call."""
        while len(self._people) < len(humans.people):
            self._people.append(_Person(self._joints))
        message = self._message
        message.header = header
        message.inputs = (
            HumanStateArray.POSE * humans.used_pose
            + HumanStateArray.MASK * humans.used_masks
            + HumanStateArray.DEPTH * humans.used_depth
        )
        message.degraded = bool(humans.degraded_reason)
        message.degraded_reason = humans.degraded_reason
        message.image_width, message.image_height = humans.image_size
        message.humans = [
            person.write(human) for person, human in zip(self._people, humans.people, strict=False)
        ]
        return message


def set_times(message: HumanStateArray, published_ns: int, latency_ns: int) -> None:
    """Write when the message is published, and how long it took since the image arrived.

    Args:
        message: a result with the header of its image.
        published_ns: the node's clock now; 0 while simulated time has not begun, when the age of
            the image is not known and written as 0.
        latency_ns: since the image arrived.
    """
    message.published = time_to_msg(published_ns)
    message.processing_latency = duration_to_msg(latency_ns)
    age_ns = published_ns - stamp_from_header(message.header) if published_ns else 0
    message.sensor_age = duration_to_msg(age_ns)


class _Person:
    """The messages of one person."""

    def __init__(self, joints: int) -> None:
        self._message = HumanStateMsg(
            joints=[
                _LeanJoint(joint_id=joint, position=_LeanPoint(), velocity=_LeanVector())
                for joint in range(joints)
            ],
        )
        self._message.pose.covariance[:] = np.nan
        self._message.twist.covariance[:] = np.nan
        twist = self._message.twist.twist
        for vector in (twist.linear, twist.angular):
            vector.x = vector.y = vector.z = np.nan
        # One array holds the matrices of all joints, each message a row of it: one assignment
        # instead of one per joint.
        self._covariances = np.zeros((joints, 3), np.float32)
        self._position_covariances = np.full((joints, 6), np.nan, np.float32)
        self._velocity_covariances = np.full((joints, 6), np.nan, np.float32)
        for row, joint in enumerate(self._message.joints):
            joint.covariance = self._covariances[row]
            joint.position_covariance = self._position_covariances[row]
            joint.velocity_covariance = self._velocity_covariances[row]
            for vector in (joint.position, joint.velocity):
                vector.x = vector.y = vector.z = np.nan
        self._is_in_space = False
        self._paths = PathsWriter()

    def write(self, human: HumanState) -> HumanStateMsg:
        message = self._message
        message.track_id = human.track_id
        message.track_state = int(human.track_state)
        message.age = seconds_to_msg(human.age_s)
        message.time_since_update = seconds_to_msg(human.time_since_update_s)
        message.existence_probability = human.existence_probability
        message.occluded_fraction = human.occluded_fraction
        message.identity_confidence = human.identity_confidence
        message.alternative_track_ids = human.alternative_track_ids
        message.alternative_confidences = human.alternative_confidences
        message.posture = int(human.posture)
        message.posture_confidence = human.posture_confidence
        message.activities = human.activities
        message.activity_confidences = human.activity_confidences
        _write_vector(message.pointing_origin, human.pointing_origin_m)
        _write_vector(message.pointing_direction, human.pointing_direction)
        message.predicted_paths = self._paths.write(human.predicted_paths)
        message.bbox = box_to_msg(human.box_xyxy)
        message.has_3d = human.has_3d
        _write_vector(message.pose.pose.position, human.position_m)
        message.pose.covariance.reshape(6, 6)[:3, :3] = human.position_covariance
        self._write_orientation(human)
        _write_vector(message.twist.twist.linear, human.velocity_mps)
        message.twist.covariance.reshape(6, 6)[:3, :3] = human.velocity_covariance
        self._write_in_image(human.joints)
        is_in_space = bool(human.joints.has_3d.any())
        if is_in_space or self._is_in_space:
            self._write_in_space(human.joints)
        self._is_in_space = is_in_space
        return message

    def _write_orientation(self, human: HumanState) -> None:
        message = self._message
        message.orientation_availability = int(human.orientation_availability)
        message.facing_probability = human.facing_probability
        message.pose.pose.orientation = quaternion_to_msg(human.axes)
        message.pose.covariance.reshape(6, 6)[3:, 3:] = human.orientation_covariance

    def _write_in_image(self, joints: Joints) -> None:
        self._covariances[:] = joints.covariances_px[:, TRIANGLE_2[0], TRIANGLE_2[1]]
        for joint, state, visible, track_id, name, (x, y), since in zip(
            self._message.joints,
            joints.states.tolist(),
            joints.p_visible.tolist(),
            joints.occluder_track_ids.tolist(),
            joints.occluder_classes,
            joints.keypoints_xy.tolist(),
            joints.time_since_seen_s.tolist(),
            strict=True,
        ):
            joint.state = state
            joint.p_visible = visible
            joint.occluder_track_id = track_id
            joint.occluder_class = name
            joint.x = x
            joint.y = y
            joint.time_since_seen = since

    def _write_in_space(self, joints: Joints) -> None:
        rows, columns = TRIANGLE_3
        self._position_covariances[:] = joints.position_covariances[:, rows, columns]
        self._velocity_covariances[:] = joints.velocity_covariances[:, rows, columns]
        for joint, has_3d, (x, y, z), (vx, vy, vz) in zip(
            self._message.joints,
            joints.has_3d.tolist(),
            joints.positions_m.tolist(),
            joints.velocities.tolist(),
            strict=True,
        ):
            joint.has_3d = has_3d
            position = joint.position
            position.x = x
            position.y = y
            position.z = z
            velocity = joint.velocity
            velocity.x = vx
            velocity.y = vy
            velocity.z = vz


def _write_vector(message: Any, vector: np.ndarray) -> None:
    message.x, message.y, message.z = vector.tolist()


def humans_from_msg(message: Any) -> Humans:
    """Return the people in a message, durations to the nearest nanosecond.

    Raises:
        FrameError: zero_stamp, unknown_skeleton, bad_humans (joints missing, unknown constants).
    """
    try:
        skeleton = get_skeleton(message.skeleton)
    except ConfigurationError as error:
        raise FrameError('unknown_skeleton', str(error)) from error
    try:
        people = tuple(human_from_msg(human, len(skeleton)) for human in message.humans)
    except ValueError as error:
        raise FrameError('bad_humans', str(error)) from error
    inputs = message.inputs
    return Humans(
        stamp_ns=stamp_from_header(message.header),
        image_size=(message.image_width, message.image_height),
        skeleton=skeleton,
        people=people,
        used_pose=bool(inputs & HumanStateArray.POSE),
        used_masks=bool(inputs & HumanStateArray.MASK),
        used_depth=bool(inputs & HumanStateArray.DEPTH),
        degraded_reason=message.degraded_reason,
    )
