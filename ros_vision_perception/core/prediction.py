"""Where people will be in the next seconds, without knowing where they want to go.

Somebody stays where they are, goes on as they do, or goes where they face. How likely each is
tells the velocity: with the deviations s of the velocity of those who stay and of those who go,
and the covariance V with which it is known, each is as likely as `N(v; 0, s^2 + V)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.human import HumanState, OrientationAvailability, PredictedPath

# Seconds after the image.
STEP_S, STEPS = 0.5, 6
TIMES_S = STEP_S * np.arange(1, STEPS + 1)
# Deviations of velocities, m/s, and how many people go.
_STAYING, _GOING, _GO = 0.1, 0.8, 0.5
# Velocities are published as unsure as those of the liveliest people; this share of it is usual.
_USUAL = 0.1
# Nobody is surer than this to stay or to go: people set off, and stop.
_DOUBT = 0.1
# Of those who go, this share goes where they face instead of on; so fast at least, m/s.
_TURN, _STRIDE = 0.2, 0.8
# For how long people go on as they do, s: their velocity fades, and is uncertain by as much.
_MEMORY_S = 6.0
# Random acceleration: variance of the velocity per time, m^2/s^3, of those who stay and who go.
_SWAY, _WHIMS = 0.01, 0.15
# People do not walk faster than this, m/s. Half a body, and how unsure at most where it is, m.
WALKING_SPEED = 1.5
_BODY, _UNSURE = 0.3, 1.0


@dataclass(frozen=True)
class Walkers:
    """T people, of whom is known where they are.

    Attributes:
        positions_m, velocities: (T, 3) m and m/s.
        position_covariances, velocity_covariances: (T, 3, 3) m^2 and m^2/s^2.
        forwards: (T, 3) where they face, of length 1, NaN where unknown.
        forward_variances: (T,) rad^2, about the spine.
    """

    positions_m: np.ndarray
    velocities: np.ndarray
    position_covariances: np.ndarray
    velocity_covariances: np.ndarray
    forwards: np.ndarray
    forward_variances: np.ndarray


@dataclass(frozen=True)
class Futures:
    """H = 3 hypotheses for each of T people at `TIMES_S`: stays, goes on, goes where they face.

    Attributes:
        positions_m: (T, H, S, 3) m.
        covariances: (T, H, S, 3, 3) m^2.
        weights: (T, H) probabilities; 0 for the last where it is not known where somebody faces.
    """

    positions_m: np.ndarray
    covariances: np.ndarray
    weights: np.ndarray


def predict(walkers: Walkers) -> Futures:
    """Return where people may be."""
    times = TIMES_S[:, None]
    known = np.isfinite(walkers.forwards[:, :1])
    forwards = np.where(known, walkers.forwards, 0.0)
    speeds = np.sqrt((walkers.velocities**2).sum(axis=1, keepdims=True))
    strides = np.maximum(speeds, _STRIDE)
    turned = strides * forwards
    # The spread of who faces another way than it seems, sideways and ahead alike.
    loose = np.where(known[:, 0], walkers.forward_variances, 0.0).clip(0.0, 1.0)
    spread = (loose * strides[:, 0] ** 2 + (strides[:, 0] - speeds[:, 0]) ** 2)[:, None, None]
    lasting = _MEMORY_S * -np.expm1(-times / _MEMORY_S)
    eye = np.eye(3)
    velocities = np.zeros((len(speeds), 3, 3))
    velocities[:, 1], velocities[:, 2] = walkers.velocities, turned
    unsure = np.empty((len(speeds), 3, 3, 3))
    unsure[:, 0] = _STAYING**2 * eye
    unsure[:, 1] = _USUAL * walkers.velocity_covariances
    unsure[:, 2] = (spread + _STAYING**2) * eye
    whims = np.array([_SWAY, _WHIMS, _WHIMS])[:, None] * TIMES_S**3 / 3
    covariances = (
        walkers.position_covariances[:, None, None]
        + unsure[:, :, None] * (lasting**2)[..., None]
        + whims[..., None, None] * eye
    )
    positions = walkers.positions_m[:, None, None] + velocities[:, :, None] * lasting
    return Futures(positions, covariances, _weights(walkers, known[:, 0]))


def go_on(walkers: Walkers) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (T, S, 3) m at `TIMES_S` and covariances for a constant velocity."""
    times = TIMES_S[:, None, None]
    covariances = (
        walkers.position_covariances[:, None]
        + _USUAL * walkers.velocity_covariances[:, None] * times**2
        + _WHIMS * times**3 / 3 * np.eye(3)
    )
    return walkers.positions_m[:, None] + walkers.velocities[:, None] * TIMES_S[
        :, None
    ], covariances


