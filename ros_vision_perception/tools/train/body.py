"""A body of rods and hinges: where its joints are, from the angles between its bones."""

import numpy as np

from ros_vision_perception.core.anatomy import FOREARM, SHANK, THIGH, TRUNK, UPPER_ARM
from ros_vision_perception.core.skeleton import COCO17

# What moves, rad. The trunk bends and turns against the pelvis; the whole body falls over forwards
# or to its right, and turns to its left. Limbs flex forwards (knees backwards) and spread.
ANGLES = (
    'bend', 'fall', 'topple', 'yaw',
    *(
        f'{side}_{angle}'
        for side in ('left', 'right')
        for angle in ('hip', 'spread', 'knee', 'arm', 'lift', 'elbow', 'twist')
    ),
)  # fmt: skip
COLUMN = {name: column for column, name in enumerate(ANGLES)}
# Half of what lies between left and right, and how far the face is from the neck, body heights.
_SHOULDER, _HIP, _EAR, _EYE = 0.115, 0.055, 0.042, 0.018
_NECK_TO_FACE, _FACE_AHEAD = 0.11, 0.05


def place(angles: np.ndarray, sizes: np.ndarray, flights: np.ndarray) -> np.ndarray:
    """Return the joints of COCO17, (F, 17, 3) body heights, x ahead at no yaw, y left, z up.

    The lowest joint is on the ground, but for the flights. The hips are above the origin.

    Args:
        angles: (F, A) rad, see `ANGLES`.
        sizes: (6,) of upper arm, forearm, trunk, thigh, shank and width; 1 is usual.
        flights: (F,) body heights, how far the body is off the ground.
    """
    at = {name: angles[:, column] for name, column in COLUMN.items()}
    upper_arm, forearm, trunk, thigh, shank = sizes[:5] * (
        UPPER_ARM, FOREARM, TRUNK, THIGH, SHANK
    )  # fmt: skip
    width = sizes[5]
    torso = _about(1, at['bend'])
    joints = {'nose': _turn(torso, (_FACE_AHEAD, 0, trunk + _NECK_TO_FACE))}
    for side, sign in (('left', 1.0), ('right', -1.0)):
        joints[f'{side}_eye'] = _turn(torso, (0.04, sign * _EYE, trunk + _NECK_TO_FACE + 0.02))
        joints[f'{side}_ear'] = _turn(torso, (0, sign * _EAR, trunk + _NECK_TO_FACE))
        shoulder = _turn(torso, (0, sign * _SHOULDER * width, trunk))
        arm = torso @ _about(0, sign * at[f'{side}_lift']) @ _about(1, -at[f'{side}_arm'])
        lower = arm @ _about(2, sign * at[f'{side}_twist']) @ _about(1, -at[f'{side}_elbow'])
        elbow = shoulder + _turn(arm, (0, 0, -upper_arm))
        hip = np.tile((0, sign * _HIP * width, 0), (len(angles), 1))
        leg = _about(0, sign * at[f'{side}_spread']) @ _about(1, -at[f'{side}_hip'])
        knee = hip + _turn(leg, (0, 0, -thigh))
        ankle = knee + _turn(leg @ _about(1, at[f'{side}_knee']), (0, 0, -shank))
        joints |= {
            f'{side}_shoulder': shoulder, f'{side}_elbow': elbow,
            f'{side}_wrist': elbow + _turn(lower, (0, 0, -forearm)),
            f'{side}_hip': hip, f'{side}_knee': knee, f'{side}_ankle': ankle,
        }  # fmt: skip
    figure = np.stack([joints[name] for name in COCO17.joint_names], axis=1)
    whole = _about(2, at['yaw']) @ _about(0, at['topple']) @ _about(1, at['fall'])
    figure = np.einsum('fij,fkj->fki', whole, figure)
    figure[..., 2] += (flights - figure[..., 2].min(axis=1))[:, None]
    return figure


def _turn(rotations: np.ndarray, point: tuple[float, float, float]) -> np.ndarray:
    """Return (F, 3), one point turned by each of (F, 3, 3)."""
    return np.einsum('fij,j->fi', rotations, np.array(point, np.float64))


def _about(axis: int, angles: np.ndarray) -> np.ndarray:
    """Return rotations (F, 3, 3) about an axis by angles (F,) rad."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotations = np.zeros((len(angles), 3, 3))
    rotations[:, axis, axis] = 1.0
    rotations[:, first, first] = rotations[:, second, second] = np.cos(angles)
    rotations[:, second, first] = np.sin(angles)
    rotations[:, first, second] = -np.sin(angles)
    return rotations
