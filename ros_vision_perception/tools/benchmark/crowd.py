"""A crowd of made-up people, as a pose and a segmentation model would see it."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation

# As if from a camera of 30 frames per second.
_PERIOD_NS = 33_333_333
# A standing figure seen from the front, in heights: sideways from its middle, up from its feet.
# Right joints mirror these.
_FIGURE = {
    'nose': (0.0, 0.92), 'eye': (0.02, 0.94), 'ear': (0.045, 0.93), 'shoulder': (0.11, 0.81),
    'elbow': (0.14, 0.65), 'wrist': (0.15, 0.5), 'hip': (0.06, 0.48), 'knee': (0.065, 0.26),
    'ankle': (0.07, 0.05),
}  # fmt: skip
# How far arms and legs swing, left against right, in heights; a step takes a second.
_SWINGS = {'elbow': 0.02, 'wrist': 0.05, 'knee': 0.03, 'ankle': 0.06}
_BONE_WIDTH, _HEAD_RADIUS = 0.07, 0.075
# Of whom less than this share of the joints is in view, a pose model sees nothing.
_MIN_SEEN = 0.3
_NOISE_PX = 1.0
# So many people may be as tall as the image.
_TALL_AS_IMAGE = 5


@dataclass(frozen=True)
class _Walkers:
    """N people who walk sideways from wall to wall, the one in front last.

    Attributes:
        starts_px, speeds_px: (N,) px and px/s.
        feet_y, heights: (N,) px.
        phases: (N,) rad, of their steps.
    """

    starts_px: np.ndarray
    speeds_px: np.ndarray
    feet_y: np.ndarray
    heights: np.ndarray
    phases: np.ndarray

    def joints_xy(self, time_s: float, width: int) -> np.ndarray:
        """Return the (N, 17, 2) px joints at a time, in an image of that width."""
        there_and_back = (self.starts_px + self.speeds_px * time_s) % (2.0 * width)
        middles = np.minimum(there_and_back, 2.0 * width - there_and_back)
        swings = np.sin(self.phases + 2.0 * np.pi * time_s)
        figure, swing = _standing()
        sideways = figure[:, 0] + swings[:, None] * swing
        x = middles[:, None] + self.heights[:, None] * sideways
        y = self.feet_y[:, None] - self.heights[:, None] * figure[:, 1]
        return np.stack((x, y), axis=-1)


def crowd(people: int, frames: int, image_size: tuple[int, int]) -> Iterator[Observation]:
    """Yield the same crowd again and again: 17 joints and a mask of what is seen of each person.

    Args:
        people: how many walk about and hide each other.
        frames: how many observations.
        image_size: (width, height) px of the image and its masks.
    """
    random = np.random.default_rng(0)
    width, height = image_size
    # Seen from above, the more the smaller: a few people hide as much of each other as many.
    feet = np.sort(random.uniform(0.3, 1.0, people))
    tallest = min(1.0, np.sqrt(_TALL_AS_IMAGE / people))
    walkers = _Walkers(
        starts_px=random.uniform(0.0, 2.0 * width, people),
        speeds_px=random.uniform(0.05, 0.2, people) * width,
        feet_y=height * feet,
        heights=height * feet * tallest,
        phases=random.uniform(0.0, 2.0 * np.pi, people),
    )
    for index in range(frames):
        joints_xy = walkers.joints_xy(index * _PERIOD_NS * 1e-9, width)
        owners = _draw(joints_xy, walkers.heights, image_size)
        masks = tuple(BoxMask.from_bitmap(owners == person) for person in range(people))
        seen = np.array(
            [mask.contains(joints) for mask, joints in zip(masks, joints_xy, strict=True)]
        ).reshape(people, -1)
        joints_xy += random.normal(0.0, _NOISE_PX, joints_xy.shape)
        yield Observation(
            stamp_ns=(index + 1) * _PERIOD_NS,
            image_size=image_size,
            keypoints=_keypoints(joints_xy, seen, image_size),
            masks=_instance_masks([mask for mask in masks if mask.bitmap.size], image_size),
        )


def _standing() -> tuple[np.ndarray, np.ndarray]:
    """Return where the joints of the figure are (17, 2), and how far they swing (17,)."""
    places, swings = [], []
    for joint in COCO17.joint_names:
        side = -1.0 if joint.startswith('right_') else 1.0
        part = joint.removeprefix('left_').removeprefix('right_')
        sideways, up = _FIGURE[part]
        places.append((side * sideways, up))
        swings.append(side * _SWINGS.get(part, 0.0))
    return np.array(places), np.array(swings)


def _draw(joints_xy: np.ndarray, heights: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Return (H, W) int16: which person each pixel shows, -1 for none."""
    owners = np.full(image_size[::-1], -1, np.int16)
    shoulders_and_hips = [
        COCO17.index(f'{side}_{part}')
        for side, part in (
            *(('left', 'shoulder'), ('right', 'shoulder')),
            *(('right', 'hip'), ('left', 'hip')),
        )
    ]
    for person, (joints, height) in enumerate(zip(joints_xy, heights, strict=True)):
        pixels = np.rint(joints).astype(np.int32)
        for edge in COCO17.edges:
            start, end = (tuple(map(int, pixels[joint])) for joint in edge)
            cv2.line(owners, start, end, person, round(_BONE_WIDTH * height))
        cv2.fillConvexPoly(owners, pixels[shoulders_and_hips], person)
        nose = tuple(map(int, pixels[COCO17.index('nose')]))
        cv2.circle(owners, nose, round(_HEAD_RADIUS * height), person, cv2.FILLED)
    return owners


def _keypoints(joints_xy: np.ndarray, seen: np.ndarray, image_size: tuple[int, int]) -> Keypoints:
    found = np.flatnonzero(seen.mean(axis=1) >= _MIN_SEEN)
    joints_xy, seen = joints_xy[found].astype(np.float32), seen[found]
    unknown = np.full(seen.shape, np.nan, np.float32)
    return Keypoints(
        skeleton=COCO17,
        image_size=image_size,
        keypoints_xy=joints_xy,
        scores=np.where(seen, 0.9, 0.4).astype(np.float32),
        visibility=unknown,
        presence=unknown,
        boxes_xyxy=np.concatenate((joints_xy.min(axis=1), joints_xy.max(axis=1)), axis=1),
        person_scores=np.full(len(found), 0.9, np.float32),
        keypoints_3d=np.full((*seen.shape, 3), np.nan, np.float32),
    )


def _instance_masks(masks: list[BoxMask], image_size: tuple[int, int]) -> InstanceMasks:
    return InstanceMasks(
        image_size=image_size,
        class_ids=np.zeros(len(masks), np.int32),
        class_names=('person',) * len(masks),
        scores=np.full(len(masks), 0.9, np.float32),
        boxes_xyxy=np.array([mask.box_xyxy for mask in masks], np.float32).reshape(-1, 4),
        masks=tuple(masks),
        is_instance=True,
    )