def _weights(walkers: Walkers, known: np.ndarray) -> np.ndarray:
    eye = np.eye(3)
    # Those who stay against those who go.
    covariances = _USUAL * walkers.velocity_covariances[:, None] + (
        np.array([_STAYING, _GOING])[:, None, None] ** 2 * eye
    )
    velocities = walkers.velocities[:, None, :, None]
    distances = (velocities * np.linalg.solve(covariances, velocities)).sum(axis=(2, 3))
    logarithms = -0.5 * (distances + np.log(np.linalg.det(covariances)))
    odds = logarithms[:, 1] - logarithms[:, 0] + np.log(_GO / (1 - _GO))
    going = _DOUBT + (1 - 2 * _DOUBT) * (0.5 + 0.5 * np.tanh(0.5 * odds))
    turning = np.where(known, _TURN, 0.0) * going
    return np.array((1 - going, going - turning, turning)).T


def paths_of(people: Sequence[HumanState]) -> list[tuple[PredictedPath, ...]]:
    """Return the hypotheses for each person, the likeliest first; none without a position."""
    placed = [human for human in people if human.has_3d]
    if not placed:
        return [()] * len(people)
    futures = predict(walkers_of(placed))
    positions, covariances = (
        part.astype(np.float32) for part in (futures.positions_m, futures.covariances)
    )
    order = np.argsort(-futures.weights, axis=1, kind='stable').tolist()
    weights = futures.weights.tolist()
    found = {
        human.track_id: tuple(
            PredictedPath(STEP_S, positions[row, which], covariances[row, which], weight)
            for which in order[row]
            if (weight := weights[row][which]) > 0
        )
        for row, human in enumerate(placed)
    }
    return [found.get(human.track_id, ()) for human in people]


def walkers_of(people: Sequence[HumanState]) -> Walkers:
    """Return people whose positions are known, as arrays."""
    faces = np.array(
        [human.orientation_availability == OrientationAvailability.AVAILABLE for human in people],
        bool,
    )
    axes, turns, unsure, unsteady = (
        np.array([getattr(human, name) for human in people], np.float64).reshape(-1, 3, 3)
        for name in (
            'axes',
            'orientation_covariance',
            'position_covariance',
            'velocity_covariance',
        )
    )
    positions, velocities = (
        np.array([getattr(human, name) for human in people], np.float64).reshape(-1, 3)
        for name in ('position_m', 'velocity_mps')
    )
    forwards, ups = np.where(faces[:, None], axes[..., 0], np.nan), axes[..., 2]
    about_up = np.einsum('ti,tij,tj->t', ups, turns, ups)
    return Walkers(positions, velocities, unsure, unsteady, forwards, about_up)


def reach_m(human: HumanState, seconds: float) -> float:
    """Return how far, m, from `position_m` somebody may be so many seconds after the image.

    Whoever is not seen has walked since they were, at most at walking speed, and may go on so.
    """
    walked = WALKING_SPEED * (human.time_since_update_s + max(seconds, 0.0))
    variance = float(np.linalg.eigvalsh(human.position_covariance.astype(np.float64))[-1])
    return walked + _BODY + min(2 * variance**0.5, _UNSURE)
