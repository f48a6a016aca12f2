"""Where the joints are and how sure that is: a filter per joint, tied together by the body.

Every joint of every person has a position and a velocity in the image. The velocity is that of
the body, which lasts, plus the joint's own, which fades (Ornstein-Uhlenbeck, time constant
`VELOCITY_MEMORY_S`); limbs swing, they do not fly off. x and y are independent and equally
uncertain, so that predict and update are closed formulas over arrays (T people, K joints).
Lengths are measured in the person's scale: the square root of the area, some 0.8 m.
"""

from dataclasses import dataclass
from functools import lru_cache
import math

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton

VELOCITY_MEMORY_S = 0.2
# Standard deviation of a new person's velocity, scales per second: a brisk walk.
WALKING_SPEED = 1.8
# A pose model errs the same way for about this long: more frames per second tell nothing more.
ERROR_MEMORY_S = 0.1
# How much wider than seen joints (VISIBLE, SELF, PERSON, OBJECT, OUT_OF_IMAGE) the model's guess
# of a hidden joint scatters.
GUESS_FACTORS = np.array([1.0, 3.0, 6.0, 5.0, 6.0])
# A guess further off than this many standard deviations counts for less and less.
_DOUBTFUL = 3.0
# A turn of the body is believed when the seen joints span more than this many scales.
_STIFFNESS = 0.2
# Published on top of the filter's own covariance: errors that no averaging removes, in units of
# the joint's OKS sigma and in px.
_BIAS, _BIAS_PX = 0.5, 0.5

# Standard deviation of a joint's velocity relative to the body, scales per second.
_MOBILITY = {
    'shoulder': 0.5, 'hip': 0.5, 'hip_center': 0.5, 'neck': 0.5, 'knee': 0.7, 'elbow': 0.7,
    'ankle': 0.9, 'heel': 0.9, 'foot_index': 0.9, 'big_toe': 0.9, 'small_toe': 0.9,
    'wrist': 1.0, 'thumb': 1.1, 'index': 1.1, 'pinky': 1.1,
}  # fmt: skip
_HEAD_MOBILITY = 0.55


@dataclass(frozen=True)
class Body:
    """What a skeleton says about how bodies move.

    Attributes:
        sigmas: (K,) OKS sigmas: scatter of a seen joint, scales.
        mobility: (K,) standard deviation of the velocity relative to the body, scales per second.
        kinship: (K, K) in (0, 1], how much joint k moves along with joint l.
        hips, shoulders: joint ids, empty where the skeleton has none.
    """

    sigmas: np.ndarray
    mobility: np.ndarray
    kinship: np.ndarray
    hips: np.ndarray
    shoulders: np.ndarray


@lru_cache(maxsize=8)
def body_of(skeleton: Skeleton) -> Body:
    """Return the body model of a skeleton; joints are told apart by name."""
    parts = [name.removeprefix('left_').removeprefix('right_') for name in skeleton.joint_names]
    mobility = np.array([_MOBILITY.get(part, _HEAD_MOBILITY) for part in parts])
    hops = np.where(np.eye(len(skeleton), dtype=bool), 0.0, np.inf)
    for start, end in skeleton.edges:
        hops[start, end] = hops[end, start] = 1.0
    for via in range(len(skeleton)):
        hops = np.minimum(hops, hops[:, via, None] + hops[via])
    # Far and unconnected joints still belong to the same body.
    return Body(
        sigmas=skeleton.sigmas,
        mobility=mobility,
        kinship=np.maximum(np.exp(-0.7 * hops), 0.03),
        hips=np.flatnonzero([part == 'hip' for part in parts]),
        shoulders=np.flatnonzero([part == 'shoulder' for part in parts]),
    )


@dataclass(frozen=True)
class JointMotion:
    """Positions and velocities of the K joints of T people in the image.

    Attributes:
        positions_xy: (T, K, 2) float64 px.
        velocities: (T, K, 2) float64 px/s.
        covariances: (T, K, 3) float64: variance of the position px^2, its covariance with the
            velocity px^2/s, variance of the velocity px^2/s^2; for x and for y alike.
    """

    positions_xy: np.ndarray
    velocities: np.ndarray
    covariances: np.ndarray

    @property
    def position_variances(self) -> np.ndarray:
        """(T, K) px^2, for x and for y alike."""
        return self.covariances[..., 0]

    @property
    def velocity_variances(self) -> np.ndarray:
        """(T, K) px^2/s^2, for x and for y alike."""
        return self.covariances[..., 2]


