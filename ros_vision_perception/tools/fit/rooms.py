"""Rooms full of people and things, in which it is known what hides every joint."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Observation
from ros_vision_perception.tools.fit.bodies import Camera, Somebody, appearance, somebody
from ros_vision_perception.tools.fit.habits import Models, Shot, draw_habits
from ros_vision_perception.tools.truth import Truth

FRAMES = 10
_CLASSES = ('chair', 'dining table', 'suitcase', 'tv', '')
_SIZES = ((640, 480), (480, 360), (640, 360), (848, 480))


@dataclass(frozen=True)
class Thing:
    """A flat thing that faces the camera: its box (4,) px, depth in m, speed in px/s and class."""

    box_xyxy: np.ndarray
    depth_m: float
    speed: float
    class_name: str

    def covers(self, size: tuple[int, int], time_s: float) -> np.ndarray:
        """Return its (H, W) bool mask."""
        left, top, right, bottom = self.box_xyxy
        mask = np.zeros(size[::-1], bool)
        shift = self.speed * time_s
        columns = np.rint(np.array([left + shift, right + shift])).clip(0, size[0]).astype(int)
        mask[max(round(top), 0) : max(round(bottom), 0), columns[0] : columns[1]] = True
        return mask


def rooms(count: int, seed: int) -> Iterator[list[tuple[Observation, Truth]]]:
    """Yield sequences of observations and the truth about them; row n of both is one person."""
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        yield _room(rng)


def _room(rng: np.random.Generator) -> list[tuple[Observation, Truth]]:
    size = _SIZES[int(rng.integers(len(_SIZES)))]
    focal = size[0] * rng.uniform(0.7, 1.5)
    camera = Camera(focal, rng.uniform(0.5, 2.2), rng.uniform(-0.1, 0.35), size)
    people = [somebody(rng, (1.5, 6.0)) for _ in range(rng.integers(1, 5))]
    things = [_thing(rng, size) for _ in range(rng.integers(0, 4))]
    dt_s = float(rng.choice((1 / 30, 1 / 15, 1 / 10, 1 / 5)))
    models = Models(rng, draw_habits(rng), len(people), dt_s)
    sequence = []
    for index in range(FRAMES):
        shot = _shoot(people, things, camera, index * dt_s)
        if shot is not None:
            stamp_ns = round((1 + index * dt_s) * 1e9)
            sequence.append((models.observe(shot, stamp_ns), shot.truth))
    return sequence


def _thing(rng: np.random.Generator, size: tuple[int, int]) -> Thing:
    width, height = rng.uniform(0.05, 0.4) * size[0], rng.uniform(0.1, 0.8) * size[1]
    left = rng.uniform(-0.1, 0.9) * size[0]
    # Most things stand on the floor, some hang or are held.
    bottom = size[1] if rng.random() < 0.6 else rng.uniform(0.3, 1.0) * size[1]
    box = np.array([left, bottom - height, left + width, bottom])
    speed = rng.uniform(-0.4, 0.4) * size[0] if rng.random() < 0.3 else 0.0
    return Thing(box, rng.uniform(1.0, 5.0), speed, _CLASSES[int(rng.integers(len(_CLASSES)))])


def _shoot(
    people: list[Somebody], things: list[Thing], camera: Camera, time_s: float
) -> Shot | None:
    """Return what is there at a time; None when somebody comes too close to the camera."""
    looks = [appearance(person, camera, time_s) for person in people]
    if any(look is None for look in looks):
        return None
    shown = [look for look in looks if look is not None]
    count, size = len(people), camera.size
    layers = [(look.depths_m.mean(), look.silhouette) for look in shown]
    layers += [(thing.depth_m, thing.covers(size, time_s)) for thing in things]
    joints = np.stack([look.joints_xy for look in shown])
    states = np.full(joints.shape[:2], int(JointState.VISIBLE), np.uint8)
    occluders = np.full(states.shape, -1)
    for row, look in enumerate(shown):
        states[row, look.behind_self] = int(JointState.OCCLUDED_BY_SELF)
    # From the farthest to the nearest: the last one is what the camera sees.
    seen = [mask.copy() for _, mask in layers]
    order = np.argsort([-depth for depth, _ in layers], kind='stable').tolist()
    for place, back in enumerate(order):
        for front in order[place + 1 :]:
            seen[back] &= ~layers[front][1]
            if back < count:
                hidden = BoxMask(0, 0, layers[front][1]).contains(joints[back])
                by_person = front < count
                state = (
                    JointState.OCCLUDED_BY_PERSON if by_person else JointState.OCCLUDED_BY_OBJECT
                )
                states[back, hidden] = int(state)
                occluders[back, hidden] = front if by_person else -1
    outside = ((joints < -0.5) | (joints >= np.array(size) - 0.5)).any(axis=-1)
    states[outside], occluders[outside] = int(JointState.OUT_OF_IMAGE), -1
    areas = np.array([max(look.silhouette.sum(), 1.0) for look in shown])
    truth = Truth(COCO17, joints, states, occluders, areas, np.ones(states.shape, bool))
    depths = np.stack([look.depths_m for look in shown])
    named = [(thing.class_name, mask) for thing, mask in zip(things, seen[count:], strict=True)]
    return Shot(truth, depths, seen[:count], named, size)
