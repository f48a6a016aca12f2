"""Poses as the model sees them."""

from collections.abc import Sequence
from typing import Any

from geometry_msgs.msg import Point
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError, FrameError
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import Skeleton, get_skeleton
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.msg import Keypoint, PersonKeypoints, PersonKeypointsArray
from ros_vision_perception.nodes.conversions.appearances import (
    appearance_to_msg,
    appearances_from_msg,
)
from ros_vision_perception.nodes.conversions.lean import lean
from ros_vision_perception.nodes.conversions.masks import (
    box_from_msg,
    box_to_msg,
    image_size_from_msg,
    mask_from_msg,
    mask_to_msg,
)

_LeanKeypoint, _LeanPoint = lean(Keypoint), lean(Point)


class KeypointsWriter:
    """Fills a `PersonKeypointsArray`, over and over the same one."""

    def __init__(self, skeleton: Skeleton, model: str) -> None:
        """Write people in `skeleton`, found by the model called `model`."""
        self._message = PersonKeypointsArray(skeleton=skeleton.name, model=model)
        self._joints = len(skeleton)
        self._people: list[PersonKeypoints] = []
        self._points: list[list[Any]] = []

    def write(self, keypoints: Keypoints, header: Any) -> PersonKeypointsArray:
        """Return the poses in the image with this header; good until the next call."""
        people = len(keypoints)
        while len(self._people) < people:
            self._people.append(
                PersonKeypoints(keypoints=[_LeanKeypoint() for _ in range(self._joints)])
            )
            self._points.append([_LeanPoint() for _ in range(self._joints)])
        masks: Sequence[BoxMask | None] = keypoints.masks or (None,) * people
        for index in range(people):
            message = self._people[index]
            message.score = keypoints.person_scores[index].item()
            message.bbox = box_to_msg(keypoints.boxes_xyxy[index])
            message.mask = mask_to_msg(masks[index])
            message.appearance = appearance_to_msg(keypoints.appearances, index)
            self._write_joints(message, keypoints, index)
        message = self._message
        message.header = header
        message.image_width, message.image_height = keypoints.image_size
        message.people = self._people[:people]
        return message

    def _write_joints(self, message: PersonKeypoints, keypoints: Keypoints, index: int) -> None:
        for joint, (x, y), score, visibility, presence in zip(
            message.keypoints,
            keypoints.keypoints_xy[index].tolist(),
            keypoints.scores[index].tolist(),
            keypoints.visibility[index].tolist(),
            keypoints.presence[index].tolist(),
            strict=True,
        ):
            joint.x = x
            joint.y = y
            joint.score = score
            joint.visibility = visibility
            joint.presence = presence
        positions = keypoints.keypoints_3d[index]
        if np.isnan(positions).all():
            message.keypoints_3d = []
            return
        for point, (x, y, z) in zip(self._points[index], positions.tolist(), strict=True):
            point.x = x
            point.y = y
            point.z = z
        message.keypoints_3d = self._points[index]


def keypoints_from_msg(message: Any) -> Keypoints:
    """Return the poses in a message, bit for bit those that were written.

    Raises:
        FrameError: impossible_size, unknown_skeleton, bad_keypoints (not all joints), bad_mask,
            bad_appearance.
    """
    try:
        skeleton = get_skeleton(message.skeleton)
    except ConfigurationError as error:
        raise FrameError('unknown_skeleton', str(error)) from error
    people, joints = message.people, len(skeleton)
    for person in people:
        counts = len(person.keypoints), len(person.keypoints_3d)
        if counts not in ((joints, 0), (joints, joints)):
            raise FrameError(
                'bad_keypoints',
                f'got {counts[0]} keypoints and {counts[1]} in 3D, '
                f'expected the {joints} of {skeleton.name} and as many or none in 3D',
            )
    size = image_size_from_msg(message)
    table = np.array([_table(person) for person in people], np.float32).reshape(-1, joints, 5)
    return Keypoints(
        skeleton=skeleton,
        image_size=size,
        keypoints_xy=table[..., :2],
        scores=table[..., 2],
        visibility=table[..., 3],
        presence=table[..., 4],
        boxes_xyxy=_rows([box_from_msg(person.bbox) for person in people], (4,)),
        person_scores=_rows([person.score for person in people], ()),
        keypoints_3d=_rows([_positions(person, joints) for person in people], (joints, 3)),
        masks=_masks(people, size),
        appearances=appearances_from_msg(people),
    )


def _table(person: Any) -> list[tuple[float, ...]]:
    return [
        (joint.x, joint.y, joint.score, joint.visibility, joint.presence)
        for joint in person.keypoints
    ]


def _rows(rows: list, shape: tuple[int, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, *shape)


def _positions(person: Any, joints: int) -> list[tuple[float, float, float]]:
    if not person.keypoints_3d:
        return [(np.nan, np.nan, np.nan)] * joints
    return [(point.x, point.y, point.z) for point in person.keypoints_3d]


def _masks(people: Sequence[Any], size: tuple[int, int]) -> tuple[BoxMask, ...]:
    masks = [mask_from_msg(person.mask, size) for person in people]
    known = tuple(mask for mask in masks if mask is not None)
    if known and len(known) != len(masks):
        raise FrameError('bad_mask', f'got masks of {len(known)} of {len(masks)} people')
    return known
