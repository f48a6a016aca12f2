"""How far away people are along the optical axis, filtered over time.

In the image, `core/filters.py` knows where a joint is; what is missing for metres is its depth.
`z_k = Z + d_k`: the depth Z of the hip centre moves on with a velocity that fades slowly, and each
joint strays from it by d_k as limbs do: the same two processes as in the image, in metres, so that
a joint that is not measured keeps its depth, less and less surely, down to what the body allows.

Two things tell the depth. A depth image measures joints. The size of the body in the image tells
the depth of the person, up to how large this person is: an error that no averaging removes. It is
carried along without being estimated from such measurements (Schmidt, "Application of state-space
methods to navigation problems", 1966): `reliance` is how much of it went into Z. What the person's
size is, is learned where both are there.
"""

from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.body_prior import Body
from ros_vision_perception.core.filters import BODY_SPEED, LIMB_MEMORY_S, body_step, limb_step
from ros_vision_perception.core.line import Line, correct, gain_by, move

# The scale of an adult, the square root of the area in the image, in metres: see body_prior.
SCALE_M = 0.74
# A depth camera errs the same way at the same place for about this long, a network's idea of a
# body's size for longer.
_DEPTH_MEMORY_S, _GUESS_MEMORY_S = 0.2, 1.0
# Where somebody usually holds a joint is not learned here: it may stray further.
_STRANGE = 1.5
# A reading this many standard deviations from those of the person's other joints counts for less.
_DOUBTFUL = 3.0
# Standard deviations: of the depth of somebody of whom nothing is known, m; of a joint behind the
# hip centre where the network says, m; what no averaging removes, m; and the least for a size.
_ANYWHERE_M, _LANDMARK_M, _BIAS_M, _SIZE = 30.0, 0.15, 0.03, 0.02


@dataclass(frozen=True)
class Ranges:
    """Depths of T people and their K joints.

    Attributes:
        bodies: (T,) the depth of the hip centre; NaN before anything is known.
        limbs: (T, K) how far each joint is behind the hip centre.
        reliance: (T,) how much of an error in the person's size is in their depth.
        sizes: (T, 2) logarithm of the person's size over the usual one, and its variance; NaN
            before anything is known.
    """

    bodies: Line
    limbs: Line
    reliance: np.ndarray
    sizes: np.ndarray

    @property
    def depths_m(self) -> np.ndarray:
        """(T, K + 1) m, of the joints and of the hip centre."""
        return _with_body(self.limbs.means[..., 0], self.bodies.means[:, 0])

    @property
    def speeds(self) -> np.ndarray:
        """(T, K + 1) m/s away from the camera."""
        return _with_body(self.limbs.means[..., 1], self.bodies.means[:, 1])

    @property
    def depth_variances(self) -> np.ndarray:
        """(T, K + 1) m^2."""
        return _with_body(self.limbs.covariances[..., 0], self.body_variances + _BIAS_M**2)

    @property
    def speed_variances(self) -> np.ndarray:
        """(T, K + 1) m^2/s^2."""
        return _with_body(self.limbs.covariances[..., 2], self.bodies.covariances[:, 2])

    @property
    def body_variances(self) -> np.ndarray:
        """(T,) m^2, with the share of the person's size."""
        return self.bodies.covariances[:, 0] + self.reliance**2 * self.size_variances

    @property
    def size_variances(self) -> np.ndarray:
        """(T,) m^2, what the person's size makes in depth."""
        return np.fmax(self.sizes[:, 1], 0.0) * self.bodies.means[:, 0] ** 2


def _with_body(limbs: np.ndarray, bodies: np.ndarray) -> np.ndarray:
    """Return (T, K + 1): what limbs (T, K) add to bodies (T,), and the bodies themselves."""
    result = np.empty((len(limbs), limbs.shape[1] + 1))
    np.add(limbs, bodies[:, None], out=result[:, :-1])
    result[:, -1] = bodies
    return result


