"""Depth and intrinsics of the camera."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.depth import depth_fits
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


@dataclass(frozen=True)
class DepthImage:
    """A depth image and the frame it was registered to.

    Attributes:
        frame_id: of its header.
        depth_m: (h, w) float32 m.
    """

    frame_id: str
    depth_m: np.ndarray


class DepthInput:
    """Hands over each depth image that can be read, where depth is configured.

    Attributes:
        camera: the last intrinsics; None before the first, and of a camera without calibration.
            They change so rarely that they need not be joined by stamp.
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
        self.camera: CameraModel | None = None
        self._camera_frame = ''
        self._rectified = parameters.rectified
        self._faults, self._on_depth = faults, on_depth
        self._order = StampOrder()
        subscribe(node, CameraInfo, _INFO_TOPIC, self._receive_info, _NEWEST)
        if parameters.use_depth:
            subscribe(node, Image, _TOPIC, self._receive_depth, _NEWEST)

    def fitting(
        self, depth: DepthImage | None, frame_id: str, image_size: tuple[int, int]
    ) -> tuple[np.ndarray | None, CameraModel | None]:
        """Return depth, m, and intrinsics, without what belongs to another camera.

        Args:
            depth: of the stamp of the image, None without any.
            frame_id: of the image; what has no frame_id is believed to fit.
            image_size: (width, height) px of the image.
        """
        camera = self.camera
        if camera is not None and not _is_same(self._camera_frame, frame_id):
            camera = None
            self._refuse(
                _INFO_TOPIC, self._camera_frame, frame_id, "the colour camera's own topic"
            )
        if depth is None:
            return None, camera
        if not _is_same(depth.frame_id, frame_id):
            self._refuse(_TOPIC, depth.frame_id, frame_id, 'depth that is registered to the image')
            return None, camera
        height, width = depth.depth_m.shape
        if not depth_fits((width, height), image_size):
            text = f'got {width}x{height} px, image {image_size[0]}x{image_size[1]} px'
            cure = 'cure: use depth that is registered to the image'
            self._faults.note(FrameError('depth_of_another_shape', f'{text}; {cure}'), _TOPIC)
        return depth.depth_m, camera

    def _refuse(self, topic: str, frame_id: str, image_frame_id: str, cure: str) -> None:
        text = f'got frame_id {frame_id!r}, the image has {image_frame_id!r}; cure: use {cure}'
        self._faults.note(FrameError(f'{topic.split("/")[0]}_of_another_frame', text), topic)

    def _receive_info(self, message: Any, _info: dict) -> None:
        self.camera, self._camera_frame = None, message.header.frame_id
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
            self._on_depth(stamp_ns, DepthImage(message.header.frame_id, depth_m))


def _is_same(frame_id: str, image_frame_id: str) -> bool:
    return frame_id == image_frame_id or not (frame_id and image_frame_id)
