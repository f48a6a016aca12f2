"""People as frames of TF."""

from typing import Any

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
import numpy as np

from ros_vision_perception.core.human import HumanState
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.nodes.conversions.bodies import body_id
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg
from ros_vision_perception.nodes.conversions.stamps import make_header, stamp_from_header

# REP-155 gives this name to the pose of the head.
_RENAMED = {'head': 'head_top'}


def frames_to_msg(
    people: list[HumanState], skeleton: Skeleton, header: Any
) -> list[TransformStamped]:
    """Return a frame per person and per joint whose position in metres is known.

    As in REP-155, `body_<id>` is between the hips, x forward and z up along the trunk, and the
    parent of all `<joint>_<id>`, which have its axes. A body whose orientation is not known has
    those of the frame that people are in.
    """
    frames = []
    for human in people:
        if not human.has_3d:
            continue
        name = body_id(human.track_id)
        body, joints = f'body_{name}', human.joints
        frames.append(_frame(body, human.position_m, quaternion_to_msg(human.axes), header))
        axes = human.axes if np.isfinite(human.axes).all() else np.eye(3)
        on_body = make_header(stamp_from_header(header), body)
        known = np.flatnonzero(joints.has_3d)
        offsets = (joints.positions_m[known] - human.position_m).astype(np.float64) @ axes
        for joint, offset in zip(known, offsets, strict=True):
            part = skeleton.joint_names[joint]
            frames.append(
                _frame(f'{_RENAMED.get(part, part)}_{name}', offset, Quaternion(), on_body)
            )
    return frames


def _frame(
    name: str, position_m: np.ndarray, rotation: Quaternion, header: Any
) -> TransformStamped:
    message = TransformStamped(header=header, child_frame_id=name)
    x, y, z = position_m.tolist()
    message.transform.translation = Vector3(x=x, y=y, z=z)
    message.transform.rotation = rotation
    return message
