"""The joints of a body as angles, for the kinematic model of REP-155.

The model hangs on the body frame (hips, x forward, y left, z up along the trunk). From the trunk a
limb is turned about three axes, then bent. With rotations Rx, Ry, Rz about x, y, z, the left side:

    arm   Rz(-y) Rx(p) Rz(r), then Ry(-bend) at the elbow
    leg   Rz(-y) Rx(p) Ry(-r), then Ry(-bend) at the knee
    head  Rx(r) Rz(y) Ry(-p)

All limbs hang along -z at zero. The right side is the mirror image of the left one, but for the
axis of y_hip, which is the same on both. Thighs and upper arms are where they are seen, also
beyond the limits of the model, which cannot sit; elbows and knees never bend backwards. Axes and
limits are those of human_description (urdf/human-tpl.xacro, read at commit a0fcf79,
https://github.com/ros4hri/human_description), which REP-155 names.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ros_vision_perception.core.arms import APART
from ros_vision_perception.core.human import HumanState, JointState, OrientationAvailability
from ros_vision_perception.core.limb_rotations import solve, unbroken, wrapped
from ros_vision_perception.core.skeleton import Skeleton

# Directions that stray by more than this, rad, are not known.
_KNOWN = 0.7
# Nothing this short, m, has a direction.
_SHORTEST_M = 1e-3
_LIMBS = (('shoulder', 'elbow', 'wrist'), ('hip', 'knee', 'ankle'))
_SIDES = ('left', 'right')
# Which angles of arm, leg and head tell of the first of the two directions alone.
_OF_FIRST = np.array([(1, 1, 0, 0)] * 2 + [(1, 1, 1, 0)] * 2 + [(0, 0, 0, 0)], bool)
# Mirrored to be solved as a left limb; and what of the solution is then turned round.
_MIRROR = np.ones((5, 1, 3))
_MIRROR[[1, 3], :, 1] = -1
_TURNED = np.ones((5, 4))
_TURNED[3, 0] = -1
# Limb and angle -> place in JOINT_NAMES, after the waist.
_PLACES = np.array([(4, r) for r in range(3)] + [(limb, r) for limb in range(4) for r in range(4)])


@dataclass(frozen=True)
class JointAngles:
    """The joints of N people as REP-155 has them, in the order of `JOINT_NAMES`.

    Attributes:
        angles: (N, 20) rad, NaN where not known.
        deviations: (N, 20) rad, standard deviations of these, NaN likewise. What has no effect, as
            the roll of a straight arm, is as unsure as any direction.
    """

    angles: np.ndarray
    deviations: np.ndarray


def angles_of(people: list[HumanState], skeleton: Skeleton) -> JointAngles:
    """Return the angles of what is seen of people with this skeleton.

    Nothing is known of who has no position in metres, or may be turned round.
    """
    axes = np.array([human.axes for human in people], np.float64).reshape(-1, 3, 3)
    known = OrientationAvailability.AVAILABLE
    is_known = [human.has_3d and human.orientation_availability == known for human in people]
    shape = (len(people), len(skeleton))
    joints = [human.joints for human in people]
    seen = np.array([(one.states == JointState.VISIBLE) & one.has_3d for one in joints], bool)
    return joint_angles(
        np.array([one.positions_m for one in joints], np.float64).reshape(*shape, 3),
        apart(
            np.array([one.position_covariances for one in joints], np.float64).reshape(
                *shape, 3, 3
            ),
            np.array([human.position_covariance for human in people]).reshape(-1, 3, 3),
        ),
        np.where(np.reshape(is_known, (-1, 1, 1)), axes, np.nan),
        np.array([human.orientation_covariance for human in people]).reshape(-1, 3, 3),
        seen.reshape(shape),
        skeleton,
    )


def apart(covariances: np.ndarray, of_bodies: np.ndarray) -> np.ndarray:
    """Return what is unsure about joints in their bodies, (N, K, 3, 3) m^2.

    How far away somebody is, is less sure than all else, and errs alike for all joints: along its
    line of sight, the longest axis of its covariance, a joint is unsure by what is left of that;
    but no surer than across. What neighbours have in common is left out as well, see `arms`.

    Args:
        covariances: (N, K, 3, 3) m^2, of joints in space.
        of_bodies: (N, 3, 3) m^2, of the middles of the hips.
    """
    known = np.isfinite(covariances).all(axis=(-1, -2), keepdims=True)
    variances, vectors = np.linalg.eigh(np.where(known, covariances, 0.0))
    shared = np.linalg.eigvalsh(np.nan_to_num(of_bodies))[:, -1:]
    variances = variances.clip(0.0)
    variances[..., 2] = np.maximum(variances[..., 2] - shared, variances[..., 1])
    variances *= APART**2 / 2  # of two joints, this is half of their difference
    return np.where(known, (vectors * variances[..., None, :]) @ vectors.swapaxes(-1, -2), np.nan)


def joint_angles(
    positions_m: np.ndarray,
    covariances: np.ndarray,
    axes: np.ndarray,
    axes_covariances: np.ndarray,
    seen: np.ndarray,
    skeleton: Skeleton,
) -> JointAngles:
    """Return the angles of N people with K joints, all in one frame.

    Args:
        positions_m: (N, K, 3) m.
        covariances: (N, K, 3, 3) m^2, of joints whose errors have nothing in common.
        axes: (N, 3, 3), columns: forward, left and up; NaN where unknown.
        axes_covariances: (N, 3, 3) rad^2, of small rotations about the axes of the frame.
        seen: (N, K) bool, what may be used.
        skeleton: of the joints.
    """
    used = seen & np.isfinite(axes).all(axis=(1, 2))[:, None]
    used &= np.isfinite(positions_m).all(axis=2) & np.isfinite(covariances).all(axis=(2, 3))
    limbs, spread = _in_body(positions_m, covariances, axes, used, skeleton)
    lengths = np.linalg.norm(limbs, axis=-1)
    variances = _direction_variances(limbs, lengths, spread)
    has = ((_weights(skeleton) != 0) <= used[:, None, None]).all(axis=-1)
    has &= (lengths > _SHORTEST_M) & (variances < _KNOWN**2)
    has[..., 1] &= has[..., 0]
    # What is not known does not bend, and does not matter.
    limbs[..., 1, :] = np.where(has[..., 1:], limbs[..., 1, :], limbs[..., 0, :])
    variances[..., 1] = np.where(has[..., 1], variances[..., 1], np.inf)

    angles = unbroken(solve(limbs * _MIRROR, variances)) * _TURNED
    turned = np.nan_to_num(axes.swapaxes(-1, -2) @ axes_covariances @ axes)
    deviations = _deviations(limbs, spread + _by_turning(limbs, turned))
    known = np.where(_OF_FIRST, has[..., :1], has[..., 1:])
    # Two directions that are known each may yet not tell where a head looks.
    known[:, 4] &= (deviations[:, 4] < _KNOWN).all(axis=-1, keepdims=True)
    return JointAngles(
        *(_in_order(np.where(known, values, np.nan), axes) for values in (angles, deviations))
    )


def _in_body(
    positions_m: np.ndarray,
    covariances: np.ndarray,
    axes: np.ndarray,
    used: np.ndarray,
    skeleton: Skeleton,
) -> tuple[np.ndarray, np.ndarray]:
    """Return limbs (N, 5, 2, 3) m in the axes of the body, and their covariances.

    The covariances are (N, 5, 2, 3, 2, 3) m^2, of both directions of a limb. What is not `used`
    (N, K) counts as 0.
    """
    weights = _weights(skeleton)
    to_body = np.nan_to_num(axes)[:, None]
    limbs = np.einsum('cvk,nkx->ncvx', weights, np.where(used[..., None], positions_m, 0.0))
    spread = np.where(used[..., None, None], covariances, 0.0)
    spread = to_body.swapaxes(-1, -2) @ spread @ to_body
    return limbs @ to_body, np.einsum('cvk,cwk,nkxy->ncvxwy', weights, weights, spread)


@lru_cache(maxsize=8)
def _weights(skeleton: Skeleton) -> np.ndarray:
    """Return (5, 2, K): what adds up to two directions of each arm and leg, and of the head.

    Heads look from the middle of the ears to between nose and eyes, which is near to level.
    """
    weights = np.zeros((5, 2, len(skeleton)))
    for limb, (kind, side) in enumerate((kind, side) for kind in _LIMBS for side in _SIDES):
        top, middle, end = (skeleton.index(f'{side}_{part}') for part in kind)
        weights[limb, (0, 0), (top, middle)] = -1, 1
        weights[limb, (1, 1), (middle, end)] = -1, 1
    ears, eyes = ([skeleton.index(f'{side}_{part}') for side in _SIDES] for part in ('ear', 'eye'))
    weights[4, 0, ears] = 1, -1
    weights[4, 1, [*ears, *eyes, skeleton.index('nose')]] = -0.5, -0.5, 0.25, 0.25, 0.5
    return weights


def _direction_variances(limbs: np.ndarray, lengths: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return (N, 5, 2) rad^2, the mean over the two directions across."""
    along = limbs / np.maximum(lengths, _SHORTEST_M)[..., None]
    own = np.einsum('ncvxvy->ncvxy', spread)
    across = np.trace(own, axis1=-2, axis2=-1) - np.einsum('...x,...xy,...y', along, own, along)
    return across.clip(0.0) / 2 / np.maximum(lengths, _SHORTEST_M) ** 2


