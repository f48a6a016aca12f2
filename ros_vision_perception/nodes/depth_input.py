"""Depth and intrinsics of the camera."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.camera_parts import DEPTH, INFO, CameraParts, DepthImage
from ros_vision_perception.nodes.conversions.images import depth_from_image
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.parameters import JoinParameters
from ros_vision_perception.nodes.stamp_order import StampOrder
from ros_vision_perception.nodes.subscribing import subscribe

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class DepthInput:
    """Hands over each depth image that can be read, where depth is configured.

    Attributes:
        parts: the intrinsics, and what fits them.
    """

    def __init__(
        self,
        node: Node,
        parameters: JoinParameters,
        faults: Faults,
        on_depth: Callable[[int, DepthImage], None],
    ) -> None:
        """Subscribe to `camera_info` and, if configured, to `depth/image` of `node`.

        Args:
            node: whose names and executor are used.
            parameters: whether to use depth, and whether the image is rectified.
            faults: told of each depth image that cannot be used.
            on_depth: called with stamp and image.
        """
        self.parts = CameraParts(faults, rectified=parameters.rectified)
        self._faults, self._on_depth = faults, on_depth
        self._order = StampOrder()
        subscribe(node, CameraInfo, INFO, self._receive_info, _NEWEST)
        if parameters.use_depth:
            subscribe(node, Image, DEPTH, self._receive_depth, _NEWEST)

    def _receive_info(self, message: Any, _info: dict) -> None:
        self.parts.take_info(message)

    def _receive_depth(self, message: Any, _info: dict) -> None:
        try:
            stamp_ns, depth_m = stamp_from_header(message.header), depth_from_image(message)
            self._order.is_restart(stamp_ns)
        except FrameError as error:
            self._faults.note(error, DEPTH)
        else:
            self._on_depth(stamp_ns, DepthImage(message.header.frame_id, depth_m))
