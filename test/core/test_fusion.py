"""What the fusion promises whatever it is given."""

from dataclasses import replace
import pickle

import numpy as np
import pytest

from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.human import JointState, TrackState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.scene import sort_out
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, Skeleton
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation
from test.core.people import IMAGE_SIZE, Scene, capture, detect, figure, rectangle, segment
from test.core.scenes import (
    FPS,
    behind_a_pillar,
    crossing,
    ids,
    look,
    look_without_masks,
    one_walker,
    only,
    play,
)


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
    assert (person.joints.p_visible == 0.0).all()


def test_of_somebody_whom_nobody_finds_nothing_is_seen() -> None:
    def lost_after_a_second(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = look(scene, time_s, seed)
        if time_s <= 1.0:
            return seen
        return replace(seen, keypoints=Keypoints.empty(COCO17, IMAGE_SIZE))

    results = play(one_walker, 1.5, view=lost_after_a_second)
    assert (only(results[round(FPS / 2)]).joints.p_visible > 0.5).all()
    assert (only(results[-1]).joints.p_visible == 0.0).all()
    assert (only(results[-1]).joints.states != JointState.VISIBLE).all()


def test_without_masks_everything_still_works_and_says_so() -> None:
    results = play(one_walker, 1.0, view=look_without_masks)
    assert {humans.degraded_reason for humans in results} == {'masks missing'}
    np.testing.assert_array_equal(only(results[-1]).joints.states, JointState.VISIBLE)


@pytest.mark.parametrize('every', [1, 4])
def test_what_people_look_like_is_learnt_as_fast_however_often_they_are_described(
    every: int,
) -> None:
    state = FusionState()
    for frame in range(101):
        seen = look(one_walker(frame / FPS), frame / FPS, frame)
        if frame % every == 0:
            assert seen.keypoints is not None
            colours = np.ones((len(seen.keypoints), 1), np.float32)
            seen = replace(seen, keypoints=replace(seen.keypoints, appearances=colours))
        state, _ = step(state, seen, FusionConfig(), COCO17)
    assert state.tracks is not None
    np.testing.assert_allclose(state.tracks.looks.seconds, 100 / FPS, atol=0.3)


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
    seen = capture(one_walker(0.0), 0.0, masks=masks)
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
        seen = capture(Scene(()), index * 0.1, keypoints=broken)
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
    seen = capture(Scene(()), 0.0, keypoints=replace(good, keypoints_xy=far))
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


def test_a_mirrored_world_gives_a_mirrored_result() -> None:
    flip, right_edge = COCO17.flip_indices, IMAGE_SIZE[0] - 1

    def mirrored(scene: Scene, time_s: float, seed: int) -> Observation:
        keypoints = detect(scene)
        joints = keypoints.keypoints_xy[:, flip] * [-1, 1] + [right_edge, 0]
        boxes = keypoints.boxes_xyxy[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [right_edge, 0] * 2
        keypoints = replace(
            keypoints,
            keypoints_xy=joints.astype(np.float32),
            boxes_xyxy=boxes.astype(np.float32),
            scores=keypoints.scores[:, flip],
            visibility=keypoints.visibility[:, flip],
        )
        return capture(scene, time_s, keypoints=keypoints, masks=mirror(segment(scene)))

    def mirror(masks: InstanceMasks) -> InstanceMasks:
        bitmaps = [mask.to_image(IMAGE_SIZE)[:, ::-1] for mask in masks.masks]
        flipped = tuple(BoxMask.from_bitmap(bitmap) for bitmap in bitmaps)
        boxes = np.array([mask.box_xyxy for mask in flipped], np.float32)
        return replace(masks, masks=flipped, boxes_xyxy=boxes)

    def plain(scene: Scene, time_s: float, seed: int) -> Observation:
        return capture(scene, time_s, masks=segment(scene))

    ours, theirs = play(crossing, 1.6, view=plain)[-1], play(crossing, 1.6, view=mirrored)[-1]
    for person, reflection in zip(ours.people, theirs.people, strict=True):
        assert person.track_state is reflection.track_state
        joints = reflection.joints.keypoints_xy[flip] * [-1, 1] + [right_edge, 0]
        np.testing.assert_allclose(person.joints.keypoints_xy, joints, atol=0.3)
        np.testing.assert_array_equal(person.joints.states, reflection.joints.states[flip])


def test_people_in_another_order_give_the_same_people() -> None:
    def reordered(scene: Scene, time_s: float, seed: int) -> Observation:
        seen = look(scene, time_s, seed)
        assert seen.keypoints is not None
        order = np.arange(len(seen.keypoints))[:: -1 if seed % 2 else 1]
        people = {
            name: getattr(seen.keypoints, name)[order]
            for name in ('keypoints_xy', 'scores', 'visibility', 'presence', 'boxes_xyxy')
        }
        return replace(seen, keypoints=replace(seen.keypoints, **people))

    ours, theirs = play(crossing, 2.0)[-1], play(crossing, 2.0, view=reordered)[-1]
    assert ids(ours) == ids(theirs) == [1, 2]
    for person, other in zip(ours.people, theirs.people, strict=True):
        np.testing.assert_allclose(
            person.joints.keypoints_xy, other.joints.keypoints_xy, atol=1e-3
        )


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
    seen = capture(Scene(()), 0.0, keypoints=Keypoints.empty(BLAZEPOSE33, IMAGE_SIZE))
    with pytest.raises(ValueError, match='keypoints of blazepose33, expected coco17'):
        step(FusionState(), seen, FusionConfig(), COCO17)


def test_the_same_stamp_twice_is_harmless() -> None:
    state, _ = step(FusionState(), look(one_walker(1), 1.0, 0), FusionConfig(), COCO17)
    state, humans = step(state, look(one_walker(1), 1.0, 1), FusionConfig(), COCO17)
    assert ids(humans) == [1]
    assert (only(humans).joints.covariances_px[:, 0, 0] > 0).all()


def test_scenery_hides_nobody() -> None:
    names = 'pillar', 'floor-wood', 'sky', 'wall'
    scene = Scene((figure(100.0),), tuple((name, rectangle(90, 130)) for name in names))
    _, surroundings = sort_out(look(scene, 1.0, 0), COCO17)
    assert surroundings.object_classes == ('pillar',)
