"""Lenses: from where a distorting lens shows a point to the ray on which it lies.

A ray is (x / z, y / z) of a point in the camera frame; an image point is a pixel after the
principal point was subtracted and the focal length divided out. Each lens gives the rays of image
points and the derivative, which takes a pixel's covariance along. Models and coefficients are
those of OpenCV, which `sensor_msgs/CameraInfo` refers to.
"""

from dataclasses import dataclass

import numpy as np

_ITERATIONS = 20
# Of points in the image over the focal length: where to stop, and what counts as found.
_PRECISION, _GOOD = 1e-8, 1e-6
# Where there is no solution, Newton's method must not run away.
_LARGEST_STEP = 1.0
# Rays this far from the optical axis have no finite x / z worth speaking of, rad.
_WIDEST = 1.5


@dataclass(frozen=True)
class PolynomialLens:
    """Radial polynomial or fraction of two, tangential terms, thin prism, tilted sensor.

    With `r = x^2 + y^2`, `g = (1 + k1 r + k2 r^2 + k3 r^3) / (1 + k4 r + k5 r^2 + k6 r^3)`:
    `x' = g x + 2 p1 x y + p2 (r + 2 x^2) + s1 r + s2 r^2` and
    `y' = g y + p1 (r + 2 y^2) + 2 p2 x y + s3 r + s4 r^2`, then the tilt.
    Source: OpenCV, "Camera Calibration and 3D Reconstruction".

    Attributes:
        coefficients: 14: k1 k2 p1 p2 k3 k4 k5 k6 s1 s2 s3 s4 and the tilts about x and y, rad.
    """

    coefficients: tuple[float, ...]

    def rays(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rays (..., 2) of image points (..., 2), and the derivative (..., 2, 2).

        Newton's method; NaN where the lens shows nothing at that point.
        """
        flat, straight = _untilt(points, self.coefficients[12:])
        wanted = np.moveaxis(flat, -1, 0)
        rays = wanted
        for _ in range(_ITERATIONS):
            shown, derivative = self._distort(*rays)
            missing = wanted - shown
            inverse = _inverse(*derivative)
            if _largest(missing) <= _PRECISION:
                break
            step = inverse[:, 0] * missing[0] + inverse[:, 1] * missing[1]
            rays = rays + step.clip(-_LARGEST_STEP, _LARGEST_STEP)
        # Beyond the fold of a polynomial that bends back nothing is seen.
        good = (np.abs(missing).max(axis=0) < _GOOD) & (inverse[0, 0] + inverse[1, 1] > 0)
        good &= inverse[0, 0] * inverse[1, 1] > inverse[0, 1] * inverse[1, 0]
        rays = np.where(good, rays, np.nan)
        turned = np.moveaxis(np.where(good, inverse, np.nan), (0, 1), (-2, -1))
        return np.moveaxis(rays, 0, -1), turned if straight is None else turned @ straight

    def _distort(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Return where rays are shown before the tilt, (2, ...), and xx, xy, yx, yy of how."""
        k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4 = self.coefficients[:12]
        r = x * x + y * y
        gain, slope = 1 + r * (k1 + r * (k2 + r * k3)), k1 + r * (2 * k2 + 3 * k3 * r)
        if k4 or k5 or k6:
            below = 1 + r * (k4 + r * (k5 + r * k6))
            gain = gain / below
            slope = (slope - gain * (k4 + r * (2 * k5 + 3 * k6 * r))) / below
        # Along r = x^2 + y^2, whose derivatives are 2 x and 2 y, and besides.
        by_r_x, by_r_y = x * slope + p2 + s1 + 2 * s2 * r, y * slope + p1 + s3 + 2 * s4 * r
        tangent = 2 * (p1 * y + p2 * x)
        shown = np.array(
            (
                x * (gain + tangent) + r * (p2 + s1 + s2 * r),
                y * (gain + tangent) + r * (p1 + s3 + s4 * r),
            )
        )
        return shown, (
            gain + tangent + 2 * x * (by_r_x + p2),
            2 * (y * by_r_x + p1 * x),
            2 * (x * by_r_y + p2 * y),
            gain + tangent + 2 * y * (by_r_y + p1),
        )


@dataclass(frozen=True)
class EquidistantLens:
    """A fisheye: a ray at the angle t to the axis is shown at the radius `t (1 + k1 t^2 + ...)`.

    Source: Kannala and Brandt, "A generic camera model and calibration method for conventional,
    wide-angle, and fish-eye lenses", 2006, with four coefficients.

    Attributes:
        coefficients: k1 k2 k3 k4.
    """

    coefficients: tuple[float, ...]

    def rays(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rays (..., 2) of image points (..., 2), and the derivative (..., 2, 2).

        NaN where the lens shows nothing at that point, or what is beside or behind the camera.
        """
        radius = np.maximum(np.linalg.norm(points, axis=-1), 1e-9)
        angle = np.minimum(radius, _WIDEST)
        k1, k2, k3, k4 = self.coefficients
        for _ in range(_ITERATIONS):
            t = angle * angle
            shown = angle * (1 + t * (k1 + t * (k2 + t * (k3 + t * k4))))
            slope = 1 + t * (3 * k1 + t * (5 * k2 + t * (7 * k3 + t * 9 * k4)))
            missing = radius - shown
            if _largest(missing) <= _PRECISION:
                break
            angle = angle + missing / slope
        good = (np.abs(missing) < _GOOD) & (slope > 0) & (angle >= 0) & (angle < _WIDEST)
        tangent = np.tan(np.where(good, angle, np.nan))
        outward = points / radius[..., None]
        turned = (tangent / radius)[..., None, None]
        stretched = ((1 + tangent**2) / slope)[..., None, None]
        along = outward[..., :, None] * outward[..., None, :]
        return outward * tangent[..., None], turned * (np.eye(2) - along) + stretched * along


Lens = PolynomialLens | EquidistantLens


def _inverse(xx: np.ndarray, xy: np.ndarray, yx: np.ndarray, yy: np.ndarray) -> np.ndarray:
    """Return the inverses (2, 2, ...) of 2 x 2 matrices, NaN where there is none."""
    determinant = xx * yy - xy * yx
    return np.array(((yy, -xy), (-yx, xx))) / np.where(determinant == 0, np.nan, determinant)


def _largest(values: np.ndarray) -> float:
    """Return the largest magnitude, NaN aside."""
    return float(np.fmax.reduce(np.abs(values), axis=None, initial=0.0))


def _untilt(points: np.ndarray, tilts: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the points on a sensor that is not tilted, and the derivative, None for 1."""
    if not any(tilts):
        return points, None
    (sin_x, sin_y), (cos_x, cos_y) = np.sin(tilts), np.cos(tilts)
    about_x = np.array([[1, 0, 0], [0, cos_x, sin_x], [0, -sin_x, cos_x]])
    about_y = np.array([[cos_y, 0, -sin_y], [0, 1, 0], [sin_y, 0, cos_y]])
    turn = about_y @ about_x
    onto = np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, 1]])
    back = np.linalg.inv(onto @ turn)
    homogeneous = points @ back[:, :2].T + back[:, 2]
    weight = homogeneous[..., 2:]
    flat = homogeneous[..., :2] / weight
    derivative = back[:2, :2] - flat[..., :, None] * back[2, :2]
    return flat, derivative / weight[..., None]
