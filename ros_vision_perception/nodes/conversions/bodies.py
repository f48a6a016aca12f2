"""People as bodies of ROS4HRI (REP-155); the module `hri_msgs` is given."""

from types import ModuleType
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState

from ros_vision_perception.core.human import HumanState, Posture
from ros_vision_perception.core.limb_rotations import JOINT_NAMES
from ros_vision_perception.core.skeleton import Skeleton

# hri_msgs/Skeleton2D: OpenPose's 18 joints of COCO, in this order, and `neck` between the
# shoulders.
_JOINTS = (
    *('nose', 'neck', 'right_shoulder', 'right_elbow', 'right_wrist'),
    *('left_shoulder', 'left_elbow', 'left_wrist', 'right_hip', 'right_knee', 'right_ankle'),
    *('left_hip', 'left_knee', 'left_ankle', 'left_eye', 'right_eye', 'left_ear', 'right_ear'),
)
_POSTURES = {
    Posture.STANDING: 'STANDING',
    Posture.SITTING: 'SITTING',
    Posture.CROUCHING: 'CROUCHING',
    Posture.LYING: 'LAYING',
}
_GESTURES = {
    'left_arm_raised': 'LEFT_HAND_RAISED',
    'right_arm_raised': 'RIGHT_HAND_RAISED',
    'both_arms_raised': 'BOTH_HANDS_RAISED',
    'waving': 'WAVING',
}


def body_id(track_id: int) -> str:
    """Return the id of a person's body, which is also part of topics and frames."""
    return f'b{track_id:05d}'


def ids_to_msg(hri_msgs: ModuleType, people: list[HumanState], header: Any) -> Any:
    """Return the IdsList of those who are there."""
    return hri_msgs.IdsList(header=header, ids=[body_id(human.track_id) for human in people])


def roi_to_msg(
    hri_msgs: ModuleType, human: HumanState, image_size: tuple[int, int], header: Any
) -> Any:
    """Return the person's box as NormalizedRegionOfInterest2D, cut off at the image's border."""
    x_min, y_min, x_max, y_max = np.clip(human.box_xyxy / np.tile(image_size, 2), 0, 1).tolist()
    return hri_msgs.NormalizedRegionOfInterest2D(
        header=header,
        xmin=x_min,
        ymin=y_min,
        xmax=x_max,
        ymax=y_max,
        c=float(human.existence_probability),
    )


def skeleton_to_msg(
    hri_msgs: ModuleType,
    human: HumanState,
    skeleton: Skeleton,
    image_size: tuple[int, int],
    header: Any,
) -> Any:
    """Return the person's joints as Skeleton2D; `c` is the probability that the joint is seen.

    What is outside of the image is at its border, and what the skeleton lacks at 0, with `c` 0.
    """
    names, places = skeleton.joint_names, human.joints.keypoints_xy / image_size
    message = hri_msgs.Skeleton2D(header=header)
    for point, name in zip(message.skeleton, _JOINTS, strict=True):
        parts = ('left_shoulder', 'right_shoulder') if name == 'neck' else (name,)
        if not set(parts) <= set(names):
            continue
        rows = [names.index(part) for part in parts]
        place = places[rows].mean(axis=0)
        is_inside = bool(((place >= 0) & (place <= 1)).all())
        point.x, point.y = np.clip(place, 0, 1).tolist()
        point.c = float(human.joints.p_visible[rows].min()) if is_inside else 0.0
    return message


def posture_to_msg(hri_msgs: ModuleType, human: HumanState, header: Any) -> Any:
    """Return the BodyPosture, OTHER where there is no name for it."""
    kind = hri_msgs.BodyPosture
    name = _POSTURES.get(human.posture, 'OTHER')
    return kind(header=header, posture=getattr(kind, name))


def gestures_to_msg(hri_msgs: ModuleType, human: HumanState, header: Any) -> list[Any]:
    """Return a Gesture for each that takes place and has a name there."""
    kind = hri_msgs.Gesture
    return [
        kind(header=header, gesture=getattr(kind, _GESTURES[activity]))
        for activity in human.activities
        if activity in _GESTURES
    ]


def joint_states_to_msg(human: HumanState, angles: np.ndarray, header: Any) -> JointState:
    """Return the person's `JOINT_NAMES`, at angles (20,) rad; without those that are NaN."""
    known, name = np.flatnonzero(np.isfinite(angles)), body_id(human.track_id)
    return JointState(
        header=header,
        name=[f'{JOINT_NAMES[joint]}_{name}' for joint in known],
        position=angles[known].tolist(),
    )