@dataclass(frozen=True)
class Guesses:
    """How far away T people are if they are of the usual size.

    Attributes:
        depths_m: (T,) m, of the hip centre; NaN where unknown.
        variances: (T,) m^2, apart from the size.
        size_deviations: (T,) standard deviation of the logarithm of people's sizes.
        limbs_m: (T, K) m, how far each joint is behind the hip centre; NaN where unknown.
    """

    depths_m: np.ndarray
    variances: np.ndarray
    size_deviations: np.ndarray
    limbs_m: np.ndarray


def unknown_ranges(people: int, body: Body) -> Ranges:
    """Return the depths of people of whom nothing is known."""
    joints = len(body.sigmas)
    usual = body.spread.diagonal() * (_STRANGE * SCALE_M) ** 2
    limbs = np.zeros((people, joints, 3))
    limbs[..., 0], limbs[..., 2] = usual, usual / LIMB_MEMORY_S**2
    return Ranges(
        bodies=Line(np.full((people, 2), np.nan), np.full((people, 3), np.nan)),
        limbs=Line(np.zeros((people, joints, 2)), limbs),
        reliance=np.zeros(people),
        sizes=np.full((people, 2), np.nan),
    )


def predict(ranges: Ranges, body: Body, dt_s: float) -> Ranges:
    """Move everyone on by `dt_s` >= 0 seconds without looking; uncertainty grows."""
    if np.isnan(ranges.bodies.means[:, 0]).all():
        return ranges  # what is not known does not change
    usual = body.spread.diagonal() * (_STRANGE * SCALE_M) ** 2
    return replace(
        ranges,
        bodies=move(ranges.bodies, *body_step(dt_s), np.array(SCALE_M**2)),
        limbs=move(ranges.limbs, *limb_step(dt_s), usual),
    )


def observe(
    ranges: Ranges,
    depths_m: np.ndarray,
    depth_variances: np.ndarray,
    guesses: Guesses,
    dt_s: float,
) -> Ranges:
    """Take in what the depth image and the sizes of the bodies tell.

    Args:
        ranges: predicted to the time of the image.
        depths_m: (T, K) m, measured; NaN elsewhere.
        depth_variances: (T, K) m^2.
        guesses: from the sizes.
        dt_s: time since the last image.
    """
    measured = np.isfinite(depths_m).any(axis=1)
    if not measured.any() and not np.isfinite(guesses.depths_m).any():
        return ranges
    ranges = _begin(ranges, depths_m, measured, guesses)
    if measured.any():
        noise = depth_variances * _repeats(_DEPTH_MEMORY_S, dt_s)
        ranges = _take_depths(ranges, depths_m, noise)
    variances = guesses.variances * _repeats(_GUESS_MEMORY_S, dt_s)
    ranges = _learn_sizes(ranges, measured, guesses, variances)
    return _take_guesses(ranges, depths_m, guesses, variances, dt_s)


def _repeats(memory_s: float, dt_s: float) -> float:
    return max(1.0, memory_s / max(dt_s, 1e-3)) if dt_s > 0 else 1.0


def _begin(ranges: Ranges, depths_m: np.ndarray, measured: np.ndarray, guesses: Guesses) -> Ranges:
    """Place people of whom nothing was known where they seem to be, hardly surely."""
    guessed = np.isfinite(guesses.depths_m)
    unsized = guessed & np.isnan(ranges.sizes[:, 0])
    if unsized.any():
        usual = np.array((0.0 * guesses.size_deviations, guesses.size_deviations**2)).T
        ranges = replace(ranges, sizes=np.where(unsized[:, None], usual, ranges.sizes))
    new = np.isnan(ranges.bodies.means[:, 0]) & (measured | guessed)
    if not new.any():
        return ranges
    first = np.where(measured, _median(depths_m), guesses.depths_m)
    means = np.stack((first, np.zeros(len(first))), axis=1)
    unsure = np.array([_ANYWHERE_M**2, 0.0, (BODY_SPEED * SCALE_M) ** 2])
    bodies = Line(
        np.where(new[:, None], means, ranges.bodies.means),
        np.where(new[:, None], unsure, ranges.bodies.covariances),
    )
    return replace(ranges, bodies=bodies)


def _median(values: np.ndarray) -> np.ndarray:
    """Return the (T,) medians of (T, K), NaN aside."""
    middle = np.maximum(np.isfinite(values).sum(axis=1) - 1, 0) // 2
    return np.take_along_axis(np.sort(values, axis=1), middle[:, None], axis=1)[:, 0]


