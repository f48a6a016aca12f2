"""Where joints are, and how sure that is."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from ros_vision_perception.core.filters import (
    JointMotion,
    absorb,
    begin,
    body_of,
    predict,
    published_variances,
    update,
)
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


def hide(*joints: str) -> np.ndarray:
    """Return state probabilities (1, K, 5) of a person with some joints behind an object."""
    probabilities = SEEN.copy()
    for joint in joints:
        probabilities[0, COCO17.index(joint)] = [0.0, 0.0, 0.0, 1.0, 0.0]
    return probabilities


def smallest_eigenvalues(motion: JointMotion) -> np.ndarray:
    xx, xv, vv = np.moveaxis(motion.covariances, -1, 0)
    return np.linalg.eigvalsh(np.stack((np.stack((xx, xv), -1), np.stack((xv, vv), -1)), -1))


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
        assert (smallest_eigenvalues(motion) > 0).all()
        assert np.isfinite(motion.positions_xy).all()


@given(first=st.floats(0.0, 0.4), second=st.floats(0.0, 0.4))
def test_two_short_predictions_are_one_long_one(first: float, second: float) -> None:
    motion = standing()
    twice = predict(predict(motion, BODY, SCALES, first), BODY, SCALES, second)
    once = predict(motion, BODY, SCALES, first + second)
    np.testing.assert_allclose(twice.positions_xy, once.positions_xy, atol=1e-6)
    # The velocity of the body is told by all joints, whose weights change meanwhile.
    deviations = np.sqrt(twice.covariances[..., 0]), np.sqrt(once.covariances[..., 0])
    np.testing.assert_allclose(*deviations, rtol=0.1)


@given(st.floats(0.001, 5.0))
def test_uncertainty_grows_while_nobody_looks(dt_s: float) -> None:
    motion = standing()
    later = predict(motion, BODY, SCALES, dt_s)
    assert (later.covariances[..., 0] > motion.covariances[..., 0]).all()


def test_no_time_changes_nothing() -> None:
    motion = standing()
    same = predict(motion, BODY, SCALES, 0.0)
    np.testing.assert_allclose(same.positions_xy, motion.positions_xy)
    np.testing.assert_allclose(same.covariances, motion.covariances)


def test_uncertainty_shrinks_when_a_joint_is_seen_again() -> None:
    motion = predict(standing(), BODY, SCALES, 1.0)
    seen = absorb(motion, figure(150)[None], SEEN, BODY, SCALES, 0.1)
    assert (seen.covariances[..., 0] < 0.2 * motion.covariances[..., 0]).all()


def test_a_hidden_joint_is_less_certain_than_it_was_and_than_its_seen_twin() -> None:
    motion = standing()
    wrist, other = COCO17.index('left_wrist'), COCO17.index('right_wrist')
    variances = [motion.covariances[0, wrist, 0]]
    for _ in range(20):
        motion = predict(motion, BODY, SCALES, 0.05)
        motion = absorb(motion, figure(150)[None], hide('left_wrist'), BODY, SCALES, 0.05)
        variances.append(motion.covariances[0, wrist, 0])
    assert (np.diff(variances[:8]) > 0).all()
    assert min(variances[8:]) > 0.9 * variances[7]
    assert variances[-1] > 5 * motion.covariances[0, other, 0]


def test_a_constant_velocity_is_learnt_and_carries_on() -> None:
    motion = begin(figure(50)[None], BODY, SCALES)
    for index in range(30):
        motion = absorb(motion, figure(50 + 4.0 * index)[None], SEEN, BODY, SCALES, 0.05)
        if index < 29:
            motion = predict(motion, BODY, SCALES, 0.05)
    np.testing.assert_allclose(motion.velocities[0, :, 0], 80.0, atol=12.0)
    coasted = predict(motion, BODY, SCALES, 0.5)
    np.testing.assert_allclose(coasted.positions_xy[0], figure(206), atol=8.0)


def test_a_limb_that_swings_does_not_fly_off_when_it_is_lost() -> None:
    motion = standing()
    velocities = np.zeros((1, 17, 2))
    velocities[0, COCO17.index('left_wrist'), 0] = 300.0
    motion = JointMotion(motion.positions_xy, velocities, motion.covariances)
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
    assert (after < 0.6 * before).all()


def test_a_wild_guess_of_a_hidden_joint_hardly_moves_it() -> None:
    wrist = COCO17.index('left_wrist')
    detected = figure(150)[None].copy()
    detected[0, wrist] += 100.0
    motion = predict(standing(), BODY, SCALES, 0.05)
    guessed = absorb(motion, detected, hide('left_wrist'), BODY, SCALES, 0.05)
    seen = absorb(motion, detected, SEEN, BODY, SCALES, 0.05)
    before = motion.positions_xy[0, wrist]
    assert np.abs(guessed.positions_xy[0, wrist] - before).max() < 5.0
    assert np.abs(seen.positions_xy[0, wrist] - before).min() > 30.0


def test_nan_tells_nothing() -> None:
    motion = standing()
    same = update(motion, np.full((1, 17, 2), np.nan), np.ones((1, 17)))
    np.testing.assert_array_equal(same.positions_xy, motion.positions_xy)
    np.testing.assert_array_equal(same.covariances, motion.covariances)


def test_a_joint_that_was_never_found_is_somewhere_on_the_body() -> None:
    detected = figure(150)[None].copy()
    detected[0, 16] = np.nan
    motion = begin(detected, BODY, SCALES)
    low, high = np.nanmin(detected[0], axis=0), np.nanmax(detected[0], axis=0)
    assert ((motion.positions_xy[0, 16] > low) & (motion.positions_xy[0, 16] < high)).all()
    assert motion.covariances[0, 16, 0] == pytest.approx(SCALES[0] ** 2)


def test_published_variances_never_pretend_to_be_exact() -> None:
    motion = standing()
    for _ in range(300):
        motion = update(motion, figure(150)[None], np.full((1, 17), 1e-3))
    floor = (0.5 * BODY.sigmas * SCALES[0]) ** 2
    assert (published_variances(motion, BODY, SCALES) >= floor).all()


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33, HALPE26], ids=lambda s: s.name)
def test_bodies_are_the_same_left_and_right(skeleton: Skeleton) -> None:
    body, flip = body_of(skeleton), skeleton.flip_indices
    np.testing.assert_array_equal(body.mobility[flip], body.mobility)
    np.testing.assert_array_equal(body.kinship[flip][:, flip], body.kinship)
    assert [skeleton.joint_names[joint] for joint in body.hips] == ['left_hip', 'right_hip']
    assert body.mobility[skeleton.index('left_wrist')] > body.mobility[body.hips[0]]
