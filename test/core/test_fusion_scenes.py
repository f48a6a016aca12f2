"""People walk, hide, meet and leave, and the fusion keeps up."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.human import Humans, HumanState, JointState, TrackState
from ros_vision_perception.core.types import Observation
from test.core.people import IMAGE_SIZE, Scene, capture, detect, figure, rectangle, segment
from test.core.scenes import (
    FPS,
    View,
    behind_a_pillar,
    crossing,
    ids,
    look,
    look_like_the_default_models,
    look_without_masks,
    nearest_id,
    one_walker,
    only,
    play,
    walker,
)

OCCLUDED = (
    JointState.OCCLUDED_BY_SELF,
    JointState.OCCLUDED_BY_PERSON,
    JointState.OCCLUDED_BY_OBJECT,
)


VIEWS = (
    look,
    look_without_masks,
    look_like_the_default_models,
)


def test_one_person_is_one_track_that_is_confirmed_within_half_a_second() -> None:
    results = play(one_walker, 2.0)
    assert all(ids(humans) == [1] for humans in results)
    assert only(results[0]).track_state is TrackState.TENTATIVE
    assert only(results[round(0.5 * FPS)]).track_state is TrackState.CONFIRMED
    assert only(results[-1]).age_s == pytest.approx(2.0)
    assert only(results[-1]).existence_probability > 0.98


def test_estimates_are_better_than_what_the_model_says() -> None:
    still = Scene((figure(150),))
    results = play(
        lambda _: still,
        3.0,
        view=lambda scene, time_s, seed: capture(
            scene, time_s, keypoints=detect(scene, noise_px=3.0, seed=seed)
        ),
    )
    errors = [only(humans).joints.keypoints_xy - figure(150) for humans in results[15:]]
    assert np.std(errors) < 0.7 * 3.0


@pytest.mark.parametrize('view', VIEWS)
def test_two_people_who_cross_keep_their_ids(
    view: View,
) -> None:
    results = play(crossing, 3.4, view=view)
    back, front = crossing(0.0).figures
    before = nearest_id(results[0], back), nearest_id(results[0], front)
    back, front = crossing(3.4).figures
    assert (nearest_id(results[-1], back), nearest_id(results[-1], front)) == before == (1, 2)
    assert ids(results[-1]) == [1, 2]


def test_while_they_cross_hidden_joints_name_the_one_in_front() -> None:
    results = play(crossing, 1.53)
    back, front = results[-1].people
    hidden = ~crossing(1.53).is_seen[0]
    assert hidden.sum() >= 4
    np.testing.assert_array_equal(back.joints.states[hidden], JointState.OCCLUDED_BY_PERSON)
    np.testing.assert_array_equal(back.joints.occluder_track_ids[hidden], front.track_id)
    assert set(np.array(back.joints.occluder_classes)[hidden]) == {'person'}
    assert not np.isin(front.joints.states, OCCLUDED).any()


def test_whoever_the_pose_model_overlooks_behind_somebody_is_still_told_to_be_behind_them() -> (
    None
):
    def look_at_the_unhidden(scene: Scene, time_s: float, seed: int) -> Observation:
        return capture(scene, time_s, keypoints=detect(scene, min_seen=0.85), masks=segment(scene))

    back, front = play(crossing, 1.53, view=look_at_the_unhidden)[-1].people
    assert back.time_since_update_s > 0
    covered = front_covers(crossing(1.53), back)
    assert covered.sum() >= 3
    np.testing.assert_array_equal(back.joints.states[covered], JointState.OCCLUDED_BY_PERSON)
    np.testing.assert_array_equal(back.joints.occluder_track_ids[covered], front.track_id)
    assert (back.joints.states != JointState.VISIBLE).all()


def front_covers(scene: Scene, person: HumanState) -> np.ndarray:
    """Return (K,) bool: the joint is estimated to be well inside the visible figure in front."""
    xy = np.rint(person.joints.keypoints_xy).astype(int)
    inside = [scene.visible[1][xy[:, 1] + y, xy[:, 0] + x] for x in (-3, 3) for y in (-3, 3)]
    return np.all(inside, axis=0)


def twins_who_meet(time_s: float) -> Scene:
    """Two who look alike vanish behind one pillar, stay there, and one of them comes back."""
    left, right = walker(60, 60), walker(260, -60)
    gone = 1.4 < time_s < 2.2
    people = () if gone else (left(time_s), right(time_s)) if time_s <= 1.4 else (figure(185),)
    return Scene(people, (('pillar', rectangle(140, 175)),))


def test_who_of_two_came_back_is_unsure_and_the_other_one_is_named() -> None:
    results = play(twins_who_meet, 3.0)
    assert all(person.identity_confidence > 0.9 for person in results[10].people)
    assert results[10].people[0].alternative_track_ids == ()
    back = next(person for person in results[-1].people if person.time_since_update_s == 0)
    other = {1: 2, 2: 1}[back.track_id]
    assert back.identity_confidence < 0.8
    assert back.alternative_track_ids == (other,)
    assert 0.1 < back.alternative_confidences[0] < 0.5


@pytest.mark.parametrize('view', VIEWS)
def test_a_person_behind_a_pillar_for_a_second_keeps_the_id(
    view: View,
) -> None:
    results = play(behind_a_pillar, 3.0, view=view)
    assert all(ids(humans) == [1] for humans in results)
    assert only(results[-1]).track_state is TrackState.CONFIRMED
    gone = [humans for humans in results if only(humans).time_since_update_s > 0]
    assert only(gone[-1]).time_since_update_s > 0.6


@pytest.mark.parametrize('view', [look, look_like_the_default_models])
def test_behind_the_pillar_the_track_is_occluded_and_less_and_less_certain(
    view: View,
) -> None:
    results = play(behind_a_pillar, 3.0, view=view)
    missing = [i for i, humans in enumerate(results) if only(humans).time_since_update_s > 0]
    gone = [only(results[index]) for index in missing]
    assert all(person.track_state is TrackState.OCCLUDED for person in gone)
    hidden = [~behind_a_pillar(index / FPS).is_seen[0] for index in missing]
    assert sum(joints.all() for joints in hidden) >= 4
    for person, joints in zip(gone, hidden, strict=True):
        told = person.joints.states == JointState.OCCLUDED_BY_OBJECT
        assert told[joints].mean() > 0.9
        assert told.all() or not joints.all()
    assert all(person.occluded_fraction == 1.0 for person in gone)
    variances = np.array([person.joints.covariances_px[:, 0, 0] for person in gone])
    assert (np.diff(variances, axis=0) > 0).all()
    existence = [person.existence_probability for person in gone]
    assert (np.diff(existence) < 0).all()


@pytest.mark.parametrize('is_instance', [True, False])
def test_whoever_the_masks_show_in_plain_view_is_not_told_to_be_behind_something(
    is_instance: bool,
) -> None:
    """A cart passes in front of somebody, whom the pose model does not find again."""
    cart = (('cart', rectangle(100, 200)),)

    def passed(time_s: float) -> Scene:
        return Scene((figure(150),), cart if 1.0 <= time_s < 1.5 else ())

    def overlook(scene: Scene, time_s: float, seed: int) -> Observation:
        keypoints = detect(scene if time_s < 1.0 else Scene(()), noise_px=0.5, seed=seed)
        masks = segment(scene, is_instance=is_instance)
        return capture(scene, time_s, keypoints=keypoints, masks=masks)

    results = [only(humans) for humans in play(passed, 2.0, view=overlook)]
    behind = [(person.joints.states == JointState.OCCLUDED_BY_OBJECT).mean() for person in results]
    assert behind[round(1.4 * FPS)] == 1.0
    assert (results[-1].joints.states == JointState.PREDICTED).all()


def test_behind_the_pillar_predictions_stay_within_what_they_claim() -> None:
    results = play(behind_a_pillar, 3.0)
    inside = []
    for index, humans in enumerate(results):
        person = only(humans)
        if person.time_since_update_s > 0:
            error = person.joints.keypoints_xy - behind_a_pillar(index / FPS).figures[0]
            deviation = np.sqrt(person.joints.covariances_px[:, 0, 0])
            inside.append(np.linalg.norm(error, axis=1) < 2.5 * deviation)
    assert np.mean(inside) > 0.9


def test_half_behind_the_pillar_the_hidden_half_names_it() -> None:
    results = play(behind_a_pillar, 1.0)
    hidden = ~behind_a_pillar(1.0).is_seen[0]
    joints = only(results[-1]).joints
    assert 5 <= hidden.sum() <= 12
    # One joint may lie just on the edge of the pillar.
    assert (joints.states[hidden] == JointState.OCCLUDED_BY_OBJECT).sum() >= hidden.sum() - 1
    assert np.isin(joints.states[hidden], OCCLUDED).all()
    assert set(np.array(joints.occluder_classes)[hidden]) <= {'pillar', ''}
    assert 'pillar' in joints.occluder_classes
    assert (joints.p_visible[hidden] < 0.2).all()
    assert (joints.time_since_seen_s[hidden] > 0).all()
    assert (joints.time_since_seen_s[~hidden] == 0).all()
    assert only(results[-1]).occluded_fraction == pytest.approx(hidden.mean())


def test_a_person_who_leaves_the_image_is_let_go_sooner_than_one_who_vanishes_inside() -> None:
    def leaving(time_s: float) -> Scene:
        return Scene((walker(240, 80)(time_s),) if time_s < 1.8 else ())

    def vanishing(time_s: float) -> Scene:
        return Scene((figure(150),) if time_s < 1.0 else ())

    def seconds_kept(results: list[Humans]) -> float:
        return sum(only(h).time_since_update_s > 0 for h in results if h.people) / FPS

    assert seconds_kept(play(leaving, 6.0)) < 1.2
    assert 2.5 < seconds_kept(play(vanishing, 6.0)) < 4.5


def test_joints_beyond_the_border_are_out_of_the_image() -> None:
    results = play(lambda time_s: Scene((walker(240, 60)(time_s),)), 1.3)
    person = only(results[-1])
    outside = person.joints.keypoints_xy[:, 0] > IMAGE_SIZE[0] + 3
    assert outside.sum() >= 2
    np.testing.assert_array_equal(person.joints.states[outside], JointState.OUT_OF_IMAGE)


def test_somebody_else_gets_an_id_that_was_never_used() -> None:
    def visitors(time_s: float) -> Scene:
        if time_s < 1.0:
            return Scene((figure(60),))
        return Scene(()) if time_s < 6.0 else Scene((figure(240),))

    results = play(visitors, 7.0)
    assert ids(results[0]) == [1]
    assert ids(results[round(5.9 * FPS)]) == []
    assert ids(results[-1]) == [2]


def test_empty_frames_age_tracks_until_they_end() -> None:
    results = play(lambda time_s: Scene((figure(150),) if time_s < 1.0 else ()), 6.0)
    states = [only(humans).track_state if humans.people else None for humans in results]
    lost, gone = states.index(TrackState.LOST), states.index(None, 10)
    assert round(1.5 * FPS) < lost < gone
    assert set(states[gone:]) == {None}


def test_one_false_alarm_is_never_confirmed_and_soon_forgotten() -> None:
    results = play(lambda time_s: Scene((figure(150),) if time_s == 0 else ()), 1.0)
    states = {person.track_state for humans in results for person in humans.people}
    assert states == {TrackState.TENTATIVE}
    assert not results[-1].people


def test_a_person_found_twice_is_one_track() -> None:
    def twice(scene: Scene, time_s: float, seed: int) -> Observation:
        pair = replace(scene, figures=(*scene.figures, *scene.figures))
        return capture(scene, time_s, keypoints=detect(pair, min_seen=0, noise_px=1.0, seed=seed))

    assert all(ids(humans) == [1] for humans in play(one_walker, 1.0, view=twice))


@pytest.mark.parametrize('fps', [5.0, 10.0, 24.0, 60.0])
def test_the_frame_rate_hardly_changes_the_result(fps: float) -> None:
    reference = only(play(behind_a_pillar, 3.0, fps=30.0)[-1])
    person = only(play(behind_a_pillar, 3.0, fps=fps)[-1])
    assert person.track_id == reference.track_id
    assert person.track_state is reference.track_state
    assert person.existence_probability == pytest.approx(reference.existence_probability, abs=0.05)
    np.testing.assert_array_equal(person.joints.states, reference.joints.states)
    truth = behind_a_pillar(3.0).figures[0]
    assert np.abs(person.joints.keypoints_xy - truth).max() < 6.0
    variances = person.joints.covariances_px[:, 0, 0], reference.joints.covariances_px[:, 0, 0]
    ratio = np.sqrt(variances[0] / variances[1])
    assert ((ratio > 0.6) & (ratio < 1.7)).all()