def _take_depths(ranges: Ranges, depths_m: np.ndarray, variances: np.ndarray) -> Ranges:
    """Correct by measured joints: first the body, then how far each joint is from it."""
    straying = ranges.limbs.covariances[..., 0]
    surprise = depths_m - ranges.depths_m[:, :-1]
    known = np.isfinite(surprise)
    apart = surprise - _median(surprise)[:, None]
    totals = np.where(known, variances, 1.0) + straying
    doubt = np.where(known, apart**2 / (totals * _DOUBTFUL**2) - 1, 0.0).clip(0.0)
    totals *= 1 + doubt
    weights = np.where(known, 1 / totals, 0.0)
    total = weights.sum(axis=1)
    measured = total > 0
    mean = np.where(known, weights * surprise, 0.0).sum(axis=1) / np.where(measured, total, 1.0)
    variance = 1 / np.where(measured, total, 1.0)
    ranges = _correct_bodies(ranges, mean, variance, 0.0, measured)
    surprise = depths_m - ranges.depths_m[:, :-1]
    noise = totals - straying + ranges.body_variances[:, None]
    return replace(ranges, limbs=correct(ranges.limbs, surprise, noise, known))


def _correct_bodies(
    ranges: Ranges,
    surprise: np.ndarray,
    variance: np.ndarray,
    leaning: float,
    known: np.ndarray,
) -> Ranges:
    """Correct the depths of bodies where `known` (T,).

    Args:
        ranges: before.
        surprise: (T,) m, measured less predicted.
        variance: (T,) m^2, of the measurement.
        leaning: how much of an error in the person's size is in the measurement.
        known: (T,) bool.
    """
    position, both = ranges.bodies.covariances[:, 0], ranges.bodies.covariances[:, 1]
    size = ranges.size_variances
    lean = leaning - ranges.reliance
    total = position + variance + lean**2 * size
    gain = ((position - ranges.reliance * lean * size) / total).clip(0.0, 1.0)
    gain = np.where(known, gain, 0.0)
    bodies = gain_by(ranges.bodies, surprise, variance, gain, np.where(known, both / total, 0.0))
    return replace(ranges, bodies=bodies, reliance=ranges.reliance + gain * lean)


def _learn_sizes(
    ranges: Ranges, measured: np.ndarray, guesses: Guesses, variances: np.ndarray
) -> Ranges:
    """Learn how large those are whose depth is measured and guessed alike."""
    usable = measured & np.isfinite(guesses.depths_m)
    if not usable.any():
        return ranges
    size, variance = ranges.sizes.T
    depth = ranges.bodies.means[:, 0]
    ratio = np.where(usable, depth / guesses.depths_m, 1.0).clip(0.1, 10.0)
    noise = (variances + ranges.body_variances) / depth**2
    gain = np.where(usable, variance / (variance + noise), 0.0)
    learned = np.stack((size + gain * (np.log(ratio) - size), (1 - gain) * variance), axis=1)
    learned[:, 1] = np.maximum(learned[:, 1], _SIZE**2)
    return replace(ranges, sizes=np.where(usable[:, None], learned, ranges.sizes))


def _take_guesses(
    ranges: Ranges, depths_m: np.ndarray, guesses: Guesses, variances: np.ndarray, dt_s: float
) -> Ranges:
    """Correct by what the sizes tell, and limbs that are not measured by what the network says."""
    known = np.isfinite(guesses.depths_m)
    if not known.any():
        return ranges
    surprise = guesses.depths_m * np.exp(ranges.sizes[:, 0]) - ranges.bodies.means[:, 0]
    ranges = _correct_bodies(ranges, surprise, variances, 1.0, known)
    noise = np.array(_LANDMARK_M**2 * _repeats(_GUESS_MEMORY_S, dt_s))
    told = np.isfinite(guesses.limbs_m) & np.isnan(depths_m) & known[:, None]
    limbs = correct(ranges.limbs, guesses.limbs_m - ranges.limbs.means[..., 0], noise, told)
    return replace(ranges, limbs=limbs)