def nobody(joints: int) -> JointMotion:
    """Return the motion of zero people with K joints."""
    return JointMotion(
        np.empty((0, joints, 2)), np.empty((0, joints, 2)), np.empty((0, joints, 3))
    )


def begin(detected_xy: np.ndarray, body: Body, scales: np.ndarray) -> JointMotion:
    """Start the motion of new people, before their first `absorb`: hardly anything is known.

    Args:
        detected_xy: (T, K, 2) px, NaN where unknown: then anywhere around the other joints.
        body: of the skeleton.
        scales: (T,) px.
    """
    known = np.isfinite(detected_xy)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    middle = np.where(known, detected_xy, 0.0).sum(axis=1, keepdims=True) / count
    positions = np.where(known, detected_xy, middle)
    covariances = np.zeros((*positions.shape[:2], 3))
    covariances[..., 0] = scales[:, None] ** 2
    covariances[..., 2] = scales[:, None] ** 2 * (body.mobility**2 + WALKING_SPEED**2)
    return JointMotion(positions, np.zeros_like(positions), covariances)


def predict(motion: JointMotion, body: Body, scales: np.ndarray, dt_s: float) -> JointMotion:
    """Move everyone on by `dt_s` >= 0 seconds without looking; uncertainty grows.

    With the position x and velocity v of a joint and the velocity u of the body,
    `x' = x + reach v + slip u` and `v' = kept v + lost u`, plus what the joint does by itself
    (Uhlenbeck and Ornstein, "On the theory of the Brownian motion", 1930).
    """
    memory = VELOCITY_MEMORY_S
    kept, lost = math.exp(-dt_s / memory), -math.expm1(-dt_s / memory)
    reach = memory * lost
    slip = dt_s - reach
    own_variance = (body.mobility * scales[:, None]) ** 2  # (T, K)
    common, common_variance = _body_velocity(motion, own_variance)
    # From the covariances xx, xv, vv, xu, uu = vu to those of x' and v'.
    transition = np.array(
        [
            [1.0, 0.0, 0.0],
            [2 * reach, kept, 0.0],
            [reach**2, reach * kept, kept**2],
            [2 * slip, lost, 0.0],
            [slip**2 + 2 * reach * slip, reach * lost + slip, lost**2 + 2 * kept * lost],
        ]
    )
    drift = max(2 * slip - memory * lost**2, 0.0)
    restless = np.array([memory * drift, memory * lost**2, lost * (1 + kept)])
    covariances = np.empty((*own_variance.shape, 5))
    covariances[..., :3] = motion.covariances
    covariances[..., 4] = np.minimum(common_variance, motion.covariances[..., 2])
    covariances[..., 3] = covariances[..., 1] * covariances[..., 4] / covariances[..., 2]
    return JointMotion(
        motion.positions_xy + reach * motion.velocities + slip * common,
        kept * motion.velocities + lost * common,
        covariances @ transition + own_variance[..., None] * restless,
    )


