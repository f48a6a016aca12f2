"""People as detections of `vision_msgs`; its modules are given, for not every install has it."""

from types import ModuleType
from typing import Any

import numpy as np

from ros_vision_perception.core.human import HumanState
from ros_vision_perception.nodes.conversions.people_poses import point_to_msg
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg

# The only class; `label_info_to_msg` names it.
_CLASS_ID, _CLASS_NAME = 0, 'person'


def label_info_to_msg(vision_msgs: ModuleType) -> Any:
    """Return what the numbers of the classes in all detections mean."""
    label = vision_msgs.VisionClass(class_id=_CLASS_ID, class_name=_CLASS_NAME)
    return vision_msgs.LabelInfo(class_map=[label])


def detections_2d_to_msg(vision_msgs: ModuleType, people: list[HumanState], header: Any) -> Any:
    """Return a Detection2DArray: the boxes in the image, px.

    Who is in no image, as people of several cameras, is left out.
    """
    boxed = [human for human in people if np.isfinite(human.box_xyxy).all()]
    return vision_msgs.Detection2DArray(
        header=header, detections=[_in_image(vision_msgs, human, header) for human in boxed]
    )


def detections_3d_to_msg(vision_msgs: ModuleType, people: list[HumanState], header: Any) -> Any:
    """Return a Detection3DArray: the upright boxes around all joints, m.

    Who has no position in metres is left out.
    """
    return vision_msgs.Detection3DArray(
        header=header,
        detections=[_in_space(vision_msgs, human, header) for human in people if human.has_3d],
    )


def _in_image(vision_msgs: ModuleType, human: HumanState, header: Any) -> Any:
    detection = vision_msgs.Detection2D(header=header, id=str(human.track_id))
    left, top, right, bottom = human.box_xyxy.tolist()
    box = detection.bbox
    box.center.position.x, box.center.position.y = (left + right) / 2, (top + bottom) / 2
    box.size_x, box.size_y = right - left, bottom - top
    detection.results = [_hypothesis(vision_msgs, human)]
    return detection


def _in_space(vision_msgs: ModuleType, human: HumanState, header: Any) -> Any:
    detection = vision_msgs.Detection3D(header=header, id=str(human.track_id))
    joints_m = human.joints.positions_m[human.joints.has_3d]
    spots = np.concatenate((joints_m, human.position_m[None]))
    low, high = spots.min(axis=0), spots.max(axis=0)
    detection.bbox.center.position = point_to_msg((low + high) / 2)
    size = detection.bbox.size
    size.x, size.y, size.z = (high - low).tolist()
    detection.results = [_hypothesis(vision_msgs, human)]
    return detection


def _hypothesis(vision_msgs: ModuleType, human: HumanState) -> Any:
    result = vision_msgs.ObjectHypothesisWithPose()
    result.hypothesis.class_id = str(_CLASS_ID)
    result.hypothesis.score = float(human.existence_probability)
    if human.has_3d:
        result.pose.pose.position = point_to_msg(human.position_m)
        result.pose.pose.orientation = quaternion_to_msg(human.axes)
        covariance = np.zeros((6, 6))
        covariance[:3, :3], covariance[3:, 3:] = (
            human.position_covariance,
            human.orientation_covariance,
        )
        result.pose.covariance = covariance.ravel()
    return result
