"""People as the messages of every ROS install have them: poses, and a cloud of joints."""

from typing import Any

from geometry_msgs.msg import Point, Pose, PoseArray
import numpy as np
from sensor_msgs.msg import PointCloud2, PointField

from ros_vision_perception.core.human import HumanState
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg

# One joint. `sigma_m` is the largest standard deviation of its position, `joint_id` its index in
# the skeleton, `state` a constant of HumanJoint.
_FIELDS = (
    ('x', '<f4', PointField.FLOAT32),
    ('y', '<f4', PointField.FLOAT32),
    ('z', '<f4', PointField.FLOAT32),
    ('sigma_m', '<f4', PointField.FLOAT32),
    ('p_visible', '<f4', PointField.FLOAT32),
    ('track_id', '<i4', PointField.INT32),
    ('joint_id', 'u1', PointField.UINT8),
    ('state', 'u1', PointField.UINT8),
)
POINT = np.dtype([(name, kind) for name, kind, _ in _FIELDS])


def poses_to_msg(people: list[HumanState], header: Any) -> PoseArray:
    """Return where the people stand, in their order; who has no position in metres is left out.

    Whose orientation is not known has that of the camera.
    """
    return PoseArray(header=header, poses=[_pose(human) for human in people if human.has_3d])


def joints_to_msg(people: list[HumanState], header: Any) -> PointCloud2:
    """Return the joints whose position in metres is known, one point each, of fields `POINT`."""
    points = np.concatenate([np.zeros(0, POINT), *map(_points, people)])
    offsets = np.cumsum([0, *(POINT[name].itemsize for name, _, _ in _FIELDS)]).tolist()
    fields = [
        PointField(name=name, offset=offset, datatype=datatype, count=1)
        for (name, _, datatype), offset in zip(_FIELDS, offsets, strict=False)
    ]
    return PointCloud2(
        header=header,
        height=1,
        width=len(points),
        fields=fields,
        is_bigendian=False,
        point_step=POINT.itemsize,
        row_step=POINT.itemsize * len(points),
        data=points.tobytes(),
        is_dense=True,
    )


def point_to_msg(position_m: np.ndarray) -> Point:
    """Return a position (3,)."""
    x, y, z = position_m.tolist()
    return Point(x=x, y=y, z=z)


def _pose(human: HumanState) -> Pose:
    return Pose(position=point_to_msg(human.position_m), orientation=quaternion_to_msg(human.axes))


def _points(human: HumanState) -> np.ndarray:
    joints, known = human.joints, np.flatnonzero(human.joints.has_3d)
    points = np.zeros(len(known), POINT)
    for column, name in enumerate('xyz'):
        points[name] = joints.positions_m[known, column]
    variances = np.linalg.eigvalsh(joints.position_covariances[known]).max(axis=1, initial=0.0)
    points['sigma_m'] = np.sqrt(variances)
    points['p_visible'] = joints.p_visible[known]
    points['track_id'] = human.track_id
    points['joint_id'] = known
    points['state'] = joints.states[known]
    return points
