"""The camera: pixels to rays, through whatever lens."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.lens import Lens


@dataclass(frozen=True)
class CameraModel:
    """Intrinsics of the images, pixels.

    Attributes:
        fx, fy: focal lengths.
        cx, cy: principal point.
        size: (width, height) of the images the intrinsics belong to.
        lens: what bends the rays; None when the images are rectified or the lens bends nothing.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    size: tuple[int, int]
    lens: Lens | None = None

    def rays(self, points_xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rays of pixels and how they change with the pixel.

        A lens is calibrated inside the image only: beyond, the ray at the border goes on straight.

        Args:
            points_xy: (..., 2) px, NaN where unknown.

        Returns:
            (..., 2): x / z and y / z in the camera frame; NaN where the lens shows nothing. And
            the derivative (..., 2, 2), 1/px.
        """
        focal = np.array([self.fx, self.fy])
        points = (points_xy - np.array([self.cx, self.cy])) / focal
        if self.lens is None:
            return points, np.broadcast_to(np.diag(1 / focal), (*points.shape, 2))
        inside = np.clip(points_xy, -0.5, np.array(self.size) - 0.5)
        beyond = (points_xy - inside) / focal
        rays, derivative = self.lens.rays(points - beyond)
        return rays + np.einsum('...ij,...j', derivative, beyond), derivative / focal


def back_project(points_xy: np.ndarray, depth_m: np.ndarray, camera: CameraModel) -> np.ndarray:
    """Return the (..., 3) m in the camera frame of pixels (..., 2) at depths (...,) m along z."""
    rays, _ = camera.rays(points_xy)
    depth_m = np.asarray(depth_m)
    return np.concatenate((rays * depth_m[..., None], depth_m[..., None]), axis=-1)
