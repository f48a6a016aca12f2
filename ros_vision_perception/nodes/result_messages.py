"""The results of one frame as serialised messages, with no middleware to send them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.serialization import serialize_message

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes.conversions.events import events_to_msg
from ros_vision_perception.nodes.conversions.humans import HumansWriter, set_times
from ros_vision_perception.nodes.conversions.images import bgr_from_frame, jpeg_to_msg
from ros_vision_perception.nodes.conversions.keypoints import KeypointsWriter
from ros_vision_perception.nodes.conversions.masks import masks_to_msg
from ros_vision_perception.nodes.conversions.skeletons import skeleton_to_msg
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.pipeline.perception import PerceptionResult
from ros_vision_perception.render.overlay import draw_overlay

HUMANS, KEYPOINTS, MASKS, SKELETON = 'humans', 'keypoints', 'masks', 'skeleton'
EVENTS = 'events'
OVERLAY = 'overlay/compressed'
TOPICS = {
    HUMANS: 'ros_vision_perception/msg/HumanStateArray',
    EVENTS: 'ros_vision_perception/msg/HumanEventArray',
    KEYPOINTS: 'ros_vision_perception/msg/PersonKeypointsArray',
    MASKS: 'ros_vision_perception/msg/InstanceMaskArray',
    SKELETON: 'ros_vision_perception/msg/Skeleton',
    OVERLAY: 'sensor_msgs/msg/CompressedImage',
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


@dataclass(frozen=True)
class Answer:
    """The result of one image.

    Attributes:
        origin: of the image.
        frame: the image.
        result: of this very image.
    """

    origin: Origin
    frame: Frame
    result: PerceptionResult


class ResultMessages:
    """Writes results as the nodes publish them, byte by byte, as if no time went by meanwhile."""

    def __init__(self, skeleton: Skeleton, pose_model: str, segmentation_model: str) -> None:
        """Write people in `skeleton`, seen by these models."""
        self.skeleton = serialize_message(skeleton_to_msg(skeleton))
        self._humans = HumansWriter(skeleton)
        self._keypoints = KeypointsWriter(skeleton, pose_model)
        self._segmentation_model = segmentation_model
        self._writers: dict[str, Callable[[Answer, Any], Any]] = {
            HUMANS: self._write_humans,
            EVENTS: self._write_events,
            KEYPOINTS: lambda of, header: self._keypoints.write(of.result.keypoints, header),
            MASKS: self._write_masks,
            OVERLAY: lambda of, header: jpeg_to_msg(
                draw_overlay(bgr_from_frame(of.frame), of.result.humans), header
            ),
        }

    def write(self, topic: str, of: Answer) -> bytes | None:
        """Return what a topic says of a result (CDR); None where it says nothing."""
        header = make_header(of.origin.stamp_ns, of.origin.frame_id)
        message = self._writers[topic](of, header)
        return None if message is None else serialize_message(message)

    def _write_humans(self, of: Answer, header: Any) -> Any:
        message = self._humans.write(of.result.humans, header)
        set_times(message, of.origin.arrived_ns, 0)
        return message

    def _write_events(self, of: Answer, header: Any) -> Any:
        events = of.result.humans.events
        return events_to_msg(events, header) if events else None

    def _write_masks(self, of: Answer, header: Any) -> Any:
        if of.result.masks is None:
            return None
        return masks_to_msg(of.result.masks, header, self._segmentation_model)
