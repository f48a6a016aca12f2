"""People and their joints in metres: what the image knows, times the depth.

With the ray r(x, y) = (u, v, 1) through the pixel and the depth z a joint is at `p = z r`. The
derivative of that takes pixel and depth, and their velocities, with their covariances to metres.
What is unsure about the depth is unsure along the ray.
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.body_prior import Body
from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.filters import published_variances
from ros_vision_perception.core.motion import JointMotion
from ros_vision_perception.core.ranges import Ranges

_NEAREST_M = 0.05


@dataclass(frozen=True)
class Space:
    """Where T people and their K joints are in the camera frame; NaN where unknown.

    The last row is that of the body: the middle of the hips.

    Attributes:
        positions_m: (T, K + 1, 3) m.
        position_covariances: (T, K + 1, 3, 3) m^2.
        velocities: (T, K + 1, 3) m/s.
        velocity_covariances: (T, K + 1, 3, 3) m^2/s^2.
    """

    positions_m: np.ndarray
    position_covariances: np.ndarray
    velocities: np.ndarray
    velocity_covariances: np.ndarray

    @property
    def has_3d(self) -> np.ndarray:
        """(T, K + 1) bool, whether the rest is known."""
        return np.isfinite(self.positions_m[..., 2])


def locate(
    motion: JointMotion,
    scales: np.ndarray,
    ranges: Ranges,
    camera: CameraModel | None,
    body: Body,
) -> Space:
    """Lift people into the camera frame.

    Args:
        motion: of T people with K joints in the image.
        scales: (T,) px, square root of the person's area.
        ranges: how far away they are.
        camera: intrinsics; without them nothing is known.
        body: of the skeleton.
    """
    if camera is None:
        people, joints = len(scales), len(body.sigmas) + 1
        vectors = np.full((people, joints, 3), np.nan)
        matrices = np.full((people, joints, 3, 3), np.nan)
        return Space(vectors, matrices, vectors, matrices)
    rays, by_pixel = camera.rays(_with_hips(motion.positions_xy, body))
    depths = np.maximum(ranges.depths_m, _NEAREST_M)
    derivative = np.zeros((*depths.shape, 3, 3))
    derivative[..., :2, :2] = depths[..., None, None] * by_pixel
    derivative[..., :2, 2] = rays
    derivative[..., 2, 2] = 1.0
    derivative[np.isnan(rays[..., 0])] = np.nan  # what the lens does not show is unknown
    flow = np.concatenate((_with_hips(motion.velocities, body), ranges.speeds[..., None]), -1)
    pixel_variances = _with_hips(published_variances(motion, body, scales)[..., None], body)
    flow_variances = _with_hips(motion.velocity_variances[..., None], body)
    return Space(
        derivative[..., 2] * depths[..., None],
        _transform(derivative, pixel_variances, ranges.depth_variances),
        np.einsum('tkij,tkj->tki', derivative, flow),
        _transform(derivative, flow_variances, ranges.speed_variances),
    )


def _with_hips(values: np.ndarray, body: Body) -> np.ndarray:
    """Return values (T, K, n) with their mean over the hips, (T, K + 1, n).

    Errors of the two hips are alike: the mean is as uncertain as one of them. A skeleton without
    hips has its middle instead.
    """
    center = values[:, body.hips] if len(body.hips) else values
    return np.concatenate((values, center.mean(axis=1, keepdims=True)), axis=1)


def _transform(
    derivative: np.ndarray, pixel_variances: np.ndarray, depth_variances: np.ndarray
) -> np.ndarray:
    """Return `J diag(v, v, d) J^T`, symmetric."""
    count = derivative.shape[-1] - 1
    diagonal = np.concatenate(
        (np.repeat(pixel_variances, count, axis=-1), depth_variances[..., None]), axis=-1
    )
    scaled = derivative * np.sqrt(diagonal)[..., None, :]
    return scaled @ scaled.swapaxes(-1, -2)