def _by_turning(limbs: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """Return the covariances (N, 5, 2, 3, 2, 3) m^2 of limbs in a body that turns a little."""
    by_turn = np.cross(np.eye(3), limbs[..., None, :])
    return np.einsum('ncvix,nij,ncwjy->ncvxwy', by_turn, covariances, by_turn)


def _deviations(limbs: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return (N, 5, 4) rad, from how the angles change along each axis of the covariance.

    Steps of a standard deviation show the singular for what it is, where a derivative has no end.
    """
    shape = limbs.shape[:2]
    variances, vectors = np.linalg.eigh(spread.reshape(*shape, 6, 6))
    steps = np.moveaxis(vectors * np.sqrt(variances.clip(0.0))[..., None, :], -1, 0)
    steps = steps.reshape(6, *shape, 2, 3)
    ends = [solve(_MIRROR * (limbs + sign * steps), np.zeros((*shape, 2))) for sign in (1, -1)]
    return np.sqrt((wrapped(ends[0] - ends[1]) ** 2).sum(axis=0)) / 2


def _in_order(values: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return (N, 20) of (N, 5, 4). The trunk is never bent: it is where z of the body points."""
    waist = np.where(np.isfinite(axes).all(axis=(1, 2)), 0.0, np.nan)
    return np.concatenate((waist[:, None], values[:, _PLACES[:, 0], _PLACES[:, 1]]), axis=1)
