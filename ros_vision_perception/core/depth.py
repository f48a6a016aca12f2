"""Joints in metres: from the image, an aligned depth image and the camera's intrinsics.

A joint's depth is never that of what hides it: only pixels on the person's own mask are asked,
those far from the person's own depth are thrown away, and a joint that is not seen has none.
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.body_prior import Body
from ros_vision_perception.core.camera import CameraModel, back_project
from ros_vision_perception.core.filters import published_variances
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import nearest_pixels
from ros_vision_perception.core.motion import JointMotion
from ros_vision_perception.core.scene import Sightings

# An outstretched arm is no further than this from the rest of the body, m.
_REACH_M = 0.8
_MIN_SAMPLES = 3
# A depth camera's error, m, and how it grows with the square of the distance, 1/m; and the
# joint's depth under the skin.
_DEPTH_NOISE_M, _DEPTH_NOISE_PER_M, _SKIN_M = 0.005, 0.002, 0.05
# What is known of the speed along the optical axis, which one image does not show, m/s.
_RADIAL_SPEED = 1.0
# How far the middle of the seen part of the torso may be from the middle of the hips, m.
_TORSO_OFFSET_M = 0.3
_STEPS = np.linspace(-1.0, 1.0, 5)
_WINDOW = np.stack(np.meshgrid(_STEPS, _STEPS), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Depths:
    """What a depth image shows of T people.

    Attributes:
        people_m: (T,) median over the joints they surely show, m along the optical axis.
        samples_m: (T, K, S) around each joint, on the person's own mask, m; NaN elsewhere. S = 0
            without a depth image.
    """

    people_m: np.ndarray
    samples_m: np.ndarray


@dataclass(frozen=True)
class Space:
    """Where T people and their K joints are in the camera frame; NaN where unknown.

    Attributes:
        has_3d: (T, K) bool.
        positions_m: (T, K, 3) m, and `position_covariances` (T, K, 3, 3) m^2.
        velocities: (T, K, 3) m/s, and `velocity_covariances` (T, K, 3, 3) m^2/s^2.
        body_positions_m: (T, 3) m, hip centre, and `body_covariances` (T, 3, 3) m^2.
    """

    has_3d: np.ndarray
    positions_m: np.ndarray
    position_covariances: np.ndarray
    velocities: np.ndarray
    velocity_covariances: np.ndarray
    body_positions_m: np.ndarray
    body_covariances: np.ndarray

    @classmethod
    def unknown(cls, people: int, joints: int) -> 'Space':
        """Nothing is known in metres."""
        shapes = ((joints, 3), (joints, 3, 3), (joints, 3), (joints, 3, 3), (3,), (3, 3))
        nowhere = (np.full((people, *shape), np.nan, np.float32) for shape in shapes)
        return cls(np.zeros((people, joints), bool), *nowhere)


def measure_depths(sightings: Sightings, depth_m: np.ndarray | None) -> Depths:
    """Read the depth image where T people show their joints.

    Args:
        sightings: T people.
        depth_m: (H, W) m aligned with the image, NaN or 0 where unknown; None without any.
    """
    if depth_m is None:
        people, joints = sightings.tolerances.shape
        return Depths(np.full(people, np.nan), np.empty((people, joints, 0)))
    samples = _sample(sightings, depth_m)
    confident = sightings.people.confidences > 0.5
    sure = np.where(confident[..., None], samples, np.nan)
    return Depths(_median(sure.reshape(len(sure), -1))[0], samples)


def _sample(sightings: Sightings, depth_m: np.ndarray) -> np.ndarray:
    """Return (T, K, S) depths, m, around each joint on the person's own mask, NaN elsewhere."""
    reach = sightings.tolerances[..., None, None]
    pixels = nearest_pixels(sightings.positions_xy[:, :, None] + _WINDOW * reach)
    usable = np.all((pixels >= 0) & (pixels < sightings.image_size), axis=-1)
    for person, mask in enumerate(sightings.people.masks):
        if mask is not None:
            usable[person] &= mask.contains_pixels(pixels[person])
    columns, rows = np.moveaxis(np.where(usable[..., None], pixels, 0), -1, 0)
    samples = depth_m[rows, columns].astype(np.float64)
    return np.where(usable & np.isfinite(samples) & (samples > 0), samples, np.nan)


