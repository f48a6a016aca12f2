"""What tracked people look like: a running mean that only clear views change.

An appearance is a vector of unit length; two are the more alike the larger their scalar product.
An entry that is exactly 0 was not seen, such as the legs behind a table, and is left out of the
comparison. Where a vector comes from, colours or a network, does not matter: each track learns
how far its own sightings scatter around their mean.
"""

from dataclasses import dataclass

import numpy as np

# Time constant of the mean, and how long the first guess of the spread counts, s.
_MEMORY_S, _PRIOR_S = 2.0, 0.5
# Distance of a person's own sightings from their mean: the first guess, and the least.
_SPREAD, _MIN_SPREAD = 0.05, 0.03
# A sight this many times as far away as usual is odd, and counts less for the mean.
_ODD = 2.0
# Other people are on average this many times as far away.
_CONTRAST = 4.0
# Looks alone never speak more strongly than this against an identity, in log-odds.
_MAX_DOUBT = 5.0


@dataclass(frozen=True)
class Looks:
    """What T people look like.

    Attributes:
        means: (T, D) float64, rows of unit length, 0 where unknown.
        spreads: (T,) float64, mean distance, 1 - similarity, of sightings from the mean.
        seconds: (T,) float64 s, for how long clear views have been learnt from.
    """

    means: np.ndarray
    spreads: np.ndarray
    seconds: np.ndarray


def unknown_looks(people: int, length: int = 0) -> Looks:
    """Return that nothing is known about T people; the vectors have `length` entries."""
    return Looks(np.zeros((people, length)), np.full(people, _SPREAD), np.zeros(people))


def of_length(looks: Looks, length: int) -> Looks:
    """Return the looks as vectors of another length: then nothing is known of anybody."""
    return looks if looks.means.shape[1] == length else unknown_looks(len(looks.means), length)


def similarity(means: np.ndarray, appearances: np.ndarray) -> np.ndarray:
    """Return the (T, N) scalar products, over what both show; NaN where they share nothing.

    Args:
        means: (T, D), 0 where unknown.
        appearances: (N, D), 0 or NaN where unknown.
    """
    appearances = np.nan_to_num(appearances)
    lengths = (means**2 @ (appearances != 0).T) * ((means != 0) @ (appearances**2).T)
    products = means @ appearances.T
    return np.divide(
        products, np.sqrt(lengths), np.full(products.shape, np.nan), where=lengths > 1e-6
    )


def looks_ratio(looks: Looks, appearances: np.ndarray) -> np.ndarray:
    """Return the (T, N) log-likelihood ratios that appearances (N, D) are those of the tracks.

    The distance `d` of somebody's sighting from the mean is exponentially distributed with mean
    `s`, the spread; that of somebody else with mean `c s`: `log c - (1 - 1/c) d / s`. It is 0
    where nothing is known.
    """
    distances = 1.0 - similarity(looks.means, appearances)
    spreads = np.maximum(looks.spreads, _MIN_SPREAD)[:, None]
    ratios = np.log(_CONTRAST) - (1 - 1 / _CONTRAST) * distances / spreads
    return np.nan_to_num(np.maximum(ratios, -_MAX_DOUBT))


def learn(looks: Looks, appearances: np.ndarray, is_clear: np.ndarray, dt_s: float) -> Looks:
    """Take in what the T people look like now.

    Args:
        looks: known so far.
        appearances: (T, D), NaN where not described.
        is_clear: (T,) bool, whether the view of the person is good enough to learn from.
        dt_s: time since the last image.
    """
    shown = is_clear & np.isfinite(appearances).all(axis=1) & (appearances != 0).any(axis=1)
    if not shown.any():
        return looks
    rows = np.flatnonzero(shown)
    means, sights = looks.means[rows], appearances[rows]
    known, seen = means != 0, sights != 0
    shared = known & seen
    # A vector that shows less has larger entries: bring both to the same scale.
    lengths = (means**2 * shared).sum(axis=1), (sights**2 * shared).sum(axis=1)
    shares_any = np.minimum(*lengths) > 1e-6
    scales = np.sqrt(np.divide(*lengths, np.ones(len(rows)), where=shares_any))
    products = (means * sights).sum(axis=1)
    distances = 1 - np.divide(
        products, np.sqrt(lengths[0] * lengths[1]), np.ones(len(rows)), where=shares_any
    )
    seconds, spreads = looks.seconds[rows], looks.spreads[rows]
    # Whoever suddenly looks different may be half hidden by somebody who was overlooked.
    expected = _ODD * np.maximum(spreads, _MIN_SPREAD)
    trust = np.minimum(expected / np.maximum(distances, 1e-9), 1.0) ** 2
    shares = trust * np.maximum(-np.expm1(-dt_s / _MEMORY_S), dt_s / (seconds + _PRIOR_S + dt_s))
    parts = np.where(known, shares[:, None], 1.0)
    means = np.where(seen, means + parts * (scales[:, None] * sights - means), means)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    spreads = spreads + np.where(shares_any, shares * (distances - spreads), 0.0)
    result = Looks(looks.means.copy(), looks.spreads.copy(), looks.seconds.copy())
    result.means[rows], result.spreads[rows], result.seconds[rows] = means, spreads, seconds + dt_s
    return result
