"""Where the joints are and how sure that is: all joints of a person are one Gaussian.

A joint is where the body is, plus where its owner usually holds it, plus how far it strays from
there right now: `p_k = c + m_k + d_k`. The body moves on with a velocity that fades slowly
(integrated Ornstein-Uhlenbeck). The straying is a Gauss-Markov process of the Matern-3/2 kind,
which knows a position and a velocity and forgets both; its covariance over the joints is the body
prior, so that a joint that is not seen goes along with those that are. Both are linear and exact
for any time step (Hartikainen and Sarkka, "Kalman filtering and smoothing solutions to temporal
Gaussian process regression models", 2010). x and y are independent and equally uncertain and so
share one covariance per person. T people, K joints; lengths are measured in the person's scale:
the square root of the area, some 0.8 m.
"""

from dataclasses import replace
from functools import lru_cache
import math

import numpy as np

from ros_vision_perception.core.body_prior import GROUPS, Body
from ros_vision_perception.core.disbelief import disbelief
from ros_vision_perception.core.motion import JointMotion, blocks_of
from ros_vision_perception.core.motion_shares import SHARES

# Standard deviation of the velocity of bodies, scales per second: people walk at 1.4 m/s, in any
# direction, or stand; and for how long they go on as they do.
BODY_SPEED, BODY_MEMORY_S = 1.0, 2.5
# Up and down they go for a moment only: they hop, bend, and come back.
_VERTICAL_MEMORY_S = 0.2
# A limb that swings forgets where it was in about half a stride.
LIMB_MEMORY_S = 0.3
# Where a person usually holds a joint is the mean over this time. Until it is known, the joint
# may stray further than usual by this factor.
HABIT_S, _STRANGE = 1.0, 2.0
# The whole body turns, bends, comes nearer: deviation of its affine deformation.
_DEFORMATION = 0.15
# Scatter of a seen joint, in units of its OKS sigma and in px, and of all joints of a person
# together, in scales.
_SCATTER, _SCATTER_PX, _COMMON_SCATTER = 0.6, 0.5, 0.05
# A pose model errs the same way for about this long: more frames per second tell nothing more.
# What it guesses of a hidden joint stays wrong for as long as the joint is hidden.
ERROR_MEMORY_S, _GUESS_MEMORY_S = 0.2, 3.0
# How much wider than seen joints (VISIBLE, SELF, PERSON, OBJECT, OUT_OF_IMAGE) the model's guess
# of a hidden joint scatters.
GUESS_FACTORS = np.array([1.0, 3.0, 9.0, 8.0, 6.0])
# No joint is further than this from the middle of the body, scales.
_REACH = 20.0
# Surprises are remembered for this long; none is larger than this, scales.
_SURPRISE_S, _SHOCK = 0.3, 1.0
# No averaging makes what is published surer than this, px.
_BIAS_PX = 0.5


def begin(detected_xy: np.ndarray, body: Body, scales: np.ndarray) -> JointMotion:
    """Start the motion of new people, before their first `absorb`: hardly anything is known.

    Args:
        detected_xy: (T, K, 2) px, NaN where unknown: then where it is when somebody stands.
        body: of the skeleton.
        scales: (T,) px.
    """
    people, joints = detected_xy.shape[:2]
    figure = body.figure_xy * scales[:, None, None]
    offsets = np.where(np.isfinite(detected_xy), detected_xy - figure, np.nan)
    centers = np.array([np.median(rows[~np.isnan(rows[:, 0])], axis=0) for rows in offsets])
    centers = centers.reshape(people, 2)
    known = _is_near(detected_xy, centers, scales)[..., None]
    means = np.zeros((people, 2, joints + 1, 2))
    means[:, 0, -1] = centers
    habits_xy = np.where(known, detected_xy - centers[:, None], figure)
    unknown = np.zeros((people, joints))
    spread = _straying(habits_xy, unknown, body, scales)
    covariances = np.zeros((people, 2 * (joints + 1), 2 * (joints + 1)))
    limb, whole = np.diag([1.0, LIMB_MEMORY_S**-2]), np.diag([1.0, BODY_SPEED**2])
    _add_noise(covariances, limb, spread, whole, scales)
    return JointMotion(
        habits_xy=habits_xy,
        habit_s=unknown,
        strays=spread.diagonal(0, 1, 2),
        surprises=unknown,
        flipped_s=np.zeros((people, len(GROUPS))),
        means=means,
        covariances=covariances,
    )


