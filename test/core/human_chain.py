"""Bodies as REP-155 has them, from angles to places: axes, parents and sizes of the human URDF.

As in human_description's urdf/human-tpl.xacro: a link hangs at a place in its parent, turned about
one axis; lengths are shares of the body height.
"""

import numpy as np
from scipy.spatial.transform import Rotation

UNIT = 1 / 7.5
NECK, SHOULDER, UPPER_ARM, FOREARM = 0.25 * UNIT, 0.8 * UNIT, 1.6 * UNIT, UNIT
TRUNK, WAIST, THIGH, SHANK = 2.75 * UNIT, 1.2 * UNIT, 1.5 * UNIT, 2 * UNIT
_Link = tuple[str, tuple[float, float, float], tuple[float, float, float]]


def _arm(side: str, rho: int) -> dict[str, _Link]:
    return {
        f'{side}_y_shoulder': ('torso', (0, rho * SHOULDER, 0), (0, 0, -rho)),
        f'{side}_p_shoulder': (f'{side}_y_shoulder', (0, 0, 0), (rho, 0, 0)),
        f'{side}_r_shoulder': (f'{side}_p_shoulder', (0, 0, 0), (0, 0, rho)),
        f'{side}_elbow': (f'{side}_r_shoulder', (0, 0, -UPPER_ARM), (0, -1, 0)),
        f'{side}_wrist': (f'{side}_elbow', (0, 0, -FOREARM), (0, 0, 0)),
    }


def _leg(side: str, rho: int) -> dict[str, _Link]:
    return {
        f'{side}_y_hip': ('body', (0, rho * WAIST / 2, 0), (0, 0, -1)),
        f'{side}_p_hip': (f'{side}_y_hip', (0, 0, 0), (rho, 0, 0)),
        f'{side}_r_hip': (f'{side}_p_hip', (0, 0, 0), (0, -1, 0)),
        f'{side}_knee': (f'{side}_r_hip', (0, 0, -THIGH), (0, -1, 0)),
        f'{side}_ankle': (f'{side}_knee', (0, 0, -SHANK), (0, 0, 0)),
    }


# Joint -> parent, where it is in that, the axis about which it turns. Links are named by the joint
# above them.
_LINKS: dict[str, _Link] = {
    'waist': ('body', (0, 0, 0), (0, 1, 0)),
    'torso': ('waist', (0, 0, TRUNK), (0, 0, 0)),
    'r_head': ('torso', (0, 0, NECK), (1, 0, 0)),
    'y_head': ('r_head', (0, 0, 0), (0, 0, 1)),
    'p_head': ('y_head', (0, 0, 0), (0, -1, 0)),
    **_arm('l', 1), **_arm('r', -1), **_leg('l', 1), **_leg('r', -1),
}  # fmt: skip
# Parts of the head, in its own axes, from the neck: ears on its sides, eyes and nose before it.
_FACE = {
    'left_ear': (0, 0.04, 0.08), 'right_ear': (0, -0.04, 0.08), 'left_eye': (0.05, 0.02, 0.1),
    'right_eye': (0.05, -0.02, 0.1), 'nose': (0.07, 0, 0.06),
}  # fmt: skip
# Joints of our skeletons -> the link at whose origin they are.
_AT = {
    f'{side}_{part}': f'{side[0]}_{link}'
    for side in ('left', 'right')
    for part, link in (
        ('shoulder', 'y_shoulder'), ('elbow', 'elbow'), ('wrist', 'wrist'),
        ('hip', 'y_hip'), ('knee', 'knee'), ('ankle', 'ankle'),
    )
}  # fmt: skip


def places(
    angles: dict[str, float], names: tuple[str, ...], lengths: dict[str, float] | None = None
) -> np.ndarray:
    """Return the places (K, 3) in the body frame of joints, in heights; NaN where it has none.

    `lengths` are those of limbs that differ from the model, in those of the model.
    """
    poses = {'body': (np.eye(3), np.zeros(3))}
    for link, (parent, place, axis) in _LINKS.items():
        rotation, origin = poses[parent]
        place_in_parent = np.array(place) * (lengths or {}).get(link, 1.0)
        turn = Rotation.from_rotvec(np.array(axis) * angles.get(link, 0.0)).as_matrix()
        poses[link] = (rotation @ turn, origin + rotation @ place_in_parent)
    head, neck = poses['p_head']
    face = {name: neck + head @ np.array(place) for name, place in _FACE.items()}
    body = {name: poses[link][1] for name, link in _AT.items()}
    return np.array([(face | body).get(name, np.full(3, np.nan)) for name in names])
