"""Writes `docs/images/timeline.png`: what four made-up athletes are said to do.

Run in the sources: `python -m ros_vision_perception.tools.timeline_picture`. Their motion is of
the kind from which the network learned, not motion that it saw.
"""

from pathlib import Path

import numpy as np

from ros_vision_perception.core.activity import (
    ACTIVITIES,
    JOINTS,
    LAG_S,
    LATE,
    Classify,
    is_named,
    told,
)
from ros_vision_perception.core.human import Event, TrackState
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.tools.evaluate.made_up import spans
from ros_vision_perception.tools.timeline import picture
from ros_vision_perception.tools.timeline.recording import Athlete, Recording
from ros_vision_perception.tools.timeline.totals import totals
from ros_vision_perception.tools.train.samples import make

PICTURE = 'docs/images/timeline.png'
# Clips of this seed in which much happens.
_SEED, _CLIPS = 2_000_000, (3, 5, 6, 19)
# Who is seen less than this, on average of the joints, is hidden.
_SEEN = 0.25


def main() -> None:
    """Write the picture."""
    path = Path(__file__).parents[2] / PICTURE
    classify = load_activity('built-in')
    assert classify is not None
    recording = scene(classify)
    picture.draw(path, recording, totals(recording, 1.0), 'four made-up athletes')
    print(path)


def scene(classify: Classify) -> Recording:
    """Return everyone, and what the network says of them."""
    samples = make(max(_CLIPS) + 1, _SEED)
    probabilities = told(samples.windows, classify(samples.windows))
    named = is_named(probabilities)
    trust = samples.windows[:, -1, : 4 * len(JOINTS)].reshape(-1, len(JOINTS), 4)[..., 3]
    athletes, events = [], []
    for track_id, clip in enumerate(_CLIPS, 1):
        rows = samples.clips == clip
        times = samples.times_s[rows]
        athletes.append(_athlete(track_id, times + LAG_S, trust[rows].mean(axis=1)))
        for column, name in enumerate(ACTIVITIES):
            if name in LATE:
                events += _events(
                    track_id, name, times, probabilities[rows, column], named[rows, column]
                )
    last_s = max(float(athlete.until_s[-1]) for athlete in athletes)
    return Recording(0, last_s, tuple(athletes), tuple(events), ())


def _athlete(track_id: int, times_s: np.ndarray, seen: np.ndarray) -> Athlete:
    states = np.where(seen < _SEEN, TrackState.OCCLUDED, TrackState.CONFIRMED).astype(np.uint8)
    nowhere = np.full((len(times_s), 3), np.nan)
    until_s = np.append(times_s[1:], times_s[-1:])
    return Athlete(track_id, times_s, until_s, states, nowhere, nowhere[:, 0])


def _events(
    track_id: int, name: str, times_s: np.ndarray, probabilities: np.ndarray, named: np.ndarray
) -> list[Event]:
    events = []
    for begin, end in spans(times_s, named):
        inside = (times_s >= begin) & (times_s <= end) & named
        confidence = float(probabilities[inside].mean())
        events.append(Event(track_id, name, round(begin * 1e9), round(end * 1e9), confidence, ()))
    return events


if __name__ == '__main__':
    main()
