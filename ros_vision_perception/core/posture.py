"""Whether people stand, sit, crouch, bend or lie, from where their joints are in the image.

Every figure of `core/postures.py` is laid over a person as well as size and place allow. How well
it fits says how likely its posture is. Joints that are not seen say nothing: somebody whose legs
are hidden may stand or sit, and the answer is then that this is not known.
"""

from functools import lru_cache

import numpy as np

from ros_vision_perception.core.human import Posture
from ros_vision_perception.core.postures import JOINTS, figures
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.view import View

# In the order of the columns of all probabilities here.
POSTURES = tuple(posture for posture in Posture if posture != Posture.UNKNOWN)
# How often people are seen in them, before looking. On photographs of everyday life about as many
# sit as stand and hardly anybody crouches, bends or lies; a robot had better not miss who does.
_PRIOR = np.array([0.45, 0.35, 0.06, 0.07, 0.07])
# How far a body strays from the nearest figure, scales; and how many joints err as one.
_STRAY, _TOGETHER = 0.07, 2.0
# People change their posture about this often, s; and the same view says nothing new for so long.
_MEMORY_S, _REPEAT_S = 4.0, 0.5
# A posture is never more unlikely than this, whatever the joints say: they may be wrong.
_LEAST = 1e-6
# The logarithm of how well joints fit that are nobody's: what fits no figure better tells nothing.
_NOBODY = -14.0
# Those whose trunks look alike.
_UPRIGHT = Posture.STANDING, Posture.SITTING, Posture.CROUCHING
# Below this probability no posture is named.
_SURE = 0.7


def unknown_postures(people: int) -> np.ndarray:
    """Return the (T, 5) probabilities of `POSTURES` for T people who were never seen."""
    return np.tile(_PRIOR, (people, 1))


def follow(
    beliefs: np.ndarray, likelihoods: np.ndarray, is_new: np.ndarray, dt_s: float
) -> np.ndarray:
    """Return the (T, 5) probabilities of the postures now.

    Args:
        beliefs: (T, 5) at the last image.
        likelihoods: (T, 5) logarithms, of what this image shows; 0 where it shows nothing.
        is_new: (T,) bool, seen for the first time.
        dt_s: since the last image.
    """
    beliefs = _PRIOR + (beliefs - _PRIOR) * np.exp(-dt_s / _MEMORY_S)
    shares = np.where(is_new, 1.0, min(dt_s / _REPEAT_S, 1.0))[:, None]
    logarithms = np.log(beliefs) + shares * likelihoods
    logarithms -= logarithms.max(axis=1, keepdims=True, initial=-np.inf)
    beliefs = np.exp(logarithms)
    return beliefs / beliefs.sum(axis=1, keepdims=True)


def name_postures(beliefs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the posture (T,) of each person, and its confidence (T,), NaN where unknown."""
    best = beliefs.max(axis=1, initial=0.0)
    sure = best >= _SURE
    postures = np.array(POSTURES)[beliefs.argmax(axis=1)]
    return np.where(sure, postures, int(Posture.UNKNOWN)), np.where(sure, best, np.nan)


def posture_likelihoods(view: View) -> np.ndarray:
    """Return the (T, 5) log-likelihoods of `POSTURES`, the largest 0, for T people.

    A figure `y_j`, moved and scaled, `t + s y_j` with s > 0, lies over the joints `x_j` with the
    weighted squares `R = S_xx - S_xy^2 / S_yy` left over, where S are sums over the differences
    from the weighted means. A posture is a mixture of its figures, each as likely as the others.
    """
    joints, known = _joints(view.skeleton)
    p_visible = view.p_visible[:, joints] * known
    stray = (_STRAY * view.scales[:, None]) ** 2
    weights = p_visible / (view.variances[:, joints] + stray)
    logarithms = _misfits(view.positions_xy[:, joints], weights) * np.float32(-0.5 / _TOGETHER)
    best = logarithms.max(axis=1, keepdims=True, initial=_NOBODY)
    fits = np.exp(logarithms - best, out=logarithms)
    means = np.stack([fits[:, rows].mean(axis=1) for rows in _rows()], axis=1)
    means += np.exp(_NOBODY - best)
    means = _without_legs(means, p_visible)
    return np.log(np.maximum(means, _LEAST) / means.max(axis=1, keepdims=True, initial=0.0))


def _without_legs(means: np.ndarray, p_visible: np.ndarray) -> np.ndarray:
    """Return the (T, 5) likelihoods, alike for those who are upright as far as no leg is seen.

    A trunk alone tells who lies or bends. Whether people stand, sit or crouch tells a hip with
    its knee.
    """
    hips, knees = (
        p_visible[:, [JOINTS.index(f'{side}_{part}') for side in ('left', 'right')]]
        for part in ('hip', 'knee')
    )
    legs = (hips * knees).max(axis=1, keepdims=True, initial=0.0)
    upright = [POSTURES.index(posture) for posture in _UPRIGHT]
    alike = means[:, upright].mean(axis=1, keepdims=True)
    means[:, upright] = legs * means[:, upright] + (1 - legs) * alike
    return means


def _misfits(positions_xy: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the (T, F) weighted squares that each figure, laid over each person, leaves."""
    xs, ys, squares = _columns()
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    means = np.einsum('tj,tji->ti', weights, positions_xy) / total
    off = positions_xy - means[:, None]
    own = np.einsum('tj,tji,tji->t', weights, off, off)[:, None].astype(np.float32)
    pulls = (weights[..., None] * off).astype(np.float32)
    weights, total = weights.astype(np.float32), total.astype(np.float32)
    lengths = _sum_over_joints(weights, squares)
    middles = _sum_over_joints(weights, xs) ** 2 + _sum_over_joints(weights, ys) ** 2
    spread = lengths - middles / total
    product = _sum_over_joints(pulls[..., 0], xs) + _sum_over_joints(pulls[..., 1], ys)
    return own - np.maximum(product, 0) ** 2 / np.maximum(spread, 1e-9 * total)


def _sum_over_joints(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return (T, F) of (T, J) and (J, F): a matrix product, but without threads."""
    return np.einsum('tj,jf->tf', weights, values)


@lru_cache(maxsize=1)
def _columns() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y and x^2 + y^2 of the figures' joints, (J, F) each."""
    # Single precision: there are thousands of them, and pixels need no more.
    xs, ys = np.ascontiguousarray(figures().joints_xy.transpose(2, 1, 0), np.float32)
    return xs, ys, xs**2 + ys**2


@lru_cache(maxsize=1)
def _rows() -> tuple[slice, ...]:
    """Return which figures are of each posture: they come in the order of POSTURES."""
    ends = np.searchsorted(figures().postures, POSTURES, side='right').tolist()
    return tuple(slice(*pair) for pair in zip([0, *ends], ends, strict=False))


@lru_cache(maxsize=8)
def _joints(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Return the (J,) ids of `JOINTS` in a skeleton, and whether it has them."""
    known = np.array([name in skeleton.joint_names for name in JOINTS])
    ids = [skeleton.index(name) if has else 0 for name, has in zip(JOINTS, known, strict=True)]
    return np.array(ids), known
