"""What is remembered of the people who are followed."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core import ranges
from ros_vision_perception.core.body_prior import Body
from ros_vision_perception.core.identity import Doubts, no_doubts
from ros_vision_perception.core.looks import Looks, unknown_looks
from ros_vision_perception.core.motion import JointMotion, nobody
from ros_vision_perception.core.ranges import Ranges

NEVER = -1


@dataclass(frozen=True)
class Tracks:
    """T people who are followed, ordered by id.

    Attributes:
        ids: (T,) int64, from 1 on.
        states: (T,) uint8, values of TrackState.
        born_ns, updated_ns: (T,) int64 stamps of the first and the latest sighting.
        existence: (T,) float64, probability to be a person who is still there.
        doubts: who else they may really be.
        looks: what they look like.
        masks: (T,) object, BoxMask or None when last sighted.
        shifts: (T, 2) float64 px, how far they are believed to have moved since.
        scales: (T,) float64 px, square root of the person's area.
        boxes_xyxy: (T, 4) float64 px.
        motion: of the K joints.
        joint_states: (T, K) uint8, values of JointState when last sighted.
        seen_ns: (T, K) int64, stamp at which each joint was last VISIBLE, or NEVER.
        ranges: how far away they and their joints are.
    """

    ids: np.ndarray
    states: np.ndarray
    born_ns: np.ndarray
    updated_ns: np.ndarray
    existence: np.ndarray
    doubts: Doubts
    looks: Looks
    masks: np.ndarray
    shifts: np.ndarray
    scales: np.ndarray
    boxes_xyxy: np.ndarray
    motion: JointMotion
    joint_states: np.ndarray
    seen_ns: np.ndarray
    ranges: Ranges

    def __len__(self) -> int:
        return len(self.ids)


def no_tracks(body: Body) -> Tracks:
    """Return zero tracks of people with such bodies."""
    joints = len(body.sigmas)
    return Tracks(
        ids=np.empty(0, np.int64),
        states=np.empty(0, np.uint8),
        born_ns=np.empty(0, np.int64),
        updated_ns=np.empty(0, np.int64),
        existence=np.empty(0),
        doubts=no_doubts(0),
        looks=unknown_looks(0),
        masks=np.empty(0, object),
        shifts=np.empty((0, 2)),
        scales=np.empty(0),
        boxes_xyxy=np.empty((0, 4)),
        motion=nobody(joints),
        joint_states=np.empty((0, joints), np.uint8),
        seen_ns=np.empty((0, joints), np.int64),
        ranges=ranges.unknown_ranges(0, body),
    )
