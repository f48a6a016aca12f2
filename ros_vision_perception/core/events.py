"""Events: what somebody did from when to when, from what is said frame by frame.

`follow` is pure, like `conduct.step`, and comes after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ros_vision_perception.core.activity import LAG_S, LATE
from ros_vision_perception.core.human import Event, Humans, HumanState

# What pauses for no longer than this goes on; what is over earlier than this was none, ns.
PAUSE_NS, _SHORTEST_NS = 350_000_000, 90_000_000
# A joint was seen that was, on average, likelier seen than not.
_SEEN = 0.5


@dataclass(frozen=True)
class _Open:
    """What goes on: first and last stamp, ns, and sums over the `frames` since then."""

    first_ns: int
    last_ns: int
    frames: int
    confidence: float
    p_visible: np.ndarray


@dataclass(frozen=True)
class EventState:
    """What goes on, by track id and activity; and the names of the joints."""

    open: Mapping[tuple[int, str], _Open] = field(default_factory=dict)
    joint_names: tuple[str, ...] = ()


def follow(state: EventState, humans: Humans) -> tuple[EventState, tuple[Event, ...]]:
    """Return what goes on now, and the events that are over.

    Args:
        state: what went on before.
        humans: of one image with what they do, not before the last one.
    """
    now = dict(state.open)
    for human in humans.people:
        for name, confidence in zip(human.activities, human.activity_confidences, strict=True):
            key = human.track_id, name
            now[key] = _grown(now.get(key), human, confidence, humans.stamp_ns)
    over = [key for key, one in now.items() if humans.stamp_ns - one.last_ns > PAUSE_NS]
    ended = replace(
        state,
        open={key: now.pop(key) for key in over},
        joint_names=humans.skeleton.joint_names,
    )
    return EventState(now, humans.skeleton.joint_names), finish(ended)


def finish(state: EventState) -> tuple[Event, ...]:
    """Return as events all that goes on, the first that began first."""
    events = [
        _event(track_id, name, one, state.joint_names)
        for (track_id, name), one in state.open.items()
        if one.last_ns - one.first_ns >= _SHORTEST_NS
    ]
    return tuple(sorted(events, key=lambda event: (event.start_ns, event.track_id)))


def _grown(one: _Open | None, human: HumanState, confidence: float, stamp_ns: int) -> _Open:
    seen = np.asarray(human.joints.p_visible, np.float64)
    if one is None:
        return _Open(stamp_ns, stamp_ns, 1, confidence, seen)
    return _Open(
        one.first_ns, stamp_ns, one.frames + 1, one.confidence + confidence, one.p_visible + seen
    )


def _event(track_id: int, name: str, one: _Open, joint_names: tuple[str, ...]) -> Event:
    lag_ns = round(LAG_S * 1e9) if name in LATE else 0
    seen = one.p_visible / one.frames > _SEEN
    return Event(
        track_id,
        name,
        one.first_ns - lag_ns,
        one.last_ns - lag_ns,
        one.confidence / one.frames,
        tuple(joint for joint, is_seen in zip(joint_names, seen, strict=True) if is_seen),
    )
