"""What the geometry of a body says about its joints: whose bone is too long, what lies behind."""

import numpy as np

from ros_vision_perception.core.anatomy import Anatomy

# Of the bones of a body, most are seen foreshortened and some end at a wrong joint: this share of
# them looks shorter than the height of the body would have it.
_SHORTER = 0.7
# The models' metric bodies are about this tall, m.
_HEIGHT_M = 1.7
# A head that is turned by a quarter shows the nose this far beside the ears, in heights.
_PROFILE = 0.04


def heights_px(lengths: np.ndarray, anatomy: Anatomy) -> np.ndarray:
    """Return the (T,) heights, px, of bodies with bones (T, B) px long; NaN where unknown."""
    if lengths.shape[1] == 0:
        return np.full(len(lengths), np.nan)
    ordered = np.sort(lengths / anatomy.lengths, axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    index = (_SHORTER * np.maximum(count - 1, 0)).round().astype(int)
    return np.maximum(ordered[np.arange(len(ordered)), index], 1e-3)


def bone_lengths(positions_xy: np.ndarray, anatomy: Anatomy) -> np.ndarray:
    """Return the (T, B) lengths, px, of the bones of bodies with joints at (T, K, 2) px."""
    points = to_complex(positions_xy)
    return np.abs(points[:, anatomy.bones] - points[:, anatomy.parents])


def depths_in_heights(
    positions_xy: np.ndarray, depths_3d: np.ndarray, heights: np.ndarray, anatomy: Anatomy
) -> np.ndarray:
    """Return how far back each joint is, (T, K) in body heights, from any zero per person.

    A pose model with a third dimension knows; else the body is taken for a flat one that is
    turned as far as its shoulders look too narrow, and to the side to which the nose points.

    Args:
        positions_xy: (T, K, 2) px.
        depths_3d: (T, K) m, NaN where the model has no third dimension.
        heights: (T,) px.
        anatomy: of the skeleton.
    """
    depths = depths_3d / _HEIGHT_M
    known = np.isfinite(depths)
    if known.all() or not (len(anatomy.nose) and len(anatomy.ears) and len(anatomy.shoulders)):
        return depths
    shoulders, spine, head = to_complex(anatomy.lines @ positions_xy).T
    if not len(anatomy.hips):
        spine = 1j * heights
    # Along the first axis, to the right in the image if upright; in heights.
    upright = -1j * spine / np.maximum(np.abs(spine), 1e-9) * heights
    width = 2 * anatomy.sides[anatomy.shoulders[0]]
    narrow, facing = (np.array((shoulders, head)) / upright).real / [[width], [_PROFILE]]
    facing = np.minimum(np.maximum(facing, -1.0), 1.0)
    turn = np.sqrt(1 - np.minimum(narrow**2, 1.0)) * facing
    return np.where(known, depths, -anatomy.sides * turn[:, None])


def buried(
    positions_xy: np.ndarray, depths: np.ndarray, heights: np.ndarray, anatomy: Anatomy
) -> np.ndarray:
    """Return (T, K) how much of the own body is in front of each joint, in body heights.

    Every part of the body is a round capsule; a joint is behind it when the line of sight enters
    the capsule before it reaches the skin over the joint. Not positive where nothing is in front.

    Args:
        positions_xy: (T, K, 2) px.
        depths: (T, K) heights.
        heights: (T,) px.
        anatomy: of the skeleton.
    """
    x, y = positions_xy.transpose(2, 0, 1) / heights[:, None]
    # Where each part begins and how it goes on, and how far back: (P, T, 1) each.
    ends = anatomy.part_ends[:, None] @ np.array((x.T, y.T, depths.T))
    start_x, start_y, start_z = ends[0][..., None]
    along_x, along_y, along_z = (ends[1] - ends[0])[..., None]
    squares = along_x**2 + along_y**2
    is_round = squares < 1e-6
    along_x, along_y = np.where(is_round, 1e-3, along_x), np.where(is_round, 0.0, along_y)
    # How far along each part the joint is, and how far beside it: (P, T, K).
    x, y = x - start_x, y - start_y
    share = (x * along_x + y * along_y) / np.where(is_round, 1e-6, squares)
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    beside = (x - share * along_x) ** 2 + (y - share * along_y) ** 2
    inside = (anatomy.part_radii**2)[:, None, None] - beside
    skin = start_z + share * along_z - np.sqrt(np.maximum(inside, 0.0))
    hides = (inside > 0) & anatomy.apart.T[:, None]
    return np.where(hides, depths - anatomy.flesh - skin, -1.0).max(axis=0, initial=-1.0)


def to_complex(points_xy: np.ndarray) -> np.ndarray:
    """Return points (..., 2) as complex numbers (...), x + i y."""
    return np.ascontiguousarray(points_xy, np.float64).view(np.complex128)[..., 0]
