"""Things that move along a line, each by itself: predict and update over arrays of them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """Something that moves along a line.

    Attributes:
        means: (..., 2) position m and velocity m/s.
        covariances: (..., 3): variance of the position, its covariance with the velocity,
            variance of the velocity.
    """

    means: np.ndarray
    covariances: np.ndarray


def move(line: Line, step: np.ndarray, noise: np.ndarray, variances: np.ndarray) -> Line:
    """Apply a step (2, 2), and its noise (2, 2) times the variances (...,)."""
    (a, b), (c, d) = step
    spread = np.array(
        [[a * a, a * c, c * c], [2 * a * b, a * d + b * c, 2 * c * d], [b * b, b * d, d * d]]
    )
    added = variances[..., None] * noise[[0, 0, 1], [0, 1, 1]]
    return Line(line.means @ step.T, line.covariances @ spread + added)


def correct(line: Line, surprise: np.ndarray, variance: np.ndarray, known: np.ndarray) -> Line:
    """Correct by one measurement of the position each (Kalman), where `known`."""
    total = np.where(known, line.covariances[..., 0] + variance, 1.0)
    gain = np.where(known, line.covariances[..., 0] / total, 0.0)
    faster = np.where(known, line.covariances[..., 1] / total, 0.0)
    return gain_by(line, surprise, variance, gain, faster)


def gain_by(
    line: Line, surprise: np.ndarray, variance: np.ndarray, gain: np.ndarray, faster: np.ndarray
) -> Line:
    """Return a line corrected with any gains of position and velocity (Joseph's form)."""
    used = gain != 0
    surprise, variance = np.where(used, surprise, 0.0), np.where(used, variance, 0.0)
    xx, xv, vv = (line.covariances[..., index] for index in range(3))
    means, covariances = line.means.copy(), np.empty(line.covariances.shape)
    means[..., 0] += gain * surprise
    means[..., 1] += faster * surprise
    rest = 1 - gain
    covariances[..., 0] = rest**2 * xx + gain**2 * variance
    covariances[..., 1] = rest * (xv - faster * xx) + gain * faster * variance
    covariances[..., 2] = vv - 2 * faster * xv + faster**2 * (xx + variance)
    return Line(means, covariances)