def locate(
    motion: JointMotion,
    scales: np.ndarray,
    states: np.ndarray,
    depths: Depths,
    camera: CameraModel | None,
    body: Body,
) -> Space:
    """Lift the seen joints into the camera frame.

    The covariance is that of the pixel and of the depth, through the derivative of the
    back-projection. The same derivative takes the velocity in the image to metres.

    Args:
        motion: of T people with K joints in the image.
        scales: (T,) px, square root of the person's area.
        states: (T, K) values of JointState.
        depths: of the people and joints.
        camera: intrinsics; without them nothing is known.
        body: of the skeleton.
    """
    if camera is None or depths.samples_m.shape[2] == 0:
        return Space.unknown(*states.shape)
    depth, depth_variance = _joint_depths(depths, states == int(JointState.VISIBLE))
    has_3d = np.isfinite(depth)
    positions = back_project(motion.positions_xy, depth, camera)
    metres_per_px = _derivative(positions, camera)
    variances_px = published_variances(motion, body, scales)
    covariances = _transform(metres_per_px, variances_px, depth_variance)
    velocities = np.concatenate((motion.velocities, np.zeros((*depth.shape, 1))), axis=-1)
    radial_variance = np.full(depth.shape, _RADIAL_SPEED**2)
    speed_variance = motion.velocity_variances
    return Space(
        has_3d,
        positions,
        covariances,
        np.einsum('tkij,tkj->tki', metres_per_px, velocities),
        _transform(metres_per_px, speed_variance, radial_variance),
        *_hip_center(positions, covariances, has_3d, body),
    )


def _joint_depths(depths: Depths, visible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the depths (T, K), m, and their variances, m^2, of visible joints; NaN elsewhere."""
    near = np.abs(depths.samples_m - depths.people_m[:, None, None]) <= _REACH_M
    depth, spread, count = _median(np.where(near, depths.samples_m, np.nan))
    depth = np.where(visible & (count >= _MIN_SAMPLES), depth, np.nan)
    noise = _DEPTH_NOISE_M + _DEPTH_NOISE_PER_M * depth**2
    return depth, spread**2 + noise**2 + _SKIN_M**2


def _median(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the median, a robust standard deviation and the count of the last axis, NaN aside."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    count = np.isfinite(values).sum(axis=-1)

    def quantile(share: float) -> np.ndarray:
        index = np.round(share * np.maximum(count - 1, 0)).astype(int)
        return np.take_along_axis(ordered, index[..., None], axis=-1)[..., 0]

    # Between the quartiles of a normal distribution lie 1.35 standard deviations.
    return quantile(0.5), (quantile(0.75) - quantile(0.25)) / 1.35, count


def _derivative(positions_m: np.ndarray, camera: CameraModel) -> np.ndarray:
    """Return the (T, K, 3, 3) derivative of the back-projection by column, row and depth."""
    x, y, z = np.moveaxis(positions_m, -1, 0)
    derivative = np.zeros((*z.shape, 3, 3))
    derivative[..., 0, 0], derivative[..., 1, 1] = z / camera.fx, z / camera.fy
    derivative[..., 0, 2], derivative[..., 1, 2] = x / z, y / z
    derivative[..., 2, 2] = 1.0
    return derivative


def _transform(
    derivative: np.ndarray, image_variance: np.ndarray, depth_variance: np.ndarray
) -> np.ndarray:
    """Return `J diag(v, v, d) J^T`, (T, K, 3, 3); NaN where the derivative is."""
    diagonal = np.stack((image_variance, image_variance, depth_variance), axis=-1)
    covariance = (derivative * diagonal[..., None, :]) @ np.swapaxes(derivative, -1, -2)
    unknown = np.isnan(derivative[..., 0, 0])
    return np.where(unknown[..., None, None], np.nan, covariance)


def _hip_center(
    positions: np.ndarray, covariances: np.ndarray, has_3d: np.ndarray, body: Body
) -> tuple[np.ndarray, np.ndarray]:
    """Return where the hip centres are (T, 3), with covariances (T, 3, 3).

    Between the hips when both are known, else the middle of what is known of the torso.
    """
    hips_known = has_3d[:, body.hips].all(axis=1) & (len(body.hips) > 0)
    torso = np.concatenate((body.hips, body.shoulders))
    used = has_3d[:, torso]
    used[hips_known, len(body.hips) :] = False
    count = used.sum(axis=1, keepdims=True)
    weights = used / np.where(count > 0, count, np.nan)
    center = np.einsum('tk,tki->ti', weights, np.where(used[..., None], positions[:, torso], 0.0))
    spread = np.where(used[..., None, None], covariances[:, torso], 0.0)
    offset = np.where(hips_known, 0.0, _TORSO_OFFSET_M**2)[:, None, None] * np.eye(3)
    # The errors of neighbouring joints are alike: their mean is no better than one of them.
    return center, np.einsum('tk,tkij->tij', weights, spread) + offset
