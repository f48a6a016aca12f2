"""How long each athlete was there, how far they went, and how often they did what."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.human import TrackState
from ros_vision_perception.tools.timeline.recording import Athlete, Recording

SEEN, HIDDEN, LOST = 'seen', 'hidden', 'lost'
_PRESENCE = {
    TrackState.TENTATIVE: SEEN,
    TrackState.CONFIRMED: SEEN,
    TrackState.OCCLUDED: HIDDEN,
    TrackState.LOST: LOST,
}
# Positions are averaged over so long. Who is then within this of where they were, or within twice
# the standard deviation, has not moved; nobody is faster than this: a track jumped.
_AVERAGE_S, _MOVED_M, _FASTEST_MPS = 0.5, 0.4, 11.0


@dataclass(frozen=True)
class Total:
    """The sums of one athlete.

    Attributes:
        track_id: who.
        first_s, last_s: when they were first and last known, s since the first image.
        seen_s, hidden_s, lost_s: how long in which state.
        distance_m: how far they went in total, NaN where no position is known.
        running_m: how far of it they ran.
        counts: how often each activity took place, what was not over yet at the end included.
    """

    track_id: int
    first_s: float
    last_s: float
    seen_s: float
    hidden_s: float
    lost_s: float
    distance_m: float
    running_m: float
    counts: Counter[str]


def totals(recording: Recording, least_s: float) -> list[Total]:
    """Return the sums of everyone who was ever sure to be there and was seen for `least_s`."""
    every = [_total(recording, athlete) for athlete in recording.athletes if _is_sure(athlete)]
    return [total for total in every if total.seen_s >= least_s]


def presence(athlete: Athlete) -> list[tuple[str, float, float]]:
    """Return (SEEN, HIDDEN or LOST, begin, end), s, of the stretches in which one is known."""
    stretches: list[tuple[str, float, float]] = []
    for state, begin, end in zip(
        athlete.states.tolist(), athlete.times_s.tolist(), athlete.until_s.tolist(), strict=True
    ):
        kind = _PRESENCE[TrackState(state)]
        if stretches and stretches[-1][0] == kind and stretches[-1][2] == begin:
            stretches[-1] = kind, stretches[-1][1], end
        else:
            stretches.append((kind, begin, end))
    return stretches


def _is_sure(athlete: Athlete) -> bool:
    return bool((athlete.states == TrackState.CONFIRMED).any())


def _total(recording: Recording, athlete: Athlete) -> Total:
    seconds: Counter[str] = Counter()
    for kind, begin, end in presence(athlete):
        seconds[kind] += end - begin  # type: ignore[assignment]
    own = [
        event
        for event in (*recording.events, *recording.going_on)
        if event.track_id == athlete.track_id
    ]
    runs = [
        (recording.seconds(event.start_ns), recording.seconds(event.end_ns))
        for event in own
        if event.activity == 'running'
    ]
    distance_m, running_m = distances(athlete, runs)
    return Total(
        athlete.track_id,
        float(athlete.times_s[0]),
        float(athlete.until_s[-1]),
        float(seconds[SEEN]),
        float(seconds[HIDDEN]),
        float(seconds[LOST]),
        distance_m,
        running_m,
        Counter(event.activity for event in own),
    )


def distances(athlete: Athlete, runs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return how far somebody went, m, and how far of it they ran; NaN where nothing is known.

    The noise of positions adds up to a long way for somebody who stands; so only steps count
    that are larger than it.

    Args:
        athlete: seen ones only count, a hidden one is where they are guessed to be.
        runs: (begin, end), s, of the time in which they run.
    """
    known = np.isfinite(athlete.positions_m).all(axis=1)
    known &= athlete.states <= TrackState.CONFIRMED
    if not known.any():
        return np.nan, np.nan
    bins = np.floor(athlete.times_s[known] / _AVERAGE_S).astype(np.int64)
    _, members, counts = np.unique(bins, return_inverse=True, return_counts=True)

    def averages(values: np.ndarray) -> np.ndarray:
        sums = np.zeros(len(counts))
        np.add.at(sums, members, values)
        return sums / counts

    times = averages(athlete.times_s[known])
    places = np.stack([averages(axis) for axis in athlete.positions_m[known].T], axis=1)
    deviations = averages(athlete.deviations_m[known])
    return _path_m(times, places, deviations, list(runs))


def _path_m(
    times: np.ndarray,
    places: np.ndarray,
    deviations: np.ndarray,
    runs: list[tuple[float, float]],
) -> tuple[float, float]:
    distance = running = 0.0
    anchor = 0
    for now in range(1, len(times)):
        step = float(np.linalg.norm(places[now] - places[anchor]))
        if step < max(_MOVED_M, 2 * deviations[now]):
            continue
        elapsed, middle = times[now] - times[anchor], (times[now] + times[anchor]) / 2
        anchor = now
        if step <= _FASTEST_MPS * elapsed:
            distance += step
            running += step * any(begin <= middle <= end for begin, end in runs)
    return distance, running
