"""Scenes played through the fusion: people walk, hide, meet and leave."""

from collections.abc import Callable, Sequence
from dataclasses import replace
import pickle

import numpy as np
import pytest

from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, Skeleton
from ros_vision_perception.core.types import (
    Humans,
    HumanState,
    JointState,
    Keypoints,
    Observation,
    TrackState,
)
from test.core.people import (
    IMAGE_SIZE,
    Scene,
    detect,
    figure,
    observe,
    rectangle,
    segment,
)

FPS = 15.0
OCCLUDED = (
    JointState.OCCLUDED_BY_SELF,
    JointState.OCCLUDED_BY_PERSON,
    JointState.OCCLUDED_BY_OBJECT,
)


def play(
    scene_at: Callable[[float], Scene],
    seconds: float,
    *,
    fps: float = FPS,
    view: Callable[[Scene, float, int], Observation] | None = None,
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
    return observe(scene, time_s, keypoints=keypoints, masks=segment(scene))


def look_without_masks(scene: Scene, time_s: float, seed: int) -> Observation:
    return replace(look(scene, time_s, seed), masks=None)


def look_like_the_default_models(scene: Scene, time_s: float, seed: int) -> Observation:
    keypoints = detect(scene, with_masks=True, noise_px=0.5, seed=seed)
    return observe(scene, time_s, keypoints=keypoints, masks=segment(scene, is_instance=False))


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


VIEWS: Sequence[Callable[[Scene, float, int], Observation]] = (
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
        view=lambda scene, time_s, seed: observe(
            scene, time_s, keypoints=detect(scene, noise_px=3.0, seed=seed)
        ),
    )
    errors = [only(humans).joints.keypoints_xy - figure(150) for humans in results[15:]]
    assert np.std(errors) < 0.7 * 3.0


@pytest.mark.parametrize('view', VIEWS)
def test_two_people_who_cross_keep_their_ids(
    view: Callable[[Scene, float, int], Observation],
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


def test_after_they_crossed_their_identities_are_less_sure() -> None:
    results = play(crossing, 3.0)
    before, after = results[10].people[0], results[-1].people[0]
    assert before.identity_confidence > 0.9
    assert after.identity_confidence < 0.8


@pytest.mark.parametrize('view', VIEWS)
def test_a_person_behind_a_pillar_for_a_second_keeps_the_id(
    view: Callable[[Scene, float, int], Observation],
) -> None:
    results = play(behind_a_pillar, 3.0, view=view)
    assert all(ids(humans) == [1] for humans in results)
    assert only(results[-1]).track_state is TrackState.CONFIRMED
    gone = [humans for humans in results if only(humans).time_since_update_s > 0]
    assert only(gone[-1]).time_since_update_s > 0.6


@pytest.mark.parametrize('view', [look, look_like_the_default_models])
def test_behind_the_pillar_the_track_is_occluded_predicted_and_less_and_less_certain(
    view: Callable[[Scene, float, int], Observation],
) -> None:
    results = play(behind_a_pillar, 3.0, view=view)
    gone = [only(humans) for humans in results if only(humans).time_since_update_s > 0]
    assert all(person.track_state is TrackState.OCCLUDED for person in gone)
    assert all((person.joints.states == JointState.PREDICTED).all() for person in gone)
    assert all(person.occluded_fraction == 1.0 for person in gone)
    variances = np.array([person.joints.covariances_px[:, 0, 0] for person in gone])
    assert (np.diff(variances, axis=0) > 0).all()
    existence = [person.existence_probability for person in gone]
    assert (np.diff(existence) < 0).all()


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
        return observe(scene, time_s, keypoints=detect(pair, min_seen=0, noise_px=1.0, seed=seed))

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


def test_a_frame_without_poses_only_predicts() -> None:
    def every_third_missing(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = look(scene, time_s, seed)
        return replace(seen, keypoints=None) if seed % 3 == 2 else seen

    results = play(one_walker, 2.0, view=every_third_missing)
    person = only(results[-2])
    assert len(results) % 3 == 1
    assert results[-2].degraded_reason == 'keypoints missing'
    assert not results[-2].used_pose
    assert results[-2].used_masks
    assert person.track_id == 1
    assert person.track_state is TrackState.CONFIRMED
    assert (person.joints.states == JointState.PREDICTED).all()
    truth = one_walker((len(results) - 2) / FPS).figures[0]
    assert np.abs(person.joints.keypoints_xy - truth).max() < 8.0
    assert person.occluded_fraction == 0.0  # nothing hides the person: nobody looked


def test_without_masks_everything_still_works_and_says_so() -> None:
    results = play(one_walker, 1.0, view=look_without_masks)
    assert {humans.degraded_reason for humans in results} == {'masks missing'}
    np.testing.assert_array_equal(only(results[-1]).joints.states, JointState.VISIBLE)


def test_with_everything_there_nothing_is_degraded() -> None:
    humans = play(one_walker, 0.2)[-1]
    assert humans.degraded_reason == ''
    assert (humans.used_pose, humans.used_masks, humans.used_depth) == (True, True, False)


def test_an_input_that_is_not_expected_may_be_missing() -> None:
    config = FusionConfig(expects_pose=False, expects_masks=False)
    _, humans = step(FusionState(), Observation(0, IMAGE_SIZE), config, COCO17)
    assert humans.degraded_reason == ''
    assert humans.people == ()


def test_masks_of_another_image_size_are_not_used() -> None:
    masks = replace(segment(one_walker(0.0)), image_size=(640, 480))
    seen = observe(one_walker(0.0), 0.0, masks=masks)
    _, humans = step(FusionState(), seen, FusionConfig(), COCO17)
    assert humans.degraded_reason == 'masks not used: 640x480 px, image 320x240 px'
    assert not humans.used_masks


def test_nan_everywhere_harms_nobody() -> None:
    good = detect(Scene((figure(80), figure(240))))
    holes = good.keypoints_xy.copy()
    holes[0, ::2] = np.nan
    holes[1] = np.nan
    broken = replace(
        good,
        keypoints_xy=holes,
        scores=good.scores * np.nan,
        visibility=good.visibility * np.nan,
        boxes_xyxy=good.boxes_xyxy * np.nan,
    )
    state, humans = FusionState(), None
    for index in range(5):
        seen = observe(Scene(()), index * 0.1, keypoints=broken)
        state, humans = step(state, seen, FusionConfig(), COCO17)
    assert humans is not None
    person = only(humans)
    assert np.isfinite(person.joints.keypoints_xy).all()
    assert np.isfinite(person.joints.covariances_px).all()
    assert np.isfinite(person.box_xyxy).all()
    np.testing.assert_array_equal(person.joints.states[::2], JointState.UNKNOWN)


def test_joints_at_infinity_are_not_known() -> None:
    good = detect(Scene((figure(80),)))
    far = good.keypoints_xy.copy()
    far[0, 9] = np.inf
    far[0, 10] = 1e30
    seen = observe(Scene(()), 0.0, keypoints=replace(good, keypoints_xy=far))
    _, humans = step(FusionState(), seen, FusionConfig(), COCO17)
    assert only(humans).joints.states[9] == JointState.UNKNOWN
    assert np.isfinite(only(humans).joints.keypoints_xy[9]).all()


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33, HALPE26], ids=lambda s: s.name)
def test_every_skeleton_works(skeleton: Skeleton) -> None:
    def walk(time_s: float) -> Scene:
        joints = figure(60 + 50 * time_s, phase=6 * time_s, skeleton=skeleton)
        return Scene((joints,), (('pillar', rectangle(95, 130)),), skeleton)

    results = play(walk, 2.5, skeleton=skeleton)
    assert all(ids(humans) == [1] for humans in results)
    assert len(only(results[-1]).joints) == len(skeleton)
    truth = walk(2.5).figures[0]
    assert np.abs(only(results[-1]).joints.keypoints_xy - truth).max() < 6.0


def test_the_same_input_gives_the_same_bytes() -> None:
    assert pickle.dumps(play(crossing, 2.0)) == pickle.dumps(play(crossing, 2.0))


def test_a_later_start_changes_nothing_but_the_stamps() -> None:
    def later(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = look(scene, time_s, seed)
        return replace(seen, stamp_ns=seen.stamp_ns + 1_700_000_000_000_000_000)

    now, then = play(behind_a_pillar, 2.0)[-1], play(behind_a_pillar, 2.0, view=later)[-1]
    for field in ('states', 'keypoints_xy', 'covariances_px', 'time_since_seen_s'):
        np.testing.assert_array_equal(
            getattr(only(now).joints, field), getattr(only(then).joints, field)
        )
    assert only(now).age_s == only(then).age_s


def test_the_state_that_was_given_is_left_alone() -> None:
    first, _ = step(FusionState(), look(one_walker(0), 0.0, 0), FusionConfig(), COCO17)
    before = pickle.dumps(first)
    step(first, look(one_walker(0.1), 0.1, 1), FusionConfig(), COCO17)
    assert pickle.dumps(first) == before


def test_time_does_not_run_backwards() -> None:
    state, _ = step(FusionState(), look(one_walker(1), 1.0, 0), FusionConfig(), COCO17)
    with pytest.raises(ValueError, match='before the last one'):
        step(state, look(one_walker(0), 0.5, 1), FusionConfig(), COCO17)


def test_keypoints_of_another_skeleton_are_refused() -> None:
    seen = observe(Scene(()), 0.0, keypoints=Keypoints.empty(BLAZEPOSE33, IMAGE_SIZE))
    with pytest.raises(ValueError, match='keypoints of blazepose33, expected coco17'):
        step(FusionState(), seen, FusionConfig(), COCO17)


def test_the_same_stamp_twice_is_harmless() -> None:
    state, _ = step(FusionState(), look(one_walker(1), 1.0, 0), FusionConfig(), COCO17)
    state, humans = step(state, look(one_walker(1), 1.0, 1), FusionConfig(), COCO17)
    assert ids(humans) == [1]
    assert (only(humans).joints.covariances_px[:, 0, 0] > 0).all()
