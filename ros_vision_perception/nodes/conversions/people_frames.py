"""People as frames of TF."""

from typing import Any

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
import numpy as np

from ros_vision_perception.core.human import HumanState
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.nodes.conversions.bodies import body_id
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg


def frames_to_msg(
    people: list[HumanState], skeleton: Skeleton, header: Any
) -> list[TransformStamped]:
    """Return a frame per person and per joint whose position in metres is known.

    `body_<id>` is between the hips, x forward and z up along the trunk (REP-155); `<joint>_<id>`
    has the axes of the camera, as has a body whose orientation is not known.
    """
    frames = []
    for human in people:
        if not human.has_3d:
            continue
        name = body_id(human.track_id)
        frames.append(
            _frame(f'body_{name}', human.position_m, quaternion_to_msg(human.axes), header)
        )
        frames += [
            _frame(
                f'{skeleton.joint_names[joint]}_{name}',
                human.joints.positions_m[joint],
                Quaternion(),
                header,
            )
            for joint in np.flatnonzero(human.joints.has_3d)
        ]
    return frames


def _frame(
    name: str, position_m: np.ndarray, rotation: Quaternion, header: Any
) -> TransformStamped:
    message = TransformStamped(header=header, child_frame_id=name)
    x, y, z = position_m.tolist()
    message.transform.translation = Vector3(x=x, y=y, z=z)
    message.transform.rotation = rotation
    return message
