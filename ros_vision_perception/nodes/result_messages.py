"""The results of one frame as serialised messages, with no middleware to send them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.serialization import serialize_message

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.nodes.conversions.humans import HumansWriter, set_times
from ros_vision_perception.nodes.conversions.keypoints import KeypointsWriter
from ros_vision_perception.nodes.conversions.masks import masks_to_msg
from ros_vision_perception.nodes.conversions.skeletons import skeleton_to_msg
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.pipeline.perception import PerceptionResult

HUMANS, KEYPOINTS, MASKS, SKELETON = 'humans', 'keypoints', 'masks', 'skeleton'
TOPICS = {
    HUMANS: 'ros_vision_perception/msg/HumanStateArray',
    KEYPOINTS: 'ros_vision_perception/msg/PersonKeypointsArray',
    MASKS: 'ros_vision_perception/msg/InstanceMaskArray',
    SKELETON: 'ros_vision_perception/msg/Skeleton',
}


@dataclass(frozen=True)
class Origin:
    """Of the image that a result is about.

    Attributes:
        stamp_ns: of its header.
        frame_id: of its header.
        arrived_ns: when it arrived, ns, on the clock of whoever received it.
    """

    stamp_ns: int
    frame_id: str
    arrived_ns: int


class ResultMessages:
    """Writes results as the nodes publish them, byte by byte, as if no time went by meanwhile."""

    def __init__(self, skeleton: Skeleton, pose_model: str, segmentation_model: str) -> None:
        """Write people in `skeleton`, seen by these models."""
        self.skeleton = serialize_message(skeleton_to_msg(skeleton))
        self._humans = HumansWriter(skeleton)
        self._keypoints = KeypointsWriter(skeleton, pose_model)
        self._segmentation_model = segmentation_model
        self._writers: dict[str, Callable[[PerceptionResult, Any, Origin], Any]] = {
            HUMANS: self._write_humans,
            KEYPOINTS: lambda result, header, _: self._keypoints.write(result.keypoints, header),
            MASKS: lambda result, header, _: (
                None
                if result.masks is None
                else masks_to_msg(result.masks, header, self._segmentation_model)
            ),
        }

    def write(self, topic: str, result: PerceptionResult, origin: Origin) -> bytes | None:
        """Return what a topic says of a result (CDR); None where it says nothing."""
        header = make_header(origin.stamp_ns, origin.frame_id)
        message = self._writers[topic](result, header, origin)
        return None if message is None else serialize_message(message)

    def _write_humans(self, result: PerceptionResult, header: Any, origin: Origin) -> Any:
        message = self._humans.write(result.humans, header)
        set_times(message, origin.arrived_ns, 0)
        return message
