"""Scenes that are played through the fusion: people walk, hide and meet."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.human import Humans, HumanState
from ros_vision_perception.core.skeleton import COCO17, Skeleton
from ros_vision_perception.core.types import Observation
from test.core.people import Scene, capture, detect, figure, rectangle, segment

FPS = 15.0
# What a camera and its models say about a scene at a time in seconds; the number seeds the noise.
View = Callable[[Scene, float, int], Observation]


def play(
    scene_at: Callable[[float], Scene],
    seconds: float,
    *,
    fps: float = FPS,
    view: View | None = None,
    skeleton: Skeleton = COCO17,
) -> list[Humans]:
    """Return the result of every frame; by default with noisy poses and instance masks."""
    state, results = FusionState(), []
    for index in range(round(seconds * fps) + 1):
        scene = scene_at(index / fps)
        seen = (view or look)(scene, index / fps, index)
        state, humans = step(state, seen, FusionConfig(), skeleton)
        results.append(humans)
    return results


def look(scene: Scene, time_s: float, seed: int) -> Observation:
    keypoints = detect(scene, noise_px=0.5, seed=seed)
    return capture(scene, time_s, keypoints=keypoints, masks=segment(scene))


def look_without_masks(scene: Scene, time_s: float, seed: int) -> Observation:
    return replace(look(scene, time_s, seed), masks=None)


def look_like_the_default_models(scene: Scene, time_s: float, seed: int) -> Observation:
    keypoints = detect(scene, with_masks=True, noise_px=0.5, seed=seed)
    return capture(scene, time_s, keypoints=keypoints, masks=segment(scene, is_instance=False))


def walker(
    start: float, speed: float, feet_y: float = 220.0, height: float = 150.0
) -> Callable[[float], np.ndarray]:
    """Return the joints, by time, of somebody who walks sideways at `speed` px/s."""
    return lambda time_s: figure(
        start + speed * time_s, feet_y=feet_y, height=height, phase=6.0 * time_s
    )


def ids(humans: Humans) -> list[int]:
    return [person.track_id for person in humans.people]


def nearest_id(humans: Humans, joints_xy: np.ndarray) -> int:
    """Return the id of the person whose joints are closest to the true ones."""
    distances = [
        np.linalg.norm(person.joints.keypoints_xy - joints_xy, axis=1).mean()
        for person in humans.people
    ]
    return humans.people[int(np.argmin(distances))].track_id


def only(humans: Humans) -> HumanState:
    (person,) = humans.people
    return person


def one_walker(time_s: float) -> Scene:
    return Scene((walker(60, 50)(time_s),))


def behind_a_pillar(time_s: float) -> Scene:
    return Scene((walker(50, 70)(time_s),), (('pillar', rectangle(120, 190)),))


def crossing(time_s: float) -> Scene:
    back, front = walker(60, 60, feet_y=200, height=135), walker(260, -60)
    return Scene((back(time_s), front(time_s)))
