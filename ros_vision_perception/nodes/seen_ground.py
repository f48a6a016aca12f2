"""Where on the ground a depth camera sees that nobody is."""

from importlib import import_module
from typing import Any

import numpy as np
from rclpy.duration import Duration
from rclpy.time import Time

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.occupancy import Grid, seen_ground
from ros_vision_perception.nodes.camera_parts import DepthImage
from ros_vision_perception.nodes.conversions.rotations import transform_from_msg
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.depth_input import DepthInput

# So many depth images are kept until the people of their stamp come.
_MOST = 16


class SeenGround:
    """Keeps depth images, and looks through that of the stamp of the people.

    Attributes:
        input: of the depth images.
    """

    def __init__(self, node: Any, grid: Grid) -> None:
        """Subscribe to depth, `camera_info` and TF of `node`.

        Raises:
            ModuleNotFoundError: without tf2_ros.
        """
        tf2_ros = import_module('tf2_ros')
        self._error = tf2_ros.TransformException
        self._buffer = tf2_ros.Buffer()
        # Heard between two messages: who made the people has waited for the transform.
        self._listener = tf2_ros.TransformListener(self._buffer, node, spin_thread=False)
        self._grid = grid
        self._images: dict[int, DepthImage] = {}
        self.input = DepthInput(node, node.parameters, self._keep)

    def at(self, header: Any) -> np.ndarray | None:
        """Return the cells (cells, cells) bool where nobody is, None where that is not known.

        Args:
            header: of the people, in the frame of the grid.
        """
        image = self._images.pop(stamp_from_header(header), None)
        try:
            return None if image is None else self._look(image, header)
        except FrameError as error:
            self.input.faults.note(error, 'depth/image for humans/occupancy')
            return None

    def _keep(self, stamp_ns: int, image: DepthImage) -> None:
        self._images[stamp_ns] = image
        while len(self._images) > _MOST:
            del self._images[next(iter(self._images))]

    def _look(self, image: DepthImage, header: Any) -> np.ndarray | None:
        parts = self.input.parts
        if parts.camera is None:
            return None
        depth_m, camera = parts.fitting(image, image.frame_id, parts.camera.size)
        if depth_m is None or camera is None:
            return None
        if camera.lens is not None:
            cure = 'cure: depth of the rectified image and the parameter rectified'
            raise FrameError('depth_through_a_lens', f'got a camera_info with a lens; {cure}')
        try:
            stamp = Time.from_msg(header.stamp)
            found = self._buffer.lookup_transform(
                image.frame_id, header.frame_id, stamp, Duration()
            )
        except self._error as error:
            raise FrameError('no_transform', str(error)) from error
        return seen_ground(self._grid, depth_m, camera, transform_from_msg(found.transform))
