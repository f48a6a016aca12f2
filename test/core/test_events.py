"""Events, from what is said of people frame by frame."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.activity import LAG_S
from ros_vision_perception.core.events import EventState, finish, follow
from ros_vision_perception.core.human import Event, Humans
from test.core.people import Scene
from test.core.scenes import play, walker

STEP_NS = 100_000_000


def somebody() -> Humans:
    return play(lambda time_s: Scene((walker(100, 10)(time_s),)), 0.5)[-1]


def events_of(said: list[dict[str, float]]) -> list[Event]:
    """Return the events of one person of whom this is said, every 0.1 s from 0 on."""
    humans, state, events = somebody(), EventState(), list[Event]()
    for number, names in enumerate(said):
        human = replace(
            humans.people[0], activities=tuple(names), activity_confidences=tuple(names.values())
        )
        now = replace(humans, stamp_ns=number * STEP_NS, people=(human,))
        state, ended = follow(state, now)
        events += ended
    return events + list(finish(state))


def test_an_event_has_a_begin_an_end_a_confidence_and_the_joints_that_were_seen() -> None:
    (event,) = events_of([{}, {'pointing': 0.6}, {'pointing': 0.8}, {}, {}, {}, {}, {}])
    assert (event.start_ns, event.end_ns) == (STEP_NS, 2 * STEP_NS)
    assert event.confidence == pytest.approx(0.7)
    p_visible = somebody().people[0].joints.p_visible
    names = somebody().skeleton.joint_names
    assert set(event.joints_seen) == {names[joint] for joint in np.flatnonzero(p_visible > 0.5)}


def test_what_is_told_late_is_dated_back() -> None:
    (event,) = events_of([{}] * 5 + [{'kicking': 0.9}] * 3)
    assert event.start_ns == pytest.approx(5 * STEP_NS - LAG_S * 1e9)


def test_what_pauses_for_a_moment_is_one_event_and_what_is_said_once_is_none() -> None:
    pause = [{'waving': 0.9}] * 3 + [{}] * 2 + [{'waving': 0.9}] * 3
    assert len(events_of(pause)) == 1
    assert len(events_of([{'waving': 0.9}] * 3 + [{}] * 5 + [{'waving': 0.9}] * 3)) == 2
    assert events_of([{}, {'waving': 0.9}, {}]) == []


def test_two_things_at_once_are_two_events_and_people_who_leave_end_theirs() -> None:
    events = events_of([{'walking': 0.9, 'waving': 0.7}] * 4)
    assert {event.activity for event in events} == {'walking', 'waving'}
    humans = somebody()
    human = replace(humans.people[0], activities=('walking',), activity_confidences=(0.9,))
    state = EventState()
    for number in range(3):
        state, _ = follow(state, replace(humans, stamp_ns=number * STEP_NS, people=(human,)))
    state, ended = follow(state, replace(humans, stamp_ns=10 * STEP_NS, people=()))
    assert [event.activity for event in ended] == ['walking']
    assert finish(state) == ()
