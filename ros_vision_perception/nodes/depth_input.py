"""Depth and intrinsics of the camera."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.camera_parts import DEPTH, INFO, CameraParts, DepthImage
from ros_vision_perception.nodes.conversions.images import depth_from_image
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.health import Problem
from ros_vision_perception.nodes.parameters import InterfacesParameters, JoinParameters
from ros_vision_perception.nodes.quality import NEWEST
from ros_vision_perception.nodes.stamp_order import StampOrder
from ros_vision_perception.nodes.subscribing import subscribe


class DepthInput:
    """Hands over each depth image that can be read, where depth is configured.

    Attributes:
        parts: the intrinsics, and what fits them.
        faults: what could not be used, and why.
    """

    def __init__(
        self,
        node: Node,
        parameters: JoinParameters | InterfacesParameters,
        on_depth: Callable[[int, DepthImage], None],
    ) -> None:
        """Subscribe to `camera_info` and, if configured, to `depth/image` of `node`.

        Args:
            node: whose names and executor are used.
            parameters: whether to use depth, and whether the image is rectified.
            on_depth: called with stamp and image.
        """
        self.faults = Faults(node.get_logger().warning)
        self.parts = CameraParts(self.faults, rectified=parameters.rectified)
        self._on_depth = on_depth
        self._order = StampOrder()
        subscribe(node, CameraInfo, INFO, self._receive_info, NEWEST)
        if parameters.use_depth:
            subscribe(node, Image, DEPTH, self._receive_depth, NEWEST)

    def counts(self) -> dict[str, int]:
        """Return how many depth images and camera infos were ignored for which cause."""
        return {f'ignored_{cause}': count for cause, count in self.faults.counts.items()}

    def values(self) -> dict[str, str]:
        """Return whether metres can be told."""
        return {'camera_info': 'none that can be used' if self.parts.camera is None else 'there'}

    def problems(self) -> list[Problem]:
        """Return what was ignored lately."""
        return self.faults.news()

    def _receive_info(self, message: Any, _info: dict) -> None:
        self.parts.take_info(message)

    def _receive_depth(self, message: Any, _info: dict) -> None:
        try:
            stamp_ns, depth_m = stamp_from_header(message.header), depth_from_image(message)
            self._order.is_restart(stamp_ns)
        except FrameError as error:
            self.faults.note(error, DEPTH)
        else:
            self._on_depth(stamp_ns, DepthImage(message.header.frame_id, depth_m))
