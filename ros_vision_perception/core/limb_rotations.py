"""Directions of limbs as turns about the axes of the joints; `core/joint_angles.py` says which.

Where two axes come to lie in one line, only the sum of two turns shows: the turn about z of an arm
that hangs, and the twist of a limb that is straight. The less such a turn shows above what is
unsure about the directions, the more it is drawn towards zero, and the other turns are fitted to
what that leaves. So are those that would bend an elbow or a knee backwards.
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
# A knee that seems to point further round than this, rad, does so by mistake; surely so beyond the
# second.
_POINTS, _BACKWARDS = 1.6, 2.6


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


def unbroken(angles: np.ndarray) -> np.ndarray:
    """Return angles (..., 5, 4) as `solve` does, without elbows that bend backwards.

    An arm that is turned further than it can be is turned as far as it can, and bent by what is
    left of that.
    """
    y, p, r, bend = np.moveaxis(angles[..., :2, :], -1, 0)
    held = r.clip(*_OF_ARM[2])
    bend = np.arctan2((np.sin(bend) * np.cos(r - held)).clip(0.0), np.cos(bend))
    return np.concatenate((np.stack((y, p, held, bend), -1), angles[..., 2:, :]), axis=-2)


def _arms(units: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return (..., 4) of left arms with directions (..., 2, 3)."""
    upper, fore = units[..., 0, :], units[..., 1, :]
    bend = _between(upper, fore)
    y_shows = _share(upper[..., 0] ** 2 + upper[..., 1] ** 2, variances[..., 0])
    r_shows = _share(np.sin(bend) ** 2, variances.sum(axis=-1))
    ways = []
    for half in (0.0, np.pi):
        y = _drawn(np.arctan2(upper[..., 0], upper[..., 1]) + half, y_shows)
        _, r = _rest_of_arm(y, upper, fore, r_shows)
        # In an arm that hangs, y can take over what is too much for r.
        y = y + (1 - y_shows) * (r.clip(*_OF_ARM[2]) - r)
        ways.append(np.stack((y, *_rest_of_arm(y, upper, fore, r_shows), bend), axis=-1))
    return _nearest(ways, _OF_ARM)


def _rest_of_arm(
    y: np.ndarray, upper: np.ndarray, fore: np.ndarray, r_shows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return p and r (...) of arms that are turned about z by -y."""
    p = np.arctan2(np.sin(y) * upper[..., 0] + np.cos(y) * upper[..., 1], -upper[..., 2])
    x, left, _ = np.moveaxis(_turned_back(y, p, fore), -1, 0)
    return p, _drawn(np.arctan2(left, x), r_shows)


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
    share = _share(np.sin(bend) ** 2, variances.sum(axis=-1))
    share *= ((_BACKWARDS - np.abs(twist)) / (_BACKWARDS - _POINTS)).clip(0.0, 1.0)
    drawn = _drawn(twist, share)[..., None]
    bend = np.arctan2((np.sin(bend) * np.cos(twist - drawn[..., 0])).clip(0.0), np.cos(bend))
    axis = np.cos(drawn) * left + np.sin(drawn) * forward
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
    """Return how far a turn shows that swings a lever this long, against one of 1 rad."""
    return np.where(squares > 1e-12, squares / np.maximum(squares + variances, 1e-12), 0.0)


def _drawn(angles: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return angles, drawn to zero on the circle by what does not show."""
    return np.arctan2(shares * np.sin(angles), shares * np.cos(angles) + 1 - shares)


def _nearest(ways: list[np.ndarray], limits: np.ndarray) -> np.ndarray:
    """Return of two ways (..., 4) to turn a limb that which is less beyond the limits (4, 2)."""
    middle = limits.mean(axis=1)
    both = np.stack([middle + wrapped(way - middle) for way in ways])
    beyond = np.abs(both - both.clip(limits[:, 0], limits[:, 1])).sum(axis=-1)
    return np.where((beyond[0] <= beyond[1])[..., None], both[0], both[1])
