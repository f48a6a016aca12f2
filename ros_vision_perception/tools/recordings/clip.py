"""A recorded clip, whatever the file it comes from, and its joints in our order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.skeleton import COCO17

# Messages are no longer than this.
_LONGEST = 300


class ClipError(PerceptionError):
    """A clip that cannot be used. It is left out; the others may be fine.

    Its message is one line, whatever the file puts into it.

    Attributes:
        cause: short and the same for all clips with this fault, by which they are counted.
    """

    def __init__(self, cause: str, message: str) -> None:
        printable = ''.join(sign if sign.isprintable() else ' ' for sign in message)
        super().__init__(' '.join(printable.split())[:_LONGEST])
        self.cause = cause


@dataclass(frozen=True)
class Clip:
    """The joints of P people in F frames.

    Attributes:
        points_xy: (P, F, 17, 2) px, joints of COCO17 in an upright image, y down; NaN where there
            is none.
        seen: (P, F, 17) in [0, 1], how likely the joint is seen there; 0 where there is none.
        image_size: width and height, px.
        doubts: (17,) body heights, how far from our joints those lie that stand for them.
    """

    points_xy: np.ndarray
    seen: np.ndarray
    image_size: tuple[int, int]
    doubts: np.ndarray = field(default_factory=lambda: np.zeros(len(COCO17)))

    def __post_init__(self) -> None:
        people, frames = self.points_xy.shape[:2]
        expected = people, frames, len(COCO17)
        if self.points_xy.shape != (*expected, 2) or self.seen.shape != expected:
            got = f'{self.points_xy.shape} and {self.seen.shape}'
            raise ValueError(f'expected points (P, F, 17, 2) and how likely seen; got {got}')


@dataclass(frozen=True)
class Entry:
    """A clip that is found, but not looked into.

    Attributes:
        name: of the clip, as messages name it.
        data_set: the section of the class table that it belongs to.
        label: its class there.
        source: who or what was filmed: nothing of one source is both learned from and judged by.
        load: returns the clip; raises ClipError.
    """

    name: str
    data_set: str
    label: str
    source: str
    load: Callable[[], Clip]


# Where the joints of COCO17 are in others. NTU RGB+D (Shahroudy et al., 2016) has those of
# Kinect v2: no nose, but the middle of the head.
KINECT25 = {
    'nose': 3,
    'left_shoulder': 4, 'left_elbow': 5, 'left_wrist': 6,
    'right_shoulder': 8, 'right_elbow': 9, 'right_wrist': 10,
    'left_hip': 12, 'left_knee': 13, 'left_ankle': 14,
    'right_hip': 16, 'right_knee': 17, 'right_ankle': 18,
}  # fmt: skip
# Cao et al., "OpenPose", 2018: the 18 joints of its COCO model.
OPENPOSE18 = {
    'nose': 0, 'right_eye': 14, 'left_eye': 15, 'right_ear': 16, 'left_ear': 17,
    'right_shoulder': 2, 'right_elbow': 3, 'right_wrist': 4,
    'left_shoulder': 5, 'left_elbow': 6, 'left_wrist': 7,
    'right_hip': 8, 'right_knee': 9, 'right_ankle': 10,
    'left_hip': 11, 'left_knee': 12, 'left_ankle': 13,
}  # fmt: skip
# What lies farther from the image was not found.
_FARTHEST_PX = 1e5
COCO = {name: joint for joint, name in enumerate(COCO17.joint_names)}


def to_coco(
    points_xy: np.ndarray, seen: np.ndarray, order: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return points (..., 17, 2) and how likely they are seen (..., 17) in our order.

    Args:
        points_xy: (..., V, 2) px.
        seen: (..., V) in [0, 1].
        order: which of the V joints is which of COCO17; those it lacks are never seen.
    """
    ours = np.full((*seen.shape[:-1], len(COCO17), 2), np.nan)
    likely = np.zeros(ours.shape[:-1])
    joints = [COCO[name] for name in order]
    ours[..., joints, :] = points_xy[..., list(order.values()), :]
    likely[..., joints] = seen[..., list(order.values())].clip(0.0, 1.0)
    known = (np.abs(ours) < _FARTHEST_PX).all(axis=-1) & (likely > 0)
    return np.where(known[..., None], ours, np.nan), np.where(known, likely, 0.0)
