"""Rotations, and what moves along with them: matrices here, quaternions in messages."""

import math

from geometry_msgs.msg import Quaternion, Transform
import numpy as np

from ros_vision_perception.core.frames import RigidTransform


def quaternion_to_msg(axes: np.ndarray) -> Quaternion:
    """Return the rotation whose columns are `axes` (3, 3); none where they are NaN.

    Of the four ways to divide, that by the largest component (Shepperd, "Quaternion from rotation
    matrix", 1978).
    """
    (a, b, c), (d, e, f), (g, h, i) = axes.tolist()
    if math.isnan(a):
        return Quaternion()
    trace = a + e + i
    squares = (1 + 2 * a - trace, 1 + 2 * e - trace, 1 + 2 * i - trace, 1 + trace)
    largest = squares.index(max(squares))
    rows = (
        (squares[0], d + b, c + g, h - f),
        (d + b, squares[1], h + f, c - g),
        (c + g, h + f, squares[2], d - b),
        (h - f, c - g, d - b, squares[3]),
    )
    length = math.hypot(*rows[largest])
    x, y, z, w = (component / length for component in rows[largest])
    return Quaternion(x=x, y=y, z=z, w=w)


def axes_from_msg(quaternion: Quaternion) -> np.ndarray:
    """Return the (3, 3) float32 matrix of a rotation."""
    x, y, z, w = quaternion.x, quaternion.y, quaternion.z, quaternion.w
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )


def transform_from_msg(message: Transform) -> RigidTransform:
    """Return a transform."""
    place = message.translation
    return RigidTransform(
        axes_from_msg(message.rotation).astype(np.float64), np.array([place.x, place.y, place.z])
    )
