"""People as bodies of ROS4HRI (REP-155): topics of each, and frames of TF."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import JointState

from ros_vision_perception.core.human import Humans, HumanState
from ros_vision_perception.core.joint_angles import angles_of
from ros_vision_perception.nodes.conversions import bodies, people_frames
from ros_vision_perception.nodes.image_frame import ImageFrame
from ros_vision_perception.nodes.quality import RELIABLE

# Every program of the robot hears all frames.
_EVERY_NS = 100_000_000


class Bodies:
    """`/humans/bodies/...` of ROS4HRI (REP-155): ids; box, joints, posture, gestures of each."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._kinds = kinds = import_module('hri_msgs.msg')
        self._ids = node.create_publisher(kinds.IdsList, '/humans/bodies/tracked', RELIABLE)
        self._image = ImageFrame(node)
        types = {
            'roi': kinds.NormalizedRegionOfInterest2D,
            'skeleton2d': kinds.Skeleton2D,
            'posture': kinds.BodyPosture,
            'gesture': kinds.Gesture,
        }
        self._topics = _Topics(node, types)

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish who is there, and what is known of each; topics go with their people."""
        kinds, size, in_image = self._kinds, humans.image_size, self._image.header(header)
        for human, publishers in self._topics.of(people):
            if all(size):  # people of several cameras are in no image
                publishers['roi'].publish(bodies.roi_to_msg(kinds, human, size, in_image))
                publishers['skeleton2d'].publish(
                    bodies.skeleton_to_msg(kinds, human, humans.skeleton, size, in_image)
                )
            publishers['posture'].publish(bodies.posture_to_msg(kinds, human, header))
            for gesture in bodies.gestures_to_msg(kinds, human, header):
                publishers['gesture'].publish(gesture)
        self._ids.publish(bodies.ids_to_msg(kinds, people, header))


class JointStates:
    """`/humans/bodies/<id>/joint_states`, sensor_msgs/JointState, of each: REP-155's model."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._topics, self._pace = _Topics(node, {'joint_states': JointState}), _Pace()

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish the angles that are known; topics go with their people."""
        ends = self._topics.of(people)
        if not self._pace.is_due(humans.stamp_ns):
            return
        all_angles = angles_of(people, humans.skeleton).angles
        for (human, publishers), angles in zip(ends, all_angles, strict=True):
            message = bodies.joint_states_to_msg(human, angles, header)
            if message.name:
                publishers['joint_states'].publish(message)


class Frames:
    """TF frames `body_<id>`, and under them `<joint>_<id>`, in the frame of the people."""

    def __init__(self, node: Node) -> None:
        """Send nothing yet."""
        self._broadcaster = import_module('tf2_ros').TransformBroadcaster(node)
        self._pace = _Pace()

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Send the frames of everyone whose position in metres is known, ten times per second."""
        if not self._pace.is_due(humans.stamp_ns):
            return
        transforms = people_frames.frames_to_msg(people, humans.skeleton, header)
        if transforms:
            self._broadcaster.sendTransform(transforms)


class _Topics:
    """The publishers of each body, which come and go with it."""

    def __init__(self, node: Node, types: dict[str, Any]) -> None:
        self._node, self._types = node, types
        self._ends: dict[str, dict[str, Any]] = {}

    def of(self, people: Iterable[HumanState]) -> list[tuple[HumanState, dict[str, Any]]]:
        """Return the people, each with publishers by topic; those of all others are gone."""
        present = {bodies.body_id(human.track_id): human for human in people}
        for gone in set(self._ends) - set(present):
            for publisher in self._ends.pop(gone).values():
                self._node.destroy_publisher(publisher)
        for new in set(present) - set(self._ends):
            self._ends[new] = {
                topic: self._node.create_publisher(kind, f'/humans/bodies/{new}/{topic}', RELIABLE)
                for topic, kind in self._types.items()
            }
        return [(human, self._ends[name]) for name, human in present.items()]


class _Pace:
    """Ten times per second at most, by the stamps: what is due at one stamp is due together."""

    def __init__(self) -> None:
        self._last_ns = 0

    def is_due(self, stamp_ns: int) -> bool:
        """Return whether the last time is long enough ago; then this is the last time."""
        # A bag that is played again begins with an older stamp.
        if 0 <= stamp_ns - self._last_ns < _EVERY_NS:
            return False
        self._last_ns = stamp_ns
        return True