def predict(motion: JointMotion, body: Body, scales: np.ndarray, dt_s: float) -> JointMotion:
    """Move everyone on by `dt_s` >= 0 seconds without looking; uncertainty grows."""
    limb, limb_noise = limb_step(dt_s)
    whole, whole_noise = body_step(dt_s)
    step = np.empty((2, 2, motion.means.shape[2]))
    step[..., :-1], step[..., -1] = limb[..., None], whole
    blocks = np.einsum('abn,tbndm->tandm', step, blocks_of(motion.covariances))
    blocks = np.einsum('cdm,tandm->tancm', step, blocks)
    covariances = blocks.reshape(motion.covariances.shape)
    spread = _straying(motion.habits_xy, motion.habit_s, body, scales)
    _add_noise(covariances, limb_noise, spread, whole_noise, scales)
    return replace(
        motion,
        strays=spread.diagonal(0, 1, 2),
        means=_moved(motion.means, limb, dt_s),
        covariances=covariances,
    )


def _moved(means: np.ndarray, limb: np.ndarray, dt_s: float) -> np.ndarray:
    """Return what is expected (T, 2, K + 1, 2) after `dt_s`; `limb` (2, 2) is the step of limbs.

    The covariance, which x and y share, is that of x: nobody is surer of y for that.
    """
    moved = np.empty_like(means)
    np.einsum('ab,tbnx->tanx', limb, means[:, :, :-1], out=moved[:, :, :-1])
    fades = np.array([BODY_MEMORY_S, _VERTICAL_MEMORY_S])
    left = np.exp(-dt_s / fades)
    moved[:, 0, -1] = means[:, 0, -1] + fades * (1 - left) * means[:, 1, -1]
    moved[:, 1, -1] = left * means[:, 1, -1]
    return moved


