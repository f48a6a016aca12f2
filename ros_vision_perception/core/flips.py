"""Left and right confused: a pose model now and then swaps the sides of a limb or of a body.

The two joints of a pair that change places keep their middle, so that only the difference between
left and right tells: with the predicted difference d, the detected one e and the variance v of
both, the log-odds of a swap are `(|e - d|^2 - |e + d|^2) / 2v = -2 e d / v`. Whoever is seen from
the side has no difference, and no swap shows. A swap that lasts is a turn, and is believed.
"""

from dataclasses import replace

import numpy as np

from ros_vision_perception.core.body_prior import Body
from ros_vision_perception.core.filters import detection_variances
from ros_vision_perception.core.motion import JointMotion

# A swap is believed against odds of a thousand to one, when it explains what is seen this many
# times better (in squared distance), and for no longer than this.
_LOG_ODDS, _BETTER = np.log(1000.0), 4.0
PATIENCE_S = 0.4


def find_flips(
    motion: JointMotion, detected_xy: np.ndarray, body: Body, scales: np.ndarray
) -> np.ndarray:
    """Return (T, G) bool: left and right of a group of joints are swapped in the image.

    Args:
        motion: predicted to the time of the image.
        detected_xy: (T, K, 2) px, NaN where the model gave nothing.
        body: of the skeleton.
        scales: (T,) px.
    """
    expected = _left_from_right(motion.positions_xy, body)
    detected = _left_from_right(detected_xy, body)
    product = expected * detected
    if not (product[..., 0] + product[..., 1] < 0).any():
        return np.zeros((len(scales), body.groups.shape[1]), bool)
    noise = detection_variances(body, scales)[:, body.pairs].sum(axis=1)
    variances = motion.difference_variances(*body.pairs) + noise
    kept = np.nan_to_num(((detected - expected) ** 2).sum(axis=-1) / variances) @ body.groups
    swapped = np.nan_to_num(((detected + expected) ** 2).sum(axis=-1) / variances) @ body.groups
    return (kept - swapped > 2 * _LOG_ODDS) & (kept > _BETTER * swapped)


def _left_from_right(points_xy: np.ndarray, body: Body) -> np.ndarray:
    """Return (T, P, 2) px from the right joint of each pair to the left one."""
    sides = points_xy[:, body.pairs]
    return sides[:, 0] - sides[:, 1]


def undo_flips(
    motion: JointMotion,
    detected_xy: np.ndarray,
    body: Body,
    scales: np.ndarray,
    dt_s: float,
) -> tuple[JointMotion, np.ndarray]:
    """Find out where left of the model is right of the tracks.

    Args:
        motion: predicted to the time of the image.
        detected_xy: (T, K, 2) px, NaN where the model gave nothing.
        body: of the skeleton.
        scales: (T,) px.
        dt_s: time since the last image.

    Returns:
        The motion, with the sides of the tracks swapped where the model has insisted for long, and
        (T, G) bool, the groups of joints in which left of the model is right of the track.
    """
    flipped = find_flips(motion, detected_xy, body, scales)
    if not flipped.any():
        if motion.flipped_s.any():
            motion = replace(motion, flipped_s=np.zeros(flipped.shape))
        return motion, flipped
    flipped_s = np.where(flipped, motion.flipped_s + dt_s, 0.0)
    turned = flipped_s > PATIENCE_S
    motion = replace(motion, flipped_s=np.where(turned, 0.0, flipped_s))
    if turned.any():
        motion = motion.with_joints(order_of(turned, body))
    return motion, flipped & ~turned


def order_of(flipped: np.ndarray, body: Body) -> np.ndarray:
    """Return the (T, K) joints after the pairs of groups (T, G) changed places."""
    joints = np.arange(len(body.sigmas))
    mirrored = joints.copy()
    mirrored[body.pairs] = body.pairs[::-1]
    swaps = np.zeros((len(flipped), len(joints)), bool)
    swaps[:, body.pairs] = (flipped @ body.groups.T)[:, None]
    return np.where(swaps, mirrored, joints)
