"""Depth and intrinsics of the camera."""

from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.conversions.cameras import camera_from_msg
from ros_vision_perception.nodes.conversions.images import depth_from_image
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.parameters import JoinParameters
from ros_vision_perception.nodes.stamp_order import StampOrder
from ros_vision_perception.nodes.subscribing import subscribe

_TOPIC, _INFO_TOPIC = 'depth/image', 'camera_info'
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class DepthInput:
    """Hands over each depth image that can be used, where depth is configured.

    Attributes:
        camera: the last intrinsics; None before the first, and of a camera without calibration.
            They change so rarely that they need not be joined by stamp.
    """

    def __init__(
        self,
        node: Node,
        parameters: JoinParameters,
        faults: Faults,
        on_depth: Callable[[int, np.ndarray], None],
    ) -> None:
        """Subscribe to `camera_info` and, if configured, to `depth/image` of `node`.

        Args:
            node: whose names and executor are used.
            parameters: whether to use depth, and whether the image is rectified.
            faults: told of each depth image that cannot be used.
            on_depth: called with stamp and depth (h, w) float32 m.
        """
        self.camera: CameraModel | None = None
        self._rectified = parameters.rectified
        self._faults, self._on_depth = faults, on_depth
        self._order = StampOrder()
        subscribe(node, CameraInfo, _INFO_TOPIC, self._receive_info, _NEWEST)
        if parameters.use_depth:
            subscribe(node, Image, _TOPIC, self._receive_depth, _NEWEST)

    def _receive_info(self, message: Any, _info: dict) -> None:
        self.camera = None
        try:
            self.camera = camera_from_msg(message, rectified=self._rectified)
        except FrameError as error:
            self._faults.note(error, _INFO_TOPIC)

    def _receive_depth(self, message: Any, _info: dict) -> None:
        try:
            stamp_ns, depth_m = stamp_from_header(message.header), depth_from_image(message)
            self._order.is_restart(stamp_ns)
        except FrameError as error:
            self._faults.note(error, _TOPIC)
        else:
            self._on_depth(stamp_ns, depth_m)
