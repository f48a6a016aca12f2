"""What the filter is told about each person of a clip, and what it makes of it.

The fusion says who is who and which joints are seen; with what is told of one person and nobody
else the filter alone runs over all people at once: what it errs then is its own error.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from ros_vision_perception.core import filters, fusion, visibility
from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.fusion import FusionConfig, FusionState
from ros_vision_perception.core.scene import Sightings
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Observation
from ros_vision_perception.tools.fit.weights import pair_up
from ros_vision_perception.tools.truth import Truth

_MIN_FRAMES, _MIN_JOINTS = 5, 3
NOBODY = -1


@dataclass(frozen=True)
class Runs:
    """N people who were followed, over F frames; those who were lost earlier end in NaN.

    Attributes:
        skeleton: of the K joints.
        dt_s: time between two frames.
        detected_xy: (N, F, K, 2) px, NaN where the model gave nothing.
        probabilities: (N, F, K, 5) of being seen, or hidden, as `filters.absorb` takes them.
        scales: (N, F) px.
        true_xy: (N, F, K, 2) px, NaN where unknown.
    """

    skeleton: Skeleton
    dt_s: float
    detected_xy: np.ndarray
    probabilities: np.ndarray
    scales: np.ndarray
    true_xy: np.ndarray


@dataclass(frozen=True)
class Played:
    """What the filter makes of runs, in scales squared.

    Attributes:
        squared: (N, F, K) squared distance from the truth.
        variances, surprises: (N, F, K) of the filter.
    """

    squared: np.ndarray
    variances: np.ndarray
    surprises: np.ndarray


def play(runs: Runs) -> Played:
    """Run the filter."""
    body, scales = body_of(runs.skeleton), runs.scales
    tables = [np.empty(runs.detected_xy.shape[:3]) for _ in range(3)]
    motion = filters.begin(runs.detected_xy[:, 0], body, scales[:, 0])
    for frame in range(scales.shape[1]):
        dt_s, now = runs.dt_s if frame else 0.0, scales[:, frame]
        motion = filters.predict(motion, body, now, dt_s)
        told = runs.detected_xy[:, frame], runs.probabilities[:, frame]
        motion = filters.absorb(motion, *told, body, now, dt_s)
        squared = ((motion.positions_xy - runs.true_xy[:, frame]) ** 2).sum(axis=-1)
        columns = (squared, motion.position_variances, motion.surprises)
        for table, column in zip(tables, columns, strict=True):
            table[:, frame] = column / now[:, None] ** 2
    return Played(*tables)


def record(clips: Iterable[Sequence[tuple[Observation, Truth]]]) -> list[Runs]:
    """Return all people of all clips, those of one frame rate together."""
    alike: dict[tuple[str, int], list[Runs]] = defaultdict(list)
    for clip in clips:
        for run in _follow(clip):
            alike[run.skeleton.name, round(run.dt_s * 1e6)].append(run)
    return [_together(group) for group in alike.values()]


class _Told(NamedTuple):
    """What one frame tells of one track; `person` is the row of the truth."""

    frame: int
    person: int
    detected_xy: np.ndarray
    probabilities: np.ndarray
    scale: float


def _follow(clip: Sequence[tuple[Observation, Truth]]) -> Iterator[Runs]:
    """Yield the people of one clip."""
    state, tracks = FusionState(), defaultdict(list)
    for frame, (observation, truth) in enumerate(clip):
        sightings, probabilities = _look(state, observation, truth.skeleton)
        person = np.full(len(sightings.track_ids), NOBODY)
        people, rows = pair_up(sightings, truth)
        person[rows] = people
        detected_xy, scales = sightings.people.keypoints_xy, sightings.scales.tolist()
        told = zip(person.tolist(), detected_xy, probabilities, scales, strict=True)
        for track_id, row in zip(sightings.track_ids.tolist(), told, strict=True):
            tracks[track_id].append(_Told(frame, *row))
        state, _ = fusion.step(state, observation, FusionConfig(), truth.skeleton)
    for track in tracks.values():
        run = _run(clip, track)
        if run is not None:
            yield run


def _look(
    state: FusionState, observation: Observation, skeleton: Skeleton
) -> tuple[Sightings, np.ndarray]:
    """Return who is seen, and (T, K, 5) the probabilities that joints are."""
    stamp_ns = observation.stamp_ns
    dt_s = 0.0 if state.stamp_ns is None else (stamp_ns - state.stamp_ns) * 1e-9
    _, sightings, surroundings = fusion.look(state, observation, skeleton, dt_s)
    nowhere = np.full(len(sightings.track_ids), np.nan)
    belief = visibility.explain(sightings, surroundings, nowhere, skeleton)
    return sightings, belief.probabilities


def _run(clip: Sequence[tuple[Observation, Truth]], track: list[_Told]) -> Runs | None:
    """Return one person as followed by a track, from the first pose on; None when too short.

    What the track takes from anybody else counts as nothing: here it is about the filter.
    """
    partners = Counter(told.person for told in track if told.person != NOBODY)
    if not partners:
        return None
    person = partners.most_common(1)[0][0]
    detected = np.stack(
        [t.detected_xy * (1.0 if t.person in (person, NOBODY) else np.nan) for t in track]
    )
    enough = np.isfinite(detected[..., 0]).sum(axis=1) >= _MIN_JOINTS
    start = int(enough.argmax())
    track, detected = track[start:], detected[start:]
    if not enough.any() or len(track) < _MIN_FRAMES:
        return None
    truths = [clip[told.frame][1] for told in track]
    first, second = (clip[told.frame][0].stamp_ns for told in track[:2])
    dt_s = (second - first) * 1e-9
    true_xy = np.stack(
        [np.where(t.is_measured[person, :, None], t.joints_xy[person], np.nan) for t in truths]
    )
    return Runs(
        skeleton=truths[0].skeleton,
        dt_s=dt_s,
        detected_xy=detected[None],
        probabilities=np.stack([told.probabilities for told in track])[None],
        scales=np.array([[told.scale for told in track]]),
        true_xy=true_xy[None],
    )


def _together(runs: list[Runs]) -> Runs:
    """Return one table of all; the shorter ones end in NaN, and keep their last scale."""
    longest = max(run.scales.shape[1] for run in runs)
    names = [field.name for field in fields(Runs)]
    lasting = ('probabilities', 'scales')
    arrays = {
        name: np.concatenate(
            [_lengthened(getattr(r, name), longest, name in lasting) for r in runs]
        )
        for name in names[names.index('detected_xy') :]
    }
    return Runs(runs[0].skeleton, runs[0].dt_s, **arrays)


def _lengthened(table: np.ndarray, frames: int, lasts: bool) -> np.ndarray:
    """Return a table (1, F, ...) over more frames: its last row again, or NaN."""
    row = table[:, -1:] if lasts else np.full_like(table[:, -1:], np.nan)
    return np.concatenate((table, np.repeat(row, frames - table.shape[1], axis=1)), axis=1)