def _body_velocity(motion: JointMotion, own_variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bodies' velocities (T, 1, 2) px/s and their variances (T, 1).

    Each joint tells it as well as its velocity is known and as little as it moves by itself. What
    is more uncertain about a velocity than the joint's own wandering, all joints have in common.
    """
    variance = motion.covariances[..., 2]
    weights = 1.0 / (variance + own_variance)
    total = weights.sum(axis=1, keepdims=True)
    shared = (weights * np.maximum(variance - own_variance, 0.0)).sum(axis=1, keepdims=True)
    return (weights[:, None] @ motion.velocities) / total[..., None], (1.0 + shared) / total


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
    variances = guess_variances(probabilities, body, scales, dt_s)
    seen = probabilities[..., 0] * np.isfinite(detected_xy[..., 0])
    motion = follow_body(motion, update(motion, detected_xy, variances), seen, body, scales)
    return update(motion, detected_xy, _doubt(motion, detected_xy, variances, seen))


def guess_variances(
    probabilities: np.ndarray, body: Body, scales: np.ndarray, dt_s: float
) -> np.ndarray:
    """Return the (T, K) variances, px^2, of detected joints with the given state probabilities.

    Successive errors are alike for `ERROR_MEMORY_S`; at a higher frame rate each frame counts for
    less, so that the result does not depend on the frame rate.
    """
    repeats = max(1.0, ERROR_MEMORY_S / max(dt_s, 1e-3)) if dt_s > 0 else 1.0
    seen_variances = (body.sigmas * scales[:, None]) ** 2 + _BIAS_PX**2
    return repeats * seen_variances * (probabilities @ GUESS_FACTORS**2)


def update(motion: JointMotion, detected_xy: np.ndarray, variances: np.ndarray) -> JointMotion:
    """Correct by one measurement per joint (Kalman); a NaN position tells nothing.

    Args:
        motion: predicted to the time of the measurement.
        detected_xy: (T, K, 2) px.
        variances: (T, K) px^2, greater than 0.
    """
    known = np.isfinite(detected_xy[..., 0])
    innovations = np.where(known[..., None], detected_xy - motion.positions_xy, 0.0)
    totals = np.where(known, motion.covariances[..., 0] + variances, np.inf)
    gains = motion.covariances[..., :2] / totals[..., None]  # of position and velocity
    covariances = motion.covariances.copy()
    covariances[..., 2] -= gains[..., 1] * covariances[..., 1]
    covariances[..., :2] *= 1 - gains[..., :1]
    return JointMotion(
        motion.positions_xy + gains[..., :1] * innovations,
        motion.velocities + gains[..., 1:] * innovations,
        covariances,
    )


def follow_body(
    motion: JointMotion, corrected: JointMotion, seen: np.ndarray, body: Body, scales: np.ndarray
) -> JointMotion:
    """Move joints that are hardly seen along with their seen kin.

    The corrections of the seen joints, weighted by kinship, are explained by a shift, a turn and
    a change of size: a weighted Procrustes fit, `step = a (old - mean) + b` in complex numbers.

    Args:
        motion: of T people, predicted.
        corrected: the same after the measurement.
        seen: (T, K) in [0, 1], how surely each joint was seen.
        body: of the skeleton.
        scales: (T,) px.
    """
    old = _to_complex(motion.positions_xy)
    step = _to_complex(corrected.positions_xy - motion.positions_xy)
    faster = _to_complex(corrected.velocities - motion.velocities)
    conjugate = old.conj()
    terms = np.array((np.ones_like(old), old, step, old * conjugate, step * conjugate, faster))
    sums = (seen * terms) @ body.kinship  # (6, T, K); kinship is symmetric
    weight = sums[0].real
    mean_old, mean_step, mean_square, mean_product, faster = sums[1:] / np.maximum(weight, 1e-9)
    spread = np.maximum((mean_square - mean_old * mean_old.conj()).real, 0.0)
    turn = mean_product - mean_step * mean_old.conj()
    turn = turn / (spread + (_STIFFNESS * scales[:, None]) ** 2)
    # Without seen kin there is nobody to follow.
    share = (1 - seen) * weight / (weight + 0.1)
    shift = share * (mean_step + turn * (old - mean_old))
    return JointMotion(
        motion.positions_xy + _to_real(shift),
        motion.velocities + _to_real(share * faster),
        motion.covariances,
    )


def _to_complex(points_xy: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(points_xy).view(np.complex128)[..., 0]


def _to_real(values: np.ndarray) -> np.ndarray:
    return values[..., None].view(np.float64)


def _doubt(
    motion: JointMotion, detected_xy: np.ndarray, variances: np.ndarray, seen: np.ndarray
) -> np.ndarray:
    """Return the variances (T, K), raised where the guess of an unseen joint is far off.

    A pose model likes to put a hidden joint on whoever hides it.
    """
    squared = ((detected_xy - motion.positions_xy) ** 2).sum(axis=-1)
    surprise = squared / ((motion.covariances[..., 0] + variances) * _DOUBTFUL**2)
    return variances * (1 + (1 - seen) * np.fmax(surprise - 1, 0.0))  # NaN surprises nobody


def published_variances(motion: JointMotion, body: Body, scales: np.ndarray) -> np.ndarray:
    """Return the (T, K) variances, px^2, to publish for x and for y: never too good to be true."""
    return motion.covariances[..., 0] + (_BIAS * body.sigmas * scales[:, None]) ** 2 + _BIAS_PX**2
