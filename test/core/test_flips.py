"""Left and right confused by the pose model are told from a body that turns."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.body_prior import GROUPS, body_of
from ros_vision_perception.core.filters import absorb, begin, predict
from ros_vision_perception.core.flips import PATIENCE_S, find_flips, order_of, undo_flips
from ros_vision_perception.core.motion import JointMotion
from ros_vision_perception.core.scene import sort_out
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, Skeleton
from ros_vision_perception.core.types import Observation
from test.core.people import Scene, capture, detect, figure
from test.core.scenes import FPS, one_walker, only, play

BODY, SCALES = body_of(COCO17), np.array([60.0])
LEGS = [COCO17.index(f'{side}_{part}') for side in ('left', 'right') for part in ('knee', 'ankle')]


def standing(x: float = 150.0) -> JointMotion:
    motion = begin(figure(x)[None], BODY, SCALES)
    seen = np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (1, 17, 1))
    for _ in range(20):
        motion = absorb(motion, figure(x)[None], seen, BODY, SCALES, 0.05)
        motion = predict(motion, BODY, SCALES, 0.05)
    return motion


def swap(joints_xy: np.ndarray, joints: list[int] | None = None) -> np.ndarray:
    """Return the joints (K, 2) with left and right of all pairs, or of some joints, swapped."""
    order = np.arange(17)
    order[joints or slice(None)] = COCO17.flip_indices[joints or slice(None)]
    return joints_xy[order]


def test_what_was_not_swapped_is_left_alone() -> None:
    assert not find_flips(standing(), figure(150)[None], BODY, SCALES).any()
    assert not find_flips(standing(), figure(165, phase=1.5)[None], BODY, SCALES).any()


@pytest.mark.parametrize('shift', [0.0, 20.0])
def test_a_whole_body_that_was_swapped_is_swapped_back(shift: float) -> None:
    detected = swap(figure(150 + shift))[None]
    _, flipped = undo_flips(standing(), detected, BODY, SCALES, 0.05)
    order = order_of(flipped, BODY)
    # The eyes are so close together that it does not matter which is which.
    far = [joint for joint, name in enumerate(COCO17.joint_names) if 'eye' not in name]
    np.testing.assert_array_equal(order[0, far], COCO17.flip_indices[far])


def test_legs_are_swapped_back_alone() -> None:
    detected = swap(figure(150), LEGS)[None]
    np.testing.assert_array_equal(
        find_flips(standing(), detected, BODY, SCALES)[0], np.array(GROUPS) == 'legs'
    )
    _, flipped = undo_flips(standing(), detected, BODY, SCALES, 0.05)
    order = order_of(flipped, BODY)
    np.testing.assert_allclose(detected[0, order[0]], figure(150))


def test_unknown_joints_do_not_swap() -> None:
    detected = np.full((1, 17, 2), np.nan)
    assert not find_flips(standing(), detected, BODY, SCALES).any()


def test_somebody_new_has_no_side_to_lose() -> None:
    detected = swap(figure(150))[None]
    assert not find_flips(begin(detected, BODY, SCALES), detected, BODY, SCALES).any()


def test_a_model_that_insists_is_believed_after_a_while() -> None:
    motion, detected = standing(), swap(figure(150))[None]
    times = []
    for index in range(20):
        before = motion
        motion, flipped = undo_flips(motion, detected, BODY, SCALES, 0.05)
        if not flipped.any():
            times.append(index * 0.05)
    assert before.positions_xy[0, LEGS] == pytest.approx(swap(figure(150))[LEGS], abs=3.0)
    assert min(times) == pytest.approx(PATIENCE_S, abs=0.06)
    assert len(times) >= 10  # and stays believed
    np.testing.assert_allclose(
        motion.covariances, motion.covariances.swapaxes(1, 2), rtol=1e-9, atol=1e-9
    )


def test_exchanging_joints_twice_changes_nothing() -> None:
    motion, flip = standing(), COCO17.flip_indices[None]
    there = motion.with_joints(flip)
    np.testing.assert_array_equal(there.positions_xy, motion.positions_xy[:, flip[0]])
    np.testing.assert_array_equal(there.position_variances, motion.position_variances[:, flip[0]])
    back = there.with_joints(flip)
    np.testing.assert_array_equal(back.covariances, motion.covariances)
    np.testing.assert_array_equal(back.positions_xy, motion.positions_xy)


def test_all_that_belongs_to_a_joint_moves_with_it() -> None:
    people, _ = sort_out(capture(one_walker(0.0), 0.0), COCO17)
    swapped = people.with_joints(COCO17.flip_indices[None])
    for name, value in vars(people).items():
        if isinstance(value, np.ndarray) and value.shape[1:2] == (17,):
            expected = value[:, COCO17.flip_indices]
            np.testing.assert_array_equal(getattr(swapped, name), expected, err_msg=name)
            assert name in people._JOINT_FIELDS


@pytest.mark.parametrize('frames', [1, 4])
def test_a_walker_whose_sides_are_swapped_for_some_frames_keeps_them(frames: int) -> None:
    def swapped_now_and_then(scene: Scene, time_s: float, seed: int) -> Observation:
        keypoints = detect(scene)
        if 20 <= seed < 20 + frames:
            joints = np.stack([swap(person) for person in keypoints.keypoints_xy])
            keypoints = replace(keypoints, keypoints_xy=joints)
        return capture(scene, time_s, keypoints=keypoints)

    results = play(one_walker, 2.0, view=swapped_now_and_then)
    for index in range(20, 26):
        error = only(results[index]).joints.keypoints_xy - one_walker(index / FPS).figures[0]
        assert np.abs(error).max() < 6.0


@pytest.mark.parametrize('fps', [5.0, 15.0, 60.0])
def test_somebody_who_turns_around_is_followed(fps: float) -> None:
    motion, seen = standing(), np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (1, 17, 1))
    for index in range(1, round(2 * fps) + 1):
        width = np.cos(np.pi * min(index / fps, 1.0))  # half a turn in a second
        turned = ((figure(150) - [150, 0]) * [width, 1.0] + [150, 0])[None]
        motion = predict(motion, BODY, SCALES, 1 / fps)
        motion, flipped = undo_flips(motion, turned, BODY, SCALES, 1 / fps)
        as_tracked = turned[:, order_of(flipped, BODY)[0]]
        motion = absorb(motion, as_tracked, seen, BODY, SCALES, 1 / fps)
    assert np.abs(motion.positions_xy - turned).max() < 5.0


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33, HALPE26], ids=lambda s: s.name)
def test_every_pair_is_in_one_group(skeleton: Skeleton) -> None:
    body = body_of(skeleton)
    assert (body.groups.sum(axis=1) == 1).all()
    assert body.groups.any(axis=0).all()