@lru_cache(maxsize=4)
def limb_step(dt_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (2, 2) what becomes of position and velocity of a Matern-3/2 process, and the noise.

    The noise, for a process of variance 1, is what keeps its covariance as it is.
    """
    rate = 1 / LIMB_MEMORY_S
    step = math.exp(-rate * dt_s) * np.array(
        [[1 + rate * dt_s, dt_s], [-(rate**2) * dt_s, 1 - rate * dt_s]]
    )
    lasting = np.array([[1.0, 0.0], [0.0, rate**2]])
    return step, lasting - step @ lasting @ step.T


@lru_cache(maxsize=4)
def body_step(dt_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the same for a body (Uhlenbeck and Ornstein, "Theory of the Brownian motion")."""
    lost = -math.expm1(-dt_s / BODY_MEMORY_S)
    reach = BODY_MEMORY_S * lost
    drift = max(2 * (dt_s - reach) - reach * lost, 0.0)
    step = np.array([[1.0, reach], [0.0, 1 - lost]])
    noise = np.array([[BODY_MEMORY_S * drift, reach * lost], [reach * lost, lost * (2 - lost)]])
    return step, noise * BODY_SPEED**2


def _add_noise(
    covariances: np.ndarray,
    limb: np.ndarray,
    spread: np.ndarray,
    whole: np.ndarray,
    scales: np.ndarray,
) -> None:
    """Add the noise (2, 2) of limbs, times the spread (T, K, K), and that of bodies, in scales."""
    blocks = blocks_of(covariances)
    blocks[:, :, :-1, :, :-1] += limb[:, None, :, None] * spread[:, None, :, None]
    blocks[:, :, -1, :, -1] += whole * (scales**2)[:, None, None]


def _straying(
    habits_xy: np.ndarray, habit_s: np.ndarray, body: Body, scales: np.ndarray
) -> np.ndarray:
    """Return the covariance (T, K, K) px^2 of how these people's joints stray from their habits.

    Of joints i and j it is `w_i w_j spread_ij + b_i b_j`: limbs swing, by w as wide as the body
    prior says, and the whole body bends, by b.
    """
    strange = 1 - habit_s / HABIT_S
    widths = scales[:, None] * (1 + (_STRANGE - 1) * strange)
    middles = habits_xy.sum(axis=1, keepdims=True) / habits_xy.shape[1]
    bends = _DEFORMATION * (habits_xy - middles)
    spread = body.spread * widths[:, :, None]
    spread *= widths[:, None]
    spread += bends @ bends.swapaxes(1, 2)
    return spread


def absorb(
    motion: JointMotion,
    detected_xy: np.ndarray,
    probabilities: np.ndarray,
    body: Body,
    scales: np.ndarray,
    dt_s: float,
) -> JointMotion:
    """Take in what the pose model says, each joint as far as it was seen.

    Args:
        motion: predicted to the time of the image.
        detected_xy: (T, K, 2) px, NaN where the model gave nothing.
        probabilities: (T, K, 5) of being VISIBLE, hidden by SELF, PERSON, OBJECT, OUT_OF_IMAGE.
        body: of the skeleton.
        scales: (T,) px.
        dt_s: time since the last image.
    """
    known = _is_near(detected_xy, motion.means[:, 0, -1], scales)
    if not known.any():
        return motion
    seen = probabilities[..., 0] * known
    innovations = np.where(known[..., None], detected_xy - motion.positions_xy, 0.0)
    own, common = _noise(probabilities, body, scales, dt_s)
    # Covariances of everything with the joints that the model gave, and of these joints.
    covariances = motion.covariances
    count = known.shape[1]
    cross = covariances[:, :, :count] + covariances[:, :, count : count + 1]
    cross *= known[:, None]
    joint = cross[:, :count] + cross[:, count : count + 1]
    joint += common[:, None, None]
    joint *= known[..., None] & known[:, None]
    noise = np.einsum('tkk->tk', joint)  # a view
    noise += own
    precision = np.linalg.inv(joint)
    doubt, jump = disbelief(precision, innovations, known, seen)
    doubtful = doubt.any(axis=1) | (jump > 0)
    if doubtful.any():
        noise += doubt
        joint += jump[:, None, None] * (known[..., None] & known[:, None])
        precision[doubtful] = np.linalg.inv(joint[doubtful])
    gains = cross @ precision
    learned = gains @ cross.swapaxes(1, 2)
    np.subtract(covariances, learned, out=learned)
    symmetric = learned + learned.swapaxes(1, 2)
    symmetric *= 0.5
    corrected = replace(
        motion,
        surprises=_surprises(motion.surprises, innovations, known, scales, dt_s),
        means=motion.means + (gains @ innovations).reshape(motion.means.shape),
        covariances=symmetric,
    )
    return _learn_habits(corrected, seen, dt_s)


def _is_near(detected_xy: np.ndarray, centers: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return (T, K) bool: the joint is known, and not where no joint of this body can be."""
    near = np.abs(detected_xy - centers[:, None]) < (_REACH * scales)[:, None, None]
    return near[..., 0] & near[..., 1]  # NaN is not


def _noise(
    probabilities: np.ndarray, body: Body, scales: np.ndarray, dt_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the variances, px^2, of each detected joint (T, K), and of all together (T,).

    Successive errors are alike; at a higher frame rate each frame counts for less, so that the
    result does not depend on the frame rate.
    """
    repeats = np.full(5, _repeats(_GUESS_MEMORY_S, dt_s))
    repeats[0] = _repeats(ERROR_MEMORY_S, dt_s)
    own = detection_variances(body, scales) * np.exp(
        probabilities @ np.log(GUESS_FACTORS**2 * repeats)
    )
    return own, (_COMMON_SCATTER * scales) ** 2 * repeats[0]


def detection_variances(body: Body, scales: np.ndarray) -> np.ndarray:
    """Return the (T, K) variances, px^2, of seen joints."""
    return (_SCATTER * body.sigmas * scales[:, None]) ** 2 + _SCATTER_PX**2


def _repeats(memory_s: float, dt_s: float) -> float:
    return max(1.0, memory_s / max(dt_s, 1e-3)) if dt_s > 0 else 1.0


def _surprises(
    before: np.ndarray,
    innovations: np.ndarray,
    known: np.ndarray,
    scales: np.ndarray,
    dt_s: float,
) -> np.ndarray:
    """Return the (T, K) mean squared surprise, px^2, of the last moments that told of joints.

    Whether a pose model is right about a hidden joint, or about a body that it has never seen the
    like of, it does not say; but where it is wrong it does not stay the same (the idea: Mehra,
    "Approaches to adaptive filtering", 1972, covariances from what the innovations are).
    """
    squared = np.minimum((innovations**2).sum(axis=-1), ((_SHOCK * scales) ** 2)[:, None])
    return before - known * math.expm1(-dt_s / _SURPRISE_S) * (squared - before)


def _learn_habits(motion: JointMotion, seen: np.ndarray, dt_s: float) -> JointMotion:
    """Turn what joints stray into what is usual, as far as they are seen. No joint moves."""
    straying = motion.covariances.diagonal(0, 1, 2)[:, : seen.shape[1]]
    trust = seen * np.maximum(1 - straying / motion.strays, 0.0)
    share = trust * dt_s / (motion.habit_s + dt_s) if dt_s > 0 else trust * (motion.habit_s == 0)
    change = share[..., None] * motion.means[:, 0, :-1]
    means = motion.means.copy()
    means[:, 0, :-1] -= change
    return replace(
        motion,
        habits_xy=motion.habits_xy + change,
        habit_s=np.minimum(motion.habit_s + trust * dt_s, HABIT_S),
        means=means,
    )


def published_variances(motion: JointMotion, body: Body, scales: np.ndarray) -> np.ndarray:
    """Return the (T, K) variances, px^2, to publish for x and for y: as large as errors are.

    The filter reckons with the liveliest people, to be quick to follow: most are known better. A
    pose model that surprises is wrong, now here, now there. And some errors no averaging removes.
    `fit motion` finds how much of each there is.
    """
    bias = (SHARES['bias'] * body.sigmas * scales[:, None]) ** 2 + _BIAS_PX**2
    lively = SHARES['variance'] * motion.position_variances
    return lively + SHARES['surprise'] * motion.surprises + bias
