"""People and their joints in metres: what the image knows, times the depth.

With the ray r(x, y) = (u, v, 1) through the pixel and the depth z a joint is at `p = z r`. The
derivative of that is r by the depth, and z times the derivative of the ray by the pixel: it takes
pixel and depth, and their velocities, with their covariances to metres. What is unsure about the
depth is unsure along the ray.
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
    own = np.concatenate(
        (
            *(motion.positions_xy, motion.velocities),
            published_variances(motion, body, scales)[..., None],
            motion.velocity_variances[..., None],
        ),
        axis=-1,
    )
    in_image = _with_hips(own, body)
    points, flow, variances = in_image[..., :2], in_image[..., 2:4], in_image[..., 4:, None, None]
    rays, by_pixel = camera.rays(points)
    depths = np.maximum(ranges.depths_m, _NEAREST_M)[..., None]
    outwards = np.concatenate((rays, np.ones(depths.shape)), axis=-1)
    outwards[np.isnan(rays[..., 0])] = np.nan  # what the lens does not show is unknown
    along = outwards[..., :, None] * outwards[..., None, :]
    sideways = depths[..., None] * by_pixel
    across = (sideways[..., :, None, :] * sideways[..., None, :, :]).sum(axis=-1)
    velocities = ranges.speeds[..., None] * outwards
    velocities[..., :2] += (sideways * flow[..., None, :]).sum(axis=-1)
    return Space(
        depths * outwards,
        _spread(along, ranges.depth_variances, across, variances[..., 0, :, :]),
        velocities,
        _spread(along, ranges.speed_variances, across, variances[..., 1, :, :]),
    )


def _with_hips(values: np.ndarray, body: Body) -> np.ndarray:
    """Return values (T, K, n) with their mean over the hips, (T, K + 1, n).

    Errors of the two hips are alike: the mean is as uncertain as one of them. A skeleton without
    hips has its middle instead.
    """
    center = values[:, body.hips] if len(body.hips) else values
    middle = center.sum(axis=1, keepdims=True) / center.shape[1]
    return np.concatenate((values, middle), axis=1)


def _spread(
    along: np.ndarray, depth_variances: np.ndarray, across: np.ndarray, variances: np.ndarray
) -> np.ndarray:
    """Return the covariances (T, K + 1, 3, 3): some along the ray, some across, by the pixel."""
    covariances = depth_variances[..., None, None] * along
    covariances[..., :2, :2] += variances * across
    return covariances
