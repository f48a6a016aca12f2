"""What people do, from image to image."""

from dataclasses import replace

import numpy as np

from ros_vision_perception.core.conduct import ConductState, step
from ros_vision_perception.core.human import Humans, Posture
from test.core.people import Scene, rectangle
from test.core.scenes import play, walker

SECONDS = 1.0
# What is found out here; the rest comes from the fusion.
TOLD = (
    'posture', 'posture_confidence',
    'axes', 'orientation_covariance', 'orientation_availability', 'facing_probability',
    'activities', 'activity_confidences', 'pointing_origin_m', 'pointing_direction',
    'predicted_paths',
)  # fmt: skip


def two_walkers(time_s: float) -> Scene:
    """One in full view, one whose legs are behind a counter."""
    figures = walker(60, 10)(time_s), walker(240, -10)(time_s)
    return Scene(figures, (('counter', rectangle(170, 320, 140)),))


def told(results: list[Humans]) -> list[Humans]:
    state, answers = ConductState(), []
    for humans in results:
        state, humans = step(state, humans)
        answers.append(humans)
    return answers


def test_who_stands_is_told_and_whose_legs_are_hidden_is_not() -> None:
    open_view, behind = told(play(two_walkers, SECONDS))[-1].people
    assert open_view.posture == Posture.STANDING
    assert open_view.posture_confidence > 0.8
    assert behind.posture == Posture.UNKNOWN
    assert np.isnan(behind.posture_confidence)


def test_all_else_stays_as_it_was() -> None:
    results = play(two_walkers, SECONDS)
    for before, after in zip(results, told(results), strict=True):
        forgotten = [
            replace(human, **{name: getattr(fresh, name) for name in TOLD})
            for human, fresh in zip(after.people, before.people, strict=True)
        ]
        assert repr(replace(after, people=tuple(forgotten))) == repr(before)


def test_people_who_come_and_go_keep_their_postures_apart() -> None:
    results = play(two_walkers, SECONDS)
    state = ConductState()
    for humans in results:
        state, _ = step(state, humans)
    first, second = results[-1].people
    later = replace(results[-1], stamp_ns=results[-1].stamp_ns + 100_000_000)
    newcomer = replace(first, track_id=9)
    _, humans = step(state, replace(later, people=(second, newcomer)))
    assert [human.posture for human in humans.people] == [Posture.UNKNOWN, Posture.STANDING]


def test_between_two_looks_a_posture_stays_and_whoever_is_new_is_not_judged() -> None:
    results = play(two_walkers, SECONDS)
    state, humans = ConductState(), results[0]
    for humans in results:
        state, humans = step(state, humans)
    first = results[-1].people[0]
    soon = replace(
        humans, stamp_ns=(state.stamp_ns or 0) + 1, people=(first, replace(first, track_id=9))
    )
    same, told_soon = step(state, soon)
    assert same is state
    assert told_soon.people[0].posture == Posture.STANDING
    assert told_soon.people[1].posture == Posture.UNKNOWN


def test_an_image_without_people_is_nothing_special() -> None:
    nobody = replace(play(two_walkers, 0.0)[0], people=())
    state, humans = step(ConductState(), nobody)
    assert humans.people == ()
    assert len(step(state, nobody)[1].people) == 0


def test_people_whom_the_border_cuts_above_the_knees_are_not_judged() -> None:
    results = told(play(lambda time_s: Scene((walker(100, 10, feet_y=239.0)(time_s),)), SECONDS))
    assert results[-1].people[0].posture == Posture.STANDING
    # The lower edge cuts the thighs.
    cut = told(play(lambda time_s: Scene((walker(100, 10, feet_y=290.0)(time_s),)), SECONDS))
    assert cut[-1].people[0].posture == Posture.UNKNOWN
