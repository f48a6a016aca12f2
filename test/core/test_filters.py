"""Where joints are, and how sure that is."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.filters import absorb, begin, predict, published_variances
from ros_vision_perception.core.motion import JointMotion
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, Skeleton
from test.core.people import figure

BODY = body_of(COCO17)
SCALES = np.array([60.0])
SEEN = np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (1, 17, 1))
durations = st.floats(0.0, 5.0)


def standing(seconds: float = 1.0) -> JointMotion:
    """Return one person who was seen, 20 times a second, standing still."""
    motion = begin(figure(150)[None], BODY, SCALES)
    for _ in range(round(20 * seconds)):
        motion = absorb(motion, figure(150)[None], SEEN, BODY, SCALES, 0.05)
        motion = predict(motion, BODY, SCALES, 0.05)
    return absorb(motion, figure(150)[None], SEEN, BODY, SCALES, 0.05)


def walking(seconds: float = 2.0, fps: float = 20.0, speed: float = 80.0) -> JointMotion:
    """Return one person who was seen to walk sideways, now at x = 150 px."""
    motion = begin(figure(150 - speed * seconds)[None], BODY, SCALES)
    for index in range(round(seconds * fps) + 1):
        if index:
            motion = predict(motion, BODY, SCALES, 1 / fps)
        detected = figure(150 + speed * (index / fps - seconds))[None]
        motion = absorb(motion, detected, SEEN, BODY, SCALES, 1 / fps if index else 0.0)
    return motion


def hide(*joints: str) -> np.ndarray:
    """Return state probabilities (1, K, 5) of a person with some joints behind an object."""
    probabilities = SEEN.copy()
    for joint in joints:
        probabilities[0, COCO17.index(joint)] = [0.0, 0.0, 0.0, 1.0, 0.0]
    return probabilities


@given(
    steps=st.lists(
        st.tuples(durations, st.booleans(), st.lists(st.floats(0, 1), min_size=5, max_size=5)),
        max_size=12,
    )
)
def test_covariances_stay_positive_definite_whatever_happens(
    steps: list[tuple[float, bool, list[float]]],
) -> None:
    motion = standing()
    for dt_s, detected, weights in steps:
        motion = predict(motion, BODY, SCALES, dt_s)
        joints = figure(150)[None] if detected else np.full((1, 17, 2), np.nan)
        chances = (np.array(weights) + 0.01) / (np.sum(weights) + 0.05)
        motion = absorb(motion, joints, np.tile(chances, (1, 17, 1)), BODY, SCALES, dt_s)
        np.testing.assert_allclose(
            motion.covariances, motion.covariances.swapaxes(1, 2), rtol=1e-9, atol=1e-9
        )
        assert (np.linalg.eigvalsh(motion.covariances) > 0).all()
        assert np.isfinite(motion.positions_xy).all()


@given(first=st.floats(0.0, 2.0), second=st.floats(0.0, 2.0))
def test_two_short_predictions_are_one_long_one(first: float, second: float) -> None:
    motion = walking()
    twice = predict(predict(motion, BODY, SCALES, first), BODY, SCALES, second)
    once = predict(motion, BODY, SCALES, first + second)
    np.testing.assert_allclose(twice.means, once.means, atol=1e-6)
    np.testing.assert_allclose(twice.covariances, once.covariances, atol=1e-6)


@given(st.floats(0.001, 5.0))
def test_uncertainty_grows_while_nobody_looks(dt_s: float) -> None:
    motion = standing()
    later = predict(motion, BODY, SCALES, dt_s)
    assert (later.position_variances > motion.position_variances).all()


def test_no_time_changes_nothing() -> None:
    motion = standing()
    same = predict(motion, BODY, SCALES, 0.0)
    np.testing.assert_allclose(same.positions_xy, motion.positions_xy)
    np.testing.assert_allclose(same.covariances, motion.covariances)


def test_uncertainty_shrinks_when_a_joint_is_seen_again() -> None:
    motion = predict(standing(), BODY, SCALES, 1.0)
    seen = absorb(motion, figure(150)[None], SEEN, BODY, SCALES, 0.1)
    assert (seen.position_variances < 0.2 * motion.position_variances).all()


def test_a_hidden_joint_is_less_certain_than_it_was_and_than_its_seen_twin() -> None:
    motion = standing()
    wrist, other = COCO17.index('left_wrist'), COCO17.index('right_wrist')
    variances = [motion.position_variances[0, wrist]]
    for _ in range(20):
        motion = predict(motion, BODY, SCALES, 0.05)
        motion = absorb(motion, figure(150)[None], hide('left_wrist'), BODY, SCALES, 0.05)
        variances.append(motion.position_variances[0, wrist])
    assert (np.diff(variances[:8]) > 0).all()
    assert min(variances[8:]) > 0.9 * variances[7]
    assert variances[-1] > 5 * motion.position_variances[0, other]


def test_a_constant_velocity_is_learnt_and_carries_on() -> None:
    motion = walking(speed=80.0)
    np.testing.assert_allclose(motion.velocities[0, :, 0], 80.0, atol=12.0)
    coasted = predict(motion, BODY, SCALES, 0.5)
    np.testing.assert_allclose(coasted.positions_xy[0], figure(190), atol=10.0)


def test_who_is_lost_in_a_jump_goes_on_sideways_but_not_upwards() -> None:
    motion = begin(figure(100)[None], BODY, SCALES)
    step = np.array([4.0, -4.0])
    for index in range(20):
        if index:
            motion = predict(motion, BODY, SCALES, 0.05)
        detected = (figure(100) + index * step)[None]
        motion = absorb(motion, detected, SEEN, BODY, SCALES, 0.05 if index else 0.0)
    moved = (predict(motion, BODY, SCALES, 0.5).positions_xy - motion.positions_xy).mean(
        axis=(0, 1)
    )
    assert moved[0] == pytest.approx(40, abs=10)
    assert -20 < moved[1] < -5


def test_a_limb_that_swings_does_not_fly_off_when_it_is_lost() -> None:
    motion = standing()
    means = motion.means.copy()
    means[0, 1, COCO17.index('left_wrist'), 0] = 300.0
    motion = replace(motion, means=means)
    later = predict(motion, BODY, SCALES, 3.0)
    moved = later.positions_xy[0] - motion.positions_xy[0]
    assert moved[COCO17.index('left_wrist'), 0] < 170.0  # not the 900 px of a constant velocity
    assert np.abs(np.delete(moved, COCO17.index('left_wrist'), axis=0)).max() < 25.0


def test_an_unseen_elbow_moves_with_its_shoulder() -> None:
    hidden = hide('left_elbow', 'left_wrist')
    motion = standing()
    for shift in range(1, 11):
        detected = figure(150 + 3.0 * shift)[None].copy()
        detected[0, [COCO17.index('left_elbow'), COCO17.index('left_wrist')]] = np.nan
        motion = predict(motion, BODY, SCALES, 0.1)
        motion = absorb(motion, detected, hidden, BODY, SCALES, 0.1)
    for joint in ('left_elbow', 'left_wrist'):
        error = motion.positions_xy[0, COCO17.index(joint)] - figure(180)[COCO17.index(joint)]
        assert np.abs(error).max() < 4.0  # of the 30 px that the body moved


def test_unseen_legs_turn_with_the_body() -> None:
    names = [name for name in COCO17.joint_names if 'knee' in name or 'ankle' in name]
    legs = [COCO17.index(name) for name in names]
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    upright = figure(150)
    turned = (upright - upright.mean(axis=0)) @ turn.T + upright.mean(axis=0)
    detected = turned[None].copy()
    detected[0, legs] = np.nan
    motion = predict(standing(), BODY, SCALES, 0.2)
    motion = absorb(motion, detected, hide(*names), BODY, SCALES, 0.2)
    before = np.linalg.norm(upright[legs] - turned[legs], axis=1)
    after = np.linalg.norm(motion.positions_xy[0, legs] - turned[legs], axis=1)
    assert (after < 0.8 * before).all()


def test_a_wild_guess_of_a_hidden_joint_hardly_moves_it() -> None:
    wrist = COCO17.index('left_wrist')
    detected = figure(150)[None].copy()
    detected[0, wrist] += 100.0
    motion = predict(standing(), BODY, SCALES, 0.05)
    guessed = absorb(motion, detected, hide('left_wrist'), BODY, SCALES, 0.05)
    before = motion.positions_xy[0, wrist]
    assert np.abs(guessed.positions_xy[0, wrist] - before).max() < 5.0


def test_one_wild_sighting_is_doubted_but_not_several() -> None:
    wrist = COCO17.index('left_wrist')
    detected = figure(150)[None].copy()
    detected[0, wrist] += 60.0  # a whole scale in a twentieth of a second
    motion, moved = standing(), []
    for _ in range(8):
        motion = absorb(predict(motion, BODY, SCALES, 0.05), detected, SEEN, BODY, SCALES, 0.05)
        moved.append(motion.positions_xy[0, wrist, 0] - figure(150)[wrist, 0])
    assert moved[0] < 20.0
    assert moved[-1] > 50.0


def test_a_half_hidden_body_that_jumps_is_followed_only_when_it_stays_there() -> None:
    detected = figure(150)[None] + [60.0, 0.0]  # a whole scale in a twentieth of a second
    hidden = hide(*COCO17.joint_names[5:])
    motion = absorb(predict(standing(), BODY, SCALES, 0.05), detected, hidden, BODY, SCALES, 0.05)
    assert np.abs(motion.positions_xy[0] - figure(150)).max() < 10.0
    for _ in range(20):
        motion = predict(motion, BODY, SCALES, 0.05)
        motion = absorb(motion, detected, SEEN, BODY, SCALES, 0.05)
    np.testing.assert_allclose(motion.positions_xy, detected, atol=2.0)


def test_nan_tells_nothing() -> None:
    motion = standing()
    detected = figure(150)[None].copy()
    nothing = absorb(motion, detected * np.nan, SEEN, BODY, SCALES, 0.1)
    np.testing.assert_array_equal(nothing.positions_xy, motion.positions_xy)
    np.testing.assert_array_equal(nothing.covariances, motion.covariances)
    wrist, elbow = COCO17.index('left_wrist'), COCO17.index('left_elbow')
    detected[0, wrist] = np.nan
    partly = absorb(motion, detected, SEEN, BODY, SCALES, 0.1)
    assert (partly.position_variances[0, wrist] / motion.position_variances[0, wrist]) > (
        1.2 * partly.position_variances[0, elbow] / motion.position_variances[0, elbow]
    )


def test_a_joint_that_was_never_found_is_somewhere_on_the_body() -> None:
    detected = figure(150)[None].copy()
    detected[0, 16] = np.nan
    motion = begin(detected, BODY, SCALES)
    low, high = np.nanmin(detected[0], axis=0), np.nanmax(detected[0], axis=0)
    assert ((motion.positions_xy[0, 16] > low) & (motion.positions_xy[0, 16] < high)).all()
    assert motion.position_variances[0, 16] > (0.5 * SCALES[0]) ** 2


def test_published_variances_never_pretend_to_be_exact() -> None:
    motion = standing()
    for _ in range(300):
        motion = absorb(motion, figure(150)[None], SEEN, BODY, SCALES, 0.0)
    floor = (0.4 * BODY.sigmas * SCALES[0]) ** 2
    assert (published_variances(motion, BODY, SCALES) >= floor).all()


def test_a_joint_that_the_model_has_now_here_now_there_is_published_as_less_certain() -> None:
    steady = restless = standing()
    for frame in range(10):
        detected = figure(150)[None].copy()
        steady = absorb(predict(steady, BODY, SCALES, 0.05), detected, SEEN, BODY, SCALES, 0.05)
        detected[0, 9, 0] += 12.0 * (-1) ** frame
        moved = predict(restless, BODY, SCALES, 0.05)
        restless = absorb(moved, detected, SEEN, BODY, SCALES, 0.05)
    ratio = published_variances(restless, BODY, SCALES) / published_variances(steady, BODY, SCALES)
    assert ratio[0, 9] > 3.0
    assert np.median(ratio) < 1.5
    for _ in range(40):
        moved = predict(restless, BODY, SCALES, 0.05)
        restless = absorb(moved, figure(150)[None], SEEN, BODY, SCALES, 0.05)
    calm = published_variances(restless, BODY, SCALES) / published_variances(steady, BODY, SCALES)
    assert calm[0, 9] < 1.2  # and it is forgotten


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33, HALPE26], ids=lambda s: s.name)
def test_bodies_are_the_same_left_and_right(skeleton: Skeleton) -> None:
    body, flip = body_of(skeleton), skeleton.flip_indices
    np.testing.assert_allclose(body.spread[flip][:, flip], body.spread, atol=1e-12)
    np.testing.assert_allclose(body.figure_xy[flip] * [-1, 1], body.figure_xy, atol=1e-12)
    assert [skeleton.joint_names[joint] for joint in body.hips] == ['left_hip', 'right_hip']
    assert (np.linalg.eigvalsh(body.spread) > 0).all()


def test_the_further_down_a_limb_the_further_it_strays() -> None:
    deviations = np.sqrt(np.diag(BODY.spread))
    arm = [COCO17.index(f'left_{part}') for part in ('shoulder', 'elbow', 'wrist')]
    leg = [COCO17.index(f'left_{part}') for part in ('hip', 'knee', 'ankle')]
    assert (np.diff(deviations[arm]) > 0).all()
    assert (np.diff(deviations[leg]) > 0).all()


@pytest.mark.parametrize('fps', [5.0, 10.0, 60.0])
def test_the_frame_rate_hardly_changes_what_is_known(fps: float) -> None:
    motion, reference = walking(fps=fps), walking(fps=30.0)
    np.testing.assert_allclose(motion.positions_xy, reference.positions_xy, atol=2.0)
    ratio = np.sqrt(motion.position_variances / reference.position_variances)
    assert ((ratio > 0.65) & (ratio < 1.5)).all()


def test_a_hidden_joint_comes_back_to_where_it_usually_is() -> None:
    wrist, motion = COCO17.index('left_wrist'), standing()
    raised = figure(150)[None].copy()
    raised[0, wrist] += [20.0, -30.0]
    for _ in range(4):
        motion = predict(motion, BODY, SCALES, 0.05)
        motion = absorb(motion, raised, SEEN, BODY, SCALES, 0.05)
    raised[0, wrist] = np.nan
    distances = [np.linalg.norm(motion.positions_xy[0, wrist] - figure(150)[wrist])]
    for _ in range(20):
        motion = predict(motion, BODY, SCALES, 0.1)
        motion = absorb(motion, raised, hide('left_wrist'), BODY, SCALES, 0.1)
        distances.append(np.linalg.norm(motion.positions_xy[0, wrist] - figure(150)[wrist]))
    assert distances[0] > 20.0
    assert distances[-1] < 0.6 * distances[0]


def test_people_do_not_influence_each_other() -> None:
    one, scales = standing(), np.array([60.0, 90.0])
    both = begin(np.stack((figure(150), figure(50))), BODY, scales)
    seen = np.tile(SEEN, (2, 1, 1))
    for index in range(21):
        both = predict(both, BODY, scales, 0.05) if index else both
        both = absorb(both, np.stack((figure(150), figure(50))), seen, BODY, scales, 0.05)
    np.testing.assert_allclose(both.positions_xy[0], one.positions_xy[0], atol=1e-9)
    np.testing.assert_allclose(both.covariances[0], one.covariances[0], atol=1e-9)
