"""Fusion: who is there, which of their joints are seen and why not, where they are, how surely.

`step` is the whole algorithm. It is pure: the same observations give the same bytes, however fast
they come, for time is the stamp of the observation.
"""

from dataclasses import dataclass, field, replace
import operator
from typing import Any

import numpy as np

from ros_vision_perception.core import body_sizes, depth, lifecycle, tracking, visibility
from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.lifecycle import Lifetimes
from ros_vision_perception.core.results import write_down
from ros_vision_perception.core.scene import Sightings, Surroundings, sort_out
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.space import locate
from ros_vision_perception.core.tracks import Tracks, no_tracks
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation

# What the parts of an observation are called in a degraded_reason.
_TOPICS = {'keypoints': 'keypoints', 'masks': 'masks', 'depth_m': 'depth', 'camera': 'camera_info'}
# A description speaks for as much of the time since the last one at most, s.
_DESCRIBED_S = 0.25


@dataclass(frozen=True)
class FusionConfig:
    """What the fusion may expect, and how patient it is.

    Attributes:
        expects_pose, expects_masks, expects_depth: the inputs that are configured; without one of
            them the result is degraded.
        lifetimes: how fast tracks are confirmed and given up.
    """

    expects_pose: bool = True
    expects_masks: bool = True
    expects_depth: bool = False
    lifetimes: Lifetimes = field(default_factory=Lifetimes)


@dataclass(frozen=True)
class FusionState:
    """All that the fusion remembers. `FusionState()` knows nothing.

    Attributes:
        stamp_ns: time of the last observation; None before the first.
        next_id: the first track id that was never used.
        tracks: the people who are followed; None before the first observation.
        described_ns: time of the last observation that said what people look like.
    """

    stamp_ns: int | None = None
    next_id: int = 1
    tracks: Tracks | None = None
    described_ns: int = 0


def step(
    state: FusionState, observation: Observation, config: FusionConfig, skeleton: Skeleton
) -> tuple[FusionState, Humans]:
    """Take in one observation and return what is known now.

    Args:
        state: what was known before.
        observation: one instant, not before the last one.
        config: what to expect.
        skeleton: that of the keypoints, and of the result.

    Raises:
        ValueError: when time runs backwards or the skeletons differ.
    """
    dt_s = _elapsed_s(state, observation)
    observation, degraded_reason = _usable(observation, config, skeleton)
    stamp_ns, body = observation.stamp_ns, body_of(skeleton)

    # Where should everyone be by now, who is in the image, and who of them is whom?
    tracks, sightings, surroundings = look(state, observation, skeleton, dt_s)

    # Why is each joint seen or not?
    depths = depth.measure_depths(sightings, observation.depth_m, skeleton)
    belief = visibility.explain(sightings, surroundings, depths.people_m, skeleton)

    # Who is still there, and where is everybody?
    tracks = lifecycle.live(tracks, sightings, belief, config.lifetimes, stamp_ns, dt_s)
    belief = visibility.explain_absence(belief, sightings, lifecycle.is_away(tracks, sightings))
    tracks = tracking.observe(tracks, sightings, belief, body, stamp_ns, dt_s)
    described_ns = state.described_ns
    if sightings.people.appearances is not None:
        since_s = min((stamp_ns - described_ns) * 1e-9, max(dt_s, _DESCRIBED_S))
        tracks, described_ns = tracking.recognise(tracks, sightings, belief, since_s), stamp_ns
    guesses = body_sizes.guess_depths(sightings.people, observation.camera, skeleton)
    tracks = tracking.range_in(tracks, belief, depths, guesses, dt_s)
    space = locate(tracks.motion, tracks.scales, tracks.ranges, observation.camera, body)

    humans = write_down(observation, skeleton, tracks, sightings, belief, space, degraded_reason)
    next_id = int(tracks.ids.max(initial=state.next_id - 1)) + 1
    return FusionState(stamp_ns, next_id, tracks, described_ns), humans


def look(
    state: FusionState, observation: Observation, skeleton: Skeleton, dt_s: float
) -> tuple[Tracks, Sightings, Surroundings]:
    """Return everyone who is followed or begins to be, how the image shows them, and what else.

    Args:
        state: what was known before.
        observation: one instant.
        skeleton: that of the keypoints.
        dt_s: time since the last observation.
    """
    body, stamp_ns = body_of(skeleton), observation.stamp_ns
    tracks = tracking.predict(state.tracks or no_tracks(body), body, dt_s)
    people, surroundings = sort_out(observation, skeleton)
    tracks, rows, ratios = tracking.match(tracks, people, body, observation.image_size, stamp_ns)
    tracks, rows = tracking.admit(tracks, people, rows, ratios, body, state.next_id, stamp_ns)
    people = people.in_rows(rows)
    tracks, people = tracking.untangle(tracks, people, body, dt_s)
    return tracks, tracking.sight(tracks, people, rows >= 0, body, observation), surroundings


def _elapsed_s(state: FusionState, observation: Observation) -> float:
    """Return the time since the last observation, 0 for the first one."""
    last_ns, stamp_ns = state.stamp_ns, observation.stamp_ns
    if last_ns is None:
        return 0.0
    if stamp_ns < last_ns:
        raise ValueError(f'stamp {stamp_ns} ns is before the last one, {last_ns} ns')
    return (stamp_ns - last_ns) * 1e-9


def _usable(
    observation: Observation, config: FusionConfig, skeleton: Skeleton
) -> tuple[Observation, str]:
    """Return the observation without the parts that do not fit the image, and what is amiss."""
    keypoints = observation.keypoints
    if keypoints is not None and keypoints.skeleton != skeleton:
        raise ValueError(f'keypoints of {keypoints.skeleton.name}, expected {skeleton.name}')
    expected = {
        'keypoints': config.expects_pose,
        'masks': config.expects_masks,
        'depth_m': config.expects_depth,
        'camera': observation.depth_m is not None,
    }
    misfits: dict[str, Any] = {}
    problems = []
    for name, is_expected in expected.items():
        part = getattr(observation, name)
        if part is None and is_expected:
            problems.append(f'{_TOPICS[name]} missing')
        elif part is not None and not _fits(part, observation.image_size):
            (width, height), image = _size(part), observation.image_size
            problems.append(
                f'{_TOPICS[name]} not used: {width}x{height} px, image {image[0]}x{image[1]} px'
            )
            misfits[name] = None
    return replace(observation, **misfits) if misfits else observation, '; '.join(problems)


def _fits(
    part: Keypoints | InstanceMasks | CameraModel | np.ndarray, image_size: tuple[int, int]
) -> bool:
    """Return whether a part of the observation belongs to an image of that size."""
    fits = depth.depth_fits if isinstance(part, np.ndarray) else operator.eq
    return fits(_size(part), image_size)


def _size(part: Keypoints | InstanceMasks | CameraModel | np.ndarray) -> tuple[int, int]:
    """Return the (width, height) px of the image that a part of the observation belongs to."""
    if isinstance(part, np.ndarray):
        return part.shape[1], part.shape[0]
    return part.size if isinstance(part, CameraModel) else part.image_size
