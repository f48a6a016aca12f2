"""What an aligned depth image tells of people's joints.

A joint's depth is never that of what hides it: only pixels on the person's own mask are asked,
those far from the person's own depth are thrown away, and a joint that is not seen has none.
"""

from dataclasses import dataclass
from functools import lru_cache
import math

import numpy as np

from ros_vision_perception.core.masks import nearest_pixels
from ros_vision_perception.core.scene import Sightings
from ros_vision_perception.core.skeleton import Skeleton

# An outstretched arm is no further than this from the rest of the body, m.
_REACH_M = 0.8
_MIN_SAMPLES = 3
# A depth camera's error, m, and how it grows with the square of the distance, 1/m: Khoshelham and
# Elberink, "Accuracy and resolution of Kinect depth data", 2012, and some more for other kinds.
_NOISE_M, _NOISE_PER_M = 0.005, 0.002
# How deep a joint is under the skin, m, about half the thickness of an adult there, and how much
# that varies, as a share. The head's joints are on the skin.
_SKIN_M = {
    'hip': 0.1, 'hip_center': 0.1, 'shoulder': 0.06, 'neck': 0.06, 'elbow': 0.04, 'wrist': 0.025,
    'knee': 0.055, 'ankle': 0.04, 'ear': 0.05, 'head': 0.05,
}  # fmt: skip
_ON_SKIN_M, _SKIN_SPREAD, _SKIN_LEAST_M = 0.01, 0.5, 0.01
_STEPS = np.linspace(-1.0, 1.0, 5)
_WINDOW = np.stack(np.meshgrid(_STEPS, _STEPS), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Depths:
    """What a depth image shows of T people.

    Attributes:
        people_m: (T,) median over the joints they surely show, m along the optical axis.
        joints_m: (T, K) m, of the joint under the skin that is seen there, NaN where nothing is.
        variances: (T, K) m^2 of these.
    """

    people_m: np.ndarray
    joints_m: np.ndarray
    variances: np.ndarray


def depth_fits(depth_size: tuple[int, int], image_size: tuple[int, int]) -> bool:
    """Return whether a depth image of one size may be an image of another size, scaled.

    Args:
        depth_size: (width, height) px.
        image_size: (width, height) px.
    """
    return abs(depth_size[0] - image_size[0] * depth_size[1] / image_size[1]) < 1


def measure_depths(sightings: Sightings, depth_m: np.ndarray | None, skeleton: Skeleton) -> Depths:
    """Read the depth image where T people show their joints.

    Args:
        sightings: T people.
        depth_m: (h, w) m aligned with the image, scaled or not, NaN or 0 where unknown; None
            without any.
        skeleton: of the joints.
    """
    if depth_m is None:
        nothing = np.full(sightings.tolerances.shape, np.nan)
        return Depths(np.full(len(nothing), np.nan), nothing, nothing)
    samples = _sample(sightings, depth_m)
    confident = sightings.people.confidences > 0.5
    sure = np.where(confident[..., None], samples, np.nan)
    people_m = _median(sure.reshape(len(sure), math.prod(sure.shape[1:])))[0]
    near = np.abs(samples - people_m[:, None, None]) <= _REACH_M
    depth, spread, count = _median(np.where(near, samples, np.nan))
    depth = np.where(count >= _MIN_SAMPLES, depth, np.nan)
    noise = _NOISE_M + _NOISE_PER_M * depth**2
    skin, skin_variance = _skin(skeleton)
    return Depths(people_m, depth + skin, spread**2 + noise**2 + skin_variance)


@lru_cache(maxsize=8)
def _skin(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep the joints are under the skin (K,) m, and the variances (K,) m^2."""
    parts = [name.removeprefix('left_').removeprefix('right_') for name in skeleton.joint_names]
    depth = np.array([_SKIN_M.get(part, _ON_SKIN_M) for part in parts])
    return depth, (_SKIN_SPREAD * depth) ** 2 + _SKIN_LEAST_M**2


def _sample(sightings: Sightings, depth_m: np.ndarray) -> np.ndarray:
    """Return (T, K, S) depths, m, around each joint on the person's own mask, NaN elsewhere."""
    reach = sightings.tolerances[..., None, None]
    pixels = nearest_pixels(sightings.positions_xy[:, :, None] + _WINDOW * reach)
    usable = np.all((pixels >= 0) & (pixels < sightings.image_size), axis=-1)
    for person, mask in enumerate(sightings.people.masks):
        if mask is not None:
            usable[person] &= mask.contains_pixels(pixels[person])
    pixels = np.where(usable[..., None], pixels, 0)
    size = depth_m.shape[::-1]
    if size != sightings.image_size:
        pixels = ((2 * pixels + 1) * size // (2 * np.array(sightings.image_size))).astype(int)
    columns, rows = np.moveaxis(pixels, -1, 0)
    samples = depth_m[rows, columns].astype(np.float64)
    return np.where(usable & np.isfinite(samples) & (samples > 0), samples, np.nan)


def _median(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the median, a robust standard deviation and the count of the last axis, NaN aside."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    count = np.isfinite(values).sum(axis=-1)

    def quantile(share: float) -> np.ndarray:
        index = np.round(share * np.maximum(count - 1, 0)).astype(int)
        return np.take_along_axis(ordered, index[..., None], axis=-1)[..., 0]

    # Between the quartiles of a normal distribution lie 1.35 standard deviations.
    return quantile(0.5), (quantile(0.75) - quantile(0.25)) / 1.35, count
