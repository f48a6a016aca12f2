"""How far away people are, from how large they look: without a depth image, with intrinsics."""

from functools import lru_cache

import numpy as np

from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.ranges import SCALE_M, Guesses
from ros_vision_perception.core.scene import People
from ros_vision_perception.core.skeleton import Skeleton

# Standard deviation of the logarithm of adults' statures, men and women together (NCD Risk Factor
# Collaboration, "A century of trends in adult human height", 2016: some 171 +- 7 and 159 +- 6 cm
# worldwide); and where children must be reckoned with, whom no network told apart.
_ADULTS, _ANYBODY = 0.06, 0.15
# The errors of a network's landmarks are alike: all of them tell no more than so many would.
_INDEPENDENT = 4.0
_MIN_JOINTS = 5
# Limbs point towards the camera more or less: lengths tell the depth no better than this, and a
# few of them worse. Shorter ones tell nothing, m.
_FORESHORTENED, _FEW_LENGTHS, _FEW, _SHORT_M = 0.1, 0.3, 3, 0.15
# The share of lengths that look longer than they can be, for the joints are not exact.
_TOO_LONG = 0.2


def guess_depths(people: People, camera: CameraModel | None, skeleton: Skeleton) -> Guesses:
    """Return how far away people are if they are of the usual size.

    Args:
        people: T people, NaN where they were not found.
        camera: intrinsics; None when unknown.
        skeleton: of the joints.
    """
    joints, count = people.keypoints_xy.shape[1], len(people)
    if camera is None or not count:
        nothing = np.full(count, np.nan)
        return Guesses(nothing, nothing, nothing, np.full((count, joints), np.nan))
    rays, _ = camera.rays(people.keypoints_xy)
    known = np.isfinite(rays).all(axis=-1)
    weights = np.where(known, np.fmax(people.confidences, 0.0) ** 2, 0.0)
    rays = np.where(known[..., None], rays, 0.0)
    depths, variances = fit_landmarks(rays, people.keypoints_3d, weights)
    deviations = np.full(count, _ADULTS)
    rest = np.isnan(depths)
    if rest.any():
        depths[rest], variances[rest] = compare_lengths(rays[rest], weights[rest], skeleton)
        deviations[rest] = _ANYBODY
    deviations[np.isnan(depths)] = np.nan
    return Guesses(depths, variances, deviations, people.keypoints_3d[..., 2])


def fit_landmarks(
    rays: np.ndarray, landmarks_m: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the depths (T,) m at which landmarks in metres look as they do, and variances.

    With the landmark (X, Y, Z) and the ray (u, v), the hip centre t fulfils
    `X + t_x = u (Z + t_z)` and `Y + t_y = v (Z + t_z)`: linear in t. Least squares in the image
    weighs each equation by the depth, one iteration finds that (Gauss and Newton), and t_x and
    t_y drop out when u, v, X, Y, uZ and vZ are taken from their means.

    Args:
        rays: (T, K, 2).
        landmarks_m: (T, K, 3) from the hip centre; NaN where unknown.
        weights: (T, K), at least 0.
    """
    known = np.isfinite(landmarks_m).all(axis=-1) & (weights > 0)
    points = np.where(known[..., None], landmarks_m, 0.0)
    enough = known.sum(axis=1) >= _MIN_JOINTS
    if not enough.any():
        return np.full(len(rays), np.nan), np.full(len(rays), np.nan)
    weights = np.where(known & enough[:, None], weights, 0.0)
    wanted = rays * points[..., 2:] - points[..., :2]  # u Z - X, v Z - Y
    terms = np.concatenate((rays, wanted), axis=2)
    depth = np.full(len(rays), 10.0)
    for _ in range(3):
        shares = weights / np.maximum(points[..., 2] + depth[:, None], 0.2) ** 2
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        off = terms - shares[:, None] @ terms
        # Of rays with rays and with what is wanted, u and v together, and of the latter.
        sums = (shares[..., None] * off).swapaxes(1, 2) @ off
        spread, product, rest = (
            sums[:, first, second] + sums[:, first + 1, second + 1]
            for first, second in ((0, 0), (0, 2), (2, 2))
        )
        depth = -product / np.where(spread > 0, spread, np.nan)
    # What is left of the squares at that depth.
    residual = np.maximum(rest + depth * product, 0.0)
    variance = residual / (spread * _INDEPENDENT)
    good = enough & (depth > 0.2) & (variance < depth**2)
    return np.where(good, depth, np.nan), np.where(good, variance, np.nan)


def compare_lengths(
    rays: np.ndarray, weights: np.ndarray, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray]:
    """Return the depths (T,) m at which limbs and trunk have the usual lengths, and variances.

    A length looks shorter when it points towards the camera, never longer: the depth is that of
    the lengths that look longest.
    """
    starts, ends, lengths_m = _lengths(skeleton)
    looks = np.linalg.norm(rays[:, starts] - rays[:, ends], axis=-1)
    sure = (weights[:, starts] > 0.25) & (weights[:, ends] > 0.25) & (looks > 0)
    depths = np.sort(np.where(sure, lengths_m / np.where(sure, looks, 1.0), np.nan), axis=1)
    count = sure.sum(axis=1)
    index = np.round(_TOO_LONG * np.maximum(count - 1, 0)).astype(int)
    depth = np.take_along_axis(depths, index[:, None], axis=1)[:, 0]
    return depth, (depth * np.where(count > _FEW, _FORESHORTENED, _FEW_LENGTHS)) ** 2


@lru_cache(maxsize=8)
def _lengths(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both joints and the usual length, m, of the limbs long enough to tell something."""
    starts, ends = np.array(skeleton.edges).T
    figure = body_of(skeleton).figure_xy * SCALE_M
    lengths = np.linalg.norm(figure[starts] - figure[ends], axis=1)
    long = lengths > _SHORT_M
    return starts[long], ends[long], lengths[long]
