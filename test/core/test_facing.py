"""Which way people are turned, from bodies that are turned and projected."""

import numpy as np
import pytest

from ros_vision_perception.core import facing
from ros_vision_perception.core.human import OrientationAvailability
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.view import View
from test.core.people import seen_at

HEIGHT = 185.0  # px
PX_PER_M = HEIGHT / 1.7
# Left half of a body, m: to its left, forward, down from the neck.
BODY = {
    'nose': (0.0, 0.1, -0.17), 'eye': (0.03, 0.085, -0.2), 'ear': (0.07, 0.0, -0.18),
    'shoulder': (0.19, 0.0, 0.0), 'elbow': (0.2, 0.0, 0.3), 'wrist': (0.2, 0.05, 0.55),
    'hip': (0.09, 0.0, 0.49), 'knee': (0.09, 0.0, 0.91), 'ankle': (0.09, 0.0, 1.33),
}  # fmt: skip


def turned(degrees: float, *, in_space: bool = False, x_m: float = 0.0) -> View:
    """Return somebody who is turned from the camera to its right; 5 m away in space."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    places = []
    for name in COCO17.joint_names:
        left, forward, down = BODY[name.removeprefix('left_').removeprefix('right_')]
        left *= -1.0 if name.startswith('right') else 1.0
        places.append((cos * left + sin * forward + x_m, down, sin * left - cos * forward + 5))
    body = np.array([places])
    p_visible = np.ones((1, 17))
    view = seen_at((320, 100) + PX_PER_M * body[..., :2], p_visible, HEIGHT / 2.3,
                   positions_m=body if in_space else None)  # fmt: skip
    if cos < -0.3:
        view.p_visible[:, :3] = 0.1
        view.is_self_hidden[:, :3] = True
    return view


def believed(view: View, seconds: float = 1.0) -> np.ndarray:
    beliefs = facing.unknown_turns(1)
    for number in range(1 + round(seconds / 0.1)):
        likelihoods = facing.turn_likelihoods(view)
        beliefs = facing.follow(beliefs, likelihoods, np.array([number == 0]), 0.1)
    return beliefs


@pytest.mark.parametrize('in_space', [False, True], ids=['in the image', 'in space'])
@pytest.mark.parametrize('degrees', range(0, 360, 30))
def test_a_turned_body_is_turned_as_much(degrees: float, in_space: bool) -> None:
    turns, variances, availability = facing.mean_turns(
        believed(turned(degrees, in_space=in_space))
    )
    off = np.angle(np.exp(1j * (turns[0] - np.deg2rad(degrees))))
    assert abs(off) < np.deg2rad(20)
    assert abs(off) < 2 * np.sqrt(variances[0])
    assert availability[0] == OrientationAvailability.AVAILABLE


def test_who_faces_the_camera_does_and_who_turns_away_does_not() -> None:
    assert facing.facing_probabilities(believed(turned(0)))[0] > 0.8
    assert facing.facing_probabilities(believed(turned(90)))[0] < 0.2
    assert facing.facing_probabilities(believed(turned(180)))[0] < 0.02


def test_joints_that_are_not_seen_tell_nothing() -> None:
    view = turned(0)
    view.p_visible[:] = 0.0
    beliefs = believed(view)
    np.testing.assert_allclose(beliefs, facing.unknown_turns(1), atol=1e-6)
    assert facing.mean_turns(beliefs)[2][0] == OrientationAvailability.UNAVAILABLE
    assert np.isnan(facing.facing_probabilities(beliefs)[0])


def test_a_turn_or_its_opposite_is_a_turn_of_unknown_sign() -> None:
    distance = np.abs(np.sin(facing.TURNS - np.deg2rad(30)))
    beliefs = np.exp(-0.5 * (distance / 0.3) ** 2)[None]
    beliefs[0, 3] += 0.1
    beliefs /= beliefs.sum()
    turns, variances, availability = facing.mean_turns(beliefs)
    assert availability[0] == OrientationAvailability.SIGN_UNKNOWN
    assert turns[0] == pytest.approx(np.deg2rad(30), abs=0.1)
    assert variances[0] < 0.4**2


def test_who_is_not_seen_any_more_may_have_turned() -> None:
    beliefs = believed(turned(0))
    for _ in range(100):
        beliefs = facing.follow(beliefs, np.zeros((1, 36)), np.array([False]), 0.1)
    assert facing.mean_turns(beliefs)[2][0] == OrientationAvailability.UNAVAILABLE


@pytest.mark.parametrize('degrees', [0, 60, 180, 270])
def test_forward_left_and_up_are_axes_of_the_body(degrees: float) -> None:
    view, turn = turned(degrees, in_space=True), np.deg2rad([degrees])
    axes, covariances = facing.axes_of(view, np.array([[0.0, 0.49, 5.0]]), turn, np.array([0.04]))
    np.testing.assert_allclose(axes[0].T @ axes[0], np.eye(3), atol=1e-9)
    assert np.linalg.det(axes[0]) == pytest.approx(1.0)
    forward = (np.sin(turn[0]), 0.0, -np.cos(turn[0]))
    np.testing.assert_allclose(axes[0, :, 0], forward, atol=0.06)
    np.testing.assert_allclose(axes[0, :, 2], (0.0, -1.0, 0.0), atol=0.06)
    assert axes[0, :, 2] @ covariances[0] @ axes[0, :, 2] == pytest.approx(0.04)


def test_whoever_faces_the_camera_from_the_side_faces_it() -> None:
    view = turned(0, in_space=True, x_m=5.0)
    axes, _ = facing.axes_of(view, np.array([[5.0, 0.49, 5.0]]), np.zeros(1), np.ones(1))
    np.testing.assert_allclose(axes[0, :, 0], (-(0.5**0.5), 0.0, -(0.5**0.5)), atol=0.1)


def test_of_who_lies_with_the_feet_to_the_camera_no_side_is_told() -> None:
    view = turned(0, in_space=True)
    view.positions_m[..., 1], view.positions_m[..., 2] = 0.0, 5.0 - view.positions_m[..., 1]
    axes, _ = facing.axes_of(view, np.array([[0.0, 0.0, 4.5]]), np.zeros(1), np.ones(1))
    assert np.isnan(axes[0, :, 0]).all()


def test_nobody_is_turned_nowhere() -> None:
    view = seen_at(np.zeros((0, 17, 2)), np.zeros((0, 17)), 1.0)
    beliefs = facing.follow(
        facing.unknown_turns(0), facing.turn_likelihoods(view), np.zeros(0, bool), 0.1
    )
    assert [len(part) for part in facing.mean_turns(beliefs)] == [0, 0, 0]
