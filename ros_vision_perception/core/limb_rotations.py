"""Directions of limbs as turns about the axes of the joints; `core/joint_angles.py` says which.

Where two axes come to lie in one line, only the sum of two turns shows: the turn about z of an arm
that hangs, and the twist of a limb that is straight. The less such a turn shows above what is
unsure about the directions, the more it is drawn towards zero, and the other turns are fitted to
what that leaves.
"""

import numpy as np

_ARM = (('y_shoulder', -1.1, 1.9), ('p_shoulder', -0.4, 3.3), ('r_shoulder', -1.7, 1.5),
        ('elbow', 0.0, 2.5))  # fmt: skip
_LEG = (('y_hip', -0.1, 0.6), ('p_hip', -0.4, 3.3), ('r_hip', -0.4, 0.7), ('knee', -2.5, 0.0))
_TRUNK = (('waist', -0.2, 1.0), ('r_head', -1.0, 1.0), ('y_head', -1.4, 1.4),
          ('p_head', -1.5, 1.5))  # fmt: skip
_ALL = _TRUNK + tuple(
    (f'{side}_{name}', low, high) for limb in (_ARM, _LEG) for side in 'lr'
    for name, low, high in limb
)  # fmt: skip
# Names of the joints without the id of the body, and their limits, (20, 2) rad.
JOINT_NAMES = tuple(name for name, _, _ in _ALL)
LIMITS = np.array([limits for _, *limits in _ALL])

_OF_ARM, _OF_LEG = (np.array([limits for _, *limits in limb]) for limb in (_ARM, _LEG))
# Straight to the side there is no forward: then up is.
_SIDEWAYS = 1e-6


def solve(limbs: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return the angles (..., 5, 4) rad of two left arms and legs, in order, and of the head.

    Of the ways to turn a limb to the same place it is that which is least beyond the limits.

    Args:
        limbs: (..., 5, 2, 3) in the axes of the body: from shoulder or hip to elbow or knee, from
            there to wrist or ankle; of the head to the left and forward.
        variances: (..., 5, 2) rad^2, of these directions.
    """
    units = limbs / np.maximum(np.linalg.norm(limbs, axis=-1, keepdims=True), 1e-12)
    arms, legs, heads = units[..., :2, :, :], units[..., 2:4, :, :], units[..., 4, :, :]
    head = _head(heads)
    return np.concatenate(
        (
            _arms(arms, variances[..., :2, :]),
            _legs(legs, variances[..., 2:4, :]),
            np.concatenate((head, np.zeros((*head.shape[:-1], 1))), axis=-1)[..., None, :],
        ),
        axis=-2,
    )


def wrapped(angles: np.ndarray) -> np.ndarray:
    """Return the same angles in [-pi, pi)."""
    return (angles + np.pi) % (2 * np.pi) - np.pi


def _arms(units: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return (..., 4) of left arms with directions (..., 2, 3)."""
    upper, fore = units[..., 0, :], units[..., 1, :]
    bend = _between(upper, fore)
    from_line = _share(upper[..., 0] ** 2 + upper[..., 1] ** 2, variances[..., 0])
    from_straight = _share(np.sin(bend) ** 2, variances.sum(axis=-1))
    ways = []
    for half in (0.0, np.pi):
        y = _drawn(np.arctan2(upper[..., 0], upper[..., 1]) + half, from_line)
        across = np.sin(y) * upper[..., 0] + np.cos(y) * upper[..., 1]
        p = np.arctan2(across, -upper[..., 2])
        x, sideways, _ = np.moveaxis(_turned_back(y, p, fore), -1, 0)
        ways.append(np.stack((y, p, _drawn(np.arctan2(sideways, x), from_straight), bend), -1))
    return _nearest(ways, _OF_ARM)


def _legs(units: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return (..., 4) of left legs with directions (..., 2, 3)."""
    thigh, shin = units[..., 0, :], units[..., 1, :]
    bend = _between(thigh, shin)
    # The axis of the knee, from where it is when nothing twists the leg: to the left.
    left = np.array([0.0, 1.0, _SIDEWAYS])
    left = left - (left * thigh).sum(axis=-1, keepdims=True) * thigh
    left = left / np.linalg.norm(left, axis=-1, keepdims=True)
    forward = np.cross(thigh, left)
    axis = np.cross(thigh, shin)
    twist = np.arctan2((axis * forward).sum(axis=-1), (axis * left).sum(axis=-1))
    twist = _drawn(twist, _share(np.sin(bend) ** 2, variances.sum(axis=-1)))[..., None]
    axis = np.cos(twist) * left + np.sin(twist) * forward
    ways = []
    for half in (0.0, np.pi):
        y = np.arctan2(axis[..., 0], axis[..., 1]) + half
        p = np.arcsin(axis[..., 2].clip(-1.0, 1.0))
        p = np.pi - p if half else p
        x, _, z = np.moveaxis(_turned_back(y, p, thigh), -1, 0)
        ways.append(np.stack((y, p, np.arctan2(x, -z), -bend), -1))
    return _nearest(ways, _OF_LEG)


def _head(units: np.ndarray) -> np.ndarray:
    """Return (..., 3) r, y, p of heads with directions (..., 2, 3) to the left and forward."""
    left, forward = units[..., 0, :], units[..., 1, :]
    up = np.cross(forward, left)
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-12)
    ahead = np.cross(left, up)
    return np.stack(
        (
            np.arctan2(left[..., 2], left[..., 1]),
            np.arcsin((-left[..., 0]).clip(-1.0, 1.0)),
            -np.arctan2(up[..., 0], ahead[..., 0]),
        ),
        axis=-1,
    )


def _turned_back(y: np.ndarray, p: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return vectors (..., 3) as they are before Rz(-y) Rx(p)."""
    x, left, z = np.moveaxis(vectors, -1, 0)
    x, left = np.cos(y) * x - np.sin(y) * left, np.sin(y) * x + np.cos(y) * left
    return np.stack(
        (x, np.cos(p) * left + np.sin(p) * z, np.cos(p) * z - np.sin(p) * left), axis=-1
    )


def _between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the angles (...) between vectors (..., 3), also where their cosine is flat."""
    across = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.arctan2(across, (first * second).sum(axis=-1))


def _share(squares: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return how far a turn shows that swings a lever this long: not within two deviations."""
    return (1 - 4 * variances / np.maximum(squares, 1e-15)).clip(0.0, 1.0)


def _drawn(angles: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return angles, drawn to zero on the circle by what does not show."""
    return np.arctan2(shares * np.sin(angles), shares * np.cos(angles) + 1 - shares)


def _nearest(ways: list[np.ndarray], limits: np.ndarray) -> np.ndarray:
    """Return of two ways (..., 4) to turn a limb that which is less beyond the limits (4, 2)."""
    middle = limits.mean(axis=1)
    both = np.stack([middle + wrapped(way - middle) for way in ways])
    beyond = np.abs(both - both.clip(limits[:, 0], limits[:, 1])).sum(axis=-1)
    return np.where((beyond[0] <= beyond[1])[..., None], both[0], both[1])
