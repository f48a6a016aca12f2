"""What of depth and intrinsics belongs to an image."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.depth import depth_fits
from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.conversions.cameras import camera_from_msg
from ros_vision_perception.nodes.faults import Faults

DEPTH, INFO = 'depth/image', 'camera_info'


@dataclass(frozen=True)
class DepthImage:
    """A depth image and the frame it was registered to.

    Attributes:
        frame_id: of its header.
        depth_m: (h, w) float32 m.
    """

    frame_id: str
    depth_m: np.ndarray


class CameraParts:
    """Keeps the intrinsics of a camera, and refuses what is another camera's.

    Attributes:
        camera: the last intrinsics; None before the first, and of a camera without calibration.
            They change so rarely that they need not be joined by stamp.
    """

    def __init__(self, faults: Faults, *, rectified: bool) -> None:
        """Tell `faults` what cannot be used; `rectified`, as in `camera_from_msg`."""
        self.camera: CameraModel | None = None
        self._frame_id = ''
        self._faults, self._rectified = faults, rectified

    def take_info(self, message: Any) -> None:
        """Take in a `sensor_msgs/CameraInfo`."""
        self.camera, self._frame_id = None, message.header.frame_id
        try:
            self.camera = camera_from_msg(message, rectified=self._rectified)
        except FrameError as error:
            self._faults.note(error, INFO)

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
        if camera is not None and not _is_same(self._frame_id, frame_id):
            camera = None
            self._refuse(INFO, self._frame_id, frame_id, "the colour camera's own topic")
        if depth is None:
            return None, camera
        if not _is_same(depth.frame_id, frame_id):
            self._refuse(DEPTH, depth.frame_id, frame_id, 'depth that is registered to the image')
            return None, camera
        height, width = depth.depth_m.shape
        if not depth_fits((width, height), image_size):
            text = f'got {width}x{height} px, image {image_size[0]}x{image_size[1]} px'
            cure = 'cure: use depth that is registered to the image'
            self._faults.note(FrameError('depth_of_another_shape', f'{text}; {cure}'), DEPTH)
        return depth.depth_m, camera

    def _refuse(self, topic: str, frame_id: str, image_frame_id: str, cure: str) -> None:
        text = f'got frame_id {frame_id!r}, the image has {image_frame_id!r}; cure: use {cure}'
        self._faults.note(FrameError(f'{topic.split("/")[0]}_of_another_frame', text), topic)


def _is_same(frame_id: str, image_frame_id: str) -> bool:
    return frame_id == image_frame_id or not (frame_id and image_frame_id)
