"""The frame of the image, for what is told in pixels of people who are in another frame."""

from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from ros_vision_perception.nodes.camera_parts import INFO
from ros_vision_perception.nodes.conversions.stamps import make_header, stamp_from_header
from ros_vision_perception.nodes.quality import NEWEST
from ros_vision_perception.nodes.subscribing import subscribe


class ImageFrame:
    """Knows the frame of the camera from `camera_info`; `humans` tells that of the people."""

    def __init__(self, node: Node) -> None:
        """Subscribe to `camera_info` of `node`."""
        self._frame_id = ''
        subscribe(node, CameraInfo, INFO, self._receive, NEWEST)

    def header(self, of_people: Any) -> Any:
        """Return the header of the image; that of the people until there is a `camera_info`."""
        frame_id = self._frame_id or of_people.frame_id
        return make_header(stamp_from_header(of_people), frame_id)

    def _receive(self, message: Any, _info: dict) -> None:
        self._frame_id = message.header.frame_id
