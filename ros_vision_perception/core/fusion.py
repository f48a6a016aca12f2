"""Fusion: who is there, which of their joints are seen and why not, where they are, how surely.

`step` is the whole algorithm. It is pure: the same observations give the same bytes, however fast
they come, for time is the stamp of the observation.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ros_vision_perception.core import depth, lifecycle, tracking, visibility
from ros_vision_perception.core.depth import Space
from ros_vision_perception.core.filters import Body, body_of, published_variances
from ros_vision_perception.core.lifecycle import Lifetimes
from ros_vision_perception.core.scene import Sightings, sort_out
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.tracking import NEVER, Tracks
from ros_vision_perception.core.types import (
    CameraModel,
    Humans,
    HumanState,
    InstanceMasks,
    Joints,
    JointState,
    Keypoints,
    Observation,
    TrackState,
)
from ros_vision_perception.core.visibility import Belief

# What the parts of an observation are called in a degraded_reason.
_TOPICS = {'keypoints': 'keypoints', 'masks': 'masks', 'depth_m': 'depth', 'camera': 'camera_info'}


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
    """

    stamp_ns: int | None = None
    next_id: int = 1
    tracks: Tracks | None = None


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
    if observation.keypoints is not None and observation.keypoints.skeleton != skeleton:
        raise ValueError(
            f'keypoints of {observation.keypoints.skeleton.name}, expected {skeleton.name}'
        )
    observation, problems = _usable(observation, config)
    stamp_ns, size = observation.stamp_ns, observation.image_size
    dt_s, looked = _elapsed_s(state, stamp_ns), observation.keypoints is not None
    body = body_of(skeleton)

    # Where should everyone be by now?
    tracks = state.tracks if state.tracks is not None else tracking.no_tracks(len(skeleton))
    tracks = tracking.predict(tracks, body, dt_s)

    # Who is in the image, which mask is whose, and who of them is whom?
    people, surroundings = sort_out(observation.keypoints, observation.masks, size, skeleton)
    rows, tracks = tracking.match(tracks, people, body)
    tracks, rows = tracking.admit(tracks, people, rows, body, state.next_id, stamp_ns)
    sightings = tracking.sight(tracks, people, rows, body, size, looked=looked)

    # Why is each joint seen or not?
    depths = depth.measure_depths(sightings, observation.depth_m)
    belief = visibility.explain(sightings, surroundings, depths.people_m)

    # Who is still there, and where is everybody?
    tracks = lifecycle.live(tracks, sightings, belief, config.lifetimes, stamp_ns, dt_s)
    tracks = tracking.observe(tracks, sightings, belief, body, stamp_ns, dt_s)
    space = depth.locate(
        tracks.motion, tracks.scales, belief.states, depths, observation.camera, body
    )

    humans = Humans(
        stamp_ns=stamp_ns,
        image_size=size,
        skeleton=skeleton,
        people=_people(tracks, sightings, belief, space, body, stamp_ns),
        used_pose=looked,
        used_masks=observation.masks is not None,
        used_depth=observation.depth_m is not None,
        degraded_reason='; '.join(problems),
    )
    next_id = int(tracks.ids.max(initial=state.next_id - 1)) + 1
    return FusionState(stamp_ns, next_id, tracks), humans


def _elapsed_s(state: FusionState, stamp_ns: int) -> float:
    if state.stamp_ns is None:
        return 0.0
    if stamp_ns < state.stamp_ns:
        raise ValueError(f'stamp {stamp_ns} ns is before the last one, {state.stamp_ns} ns')
    return (stamp_ns - state.stamp_ns) * 1e-9


def _usable(observation: Observation, config: FusionConfig) -> tuple[Observation, list[str]]:
    """Return the observation without the parts that do not fit the image, and what is amiss."""
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
        elif part is not None and _size(part) != observation.image_size:
            (width, height), image = _size(part), observation.image_size
            problems.append(
                f'{_TOPICS[name]} not used: {width}x{height} px, image {image[0]}x{image[1]} px'
            )
            misfits[name] = None
    return replace(observation, **misfits), problems


def _size(part: Keypoints | InstanceMasks | CameraModel | np.ndarray) -> tuple[int, int]:
    """Return the (width, height) px of the image that a part of the observation belongs to."""
    if isinstance(part, np.ndarray):
        return part.shape[1], part.shape[0]
    return part.size if isinstance(part, CameraModel) else part.image_size


def _people(
    tracks: Tracks, sightings: Sightings, belief: Belief, space: Space, body: Body, stamp_ns: int
) -> tuple[HumanState, ...]:
    """Write down each track as one person."""
    joints = _joints(tracks, belief, space, body, stamp_ns)
    overlooked = sightings.looked & ~sightings.found
    occluded = np.where(overlooked, 1.0, _occluded_fraction(tracks.joint_states))
    boxes = tracks.boxes_xyxy.astype(np.float32)
    positions = np.asarray(space.body_positions_m, np.float32)
    covariances = np.asarray(space.body_covariances, np.float32)
    return tuple(
        HumanState(
            track_id=int(tracks.ids[row]),
            track_state=TrackState(tracks.states[row]),
            age_s=(stamp_ns - int(tracks.born_ns[row])) * 1e-9,
            time_since_update_s=(stamp_ns - int(tracks.updated_ns[row])) * 1e-9,
            existence_probability=float(tracks.existence[row]),
            occluded_fraction=float(occluded[row]),
            identity_confidence=float(tracks.identity[row]),
            box_xyxy=boxes[row],
            joints=joints[row],
            position_m=positions[row],
            position_covariance=covariances[row],
        )
        for row in range(len(tracks))
    )


def _joints(
    tracks: Tracks, belief: Belief, space: Space, body: Body, stamp_ns: int
) -> list[Joints]:
    variances = published_variances(tracks.motion, body, tracks.scales)
    since_ns = np.where(tracks.seen_ns == NEVER, np.inf, stamp_ns - tracks.seen_ns)
    table = {
        'p_visible': belief.probabilities[..., 0],
        'keypoints_xy': tracks.motion.positions_xy,
        'covariances_px': variances[..., None, None] * np.eye(2),
        'positions_m': space.positions_m,
        'position_covariances': space.position_covariances,
        'velocities': space.velocities,
        'velocity_covariances': space.velocity_covariances,
        'time_since_seen_s': since_ns * 1e-9,
    }
    table = {name: np.asarray(values, np.float32) for name, values in table.items()}
    table['states'] = belief.states
    table['occluder_track_ids'] = belief.occluder_track_ids[belief.occluders].astype(np.int32)
    table['has_3d'] = space.has_3d
    return [
        Joints(
            occluder_classes=tuple(belief.occluder_classes[index] for index in occluders),
            **{name: values[row] for name, values in table.items()},
        )
        for row, occluders in enumerate(belief.occluders.tolist())
    ]


def _occluded_fraction(states: np.ndarray) -> np.ndarray:
    """Return the (T,) share of the joints inside the image that something hides."""
    first, last = int(JointState.OCCLUDED_BY_SELF), int(JointState.OCCLUDED_BY_OBJECT)
    hidden = (states >= first) & (states <= last)
    in_image = states != int(JointState.OUT_OF_IMAGE)
    return hidden.sum(axis=1) / np.maximum(in_image.sum(axis=1), 1)
