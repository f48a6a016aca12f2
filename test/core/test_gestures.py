"""Gestures from joints: arms that are up, out, at rest, swinging, or not seen."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core import gestures
from ros_vision_perception.core.gestures import GESTURES
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, Skeleton
from ros_vision_perception.core.view import View
from test.core.people import IMAGE_SIZE, figure, seen_at

HEIGHT = 150.0
REST = (0.03, 0.16), (0.04, 0.31)
UP = (0.06, -0.17), (0.08, -0.31)
OUT = (0.17, 0.0), (0.32, 0.0)
HALF_UP = (0.15, 0.05), (0.15, -0.12)
ON_HEAD = (0.12, -0.12), (-0.05, -0.17)
Arm = tuple[tuple[float, float], tuple[float, float]]


def posed(left: Arm, right: Arm, skeleton: Skeleton = COCO17) -> View:
    """Return somebody with elbows and hands so far outwards and down from the shoulders."""
    joints = figure(IMAGE_SIZE[0] / 2, height=HEIGHT, skeleton=skeleton)
    for side, sign, arm in (('left', 1, left), ('right', -1, right)):
        shoulder = joints[skeleton.index(f'{side}_shoulder')]
        for part, (out, down) in zip(('elbow', 'wrist'), arm, strict=True):
            place = shoulder + HEIGHT * np.array([sign * out, down])
            joints[skeleton.index(f'{side}_{part}')] = place
    seen = np.ones((1, len(skeleton)))
    return seen_at(joints[None], seen, HEIGHT / 2.3, skeleton, variance=2.0)


def made(view: View, seconds: float = 0.5) -> dict[str, float]:
    """Return the gestures of somebody who keeps still."""
    swings, beliefs = gestures.no_swings(1), gestures.no_gestures(1)
    for _ in range(round(seconds / 0.1)):
        swings, seen, _ = gestures.look(swings, view)
        beliefs = gestures.follow(beliefs, seen, 0.1)
    return gestures.name_gestures(beliefs)[0]


@pytest.mark.parametrize('skeleton', [COCO17, BLAZEPOSE33], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ('left', 'right', 'expected'),
    [
        (REST, REST, set()),
        (UP, REST, {'left_arm_raised'}),
        (REST, UP, {'right_arm_raised'}),
        (UP, UP, {'left_arm_raised', 'right_arm_raised', 'both_arms_raised'}),
        (OUT, OUT, {'t_pose'}),
        (OUT, REST, {'pointing'}),
        (REST, OUT, {'pointing'}),
    ],
    ids=['rest', 'left up', 'right up', 'both up', 'both out', 'left out', 'right out'],
)
def test_arms_make_gestures(left: Arm, right: Arm, expected: set[str], skeleton: Skeleton) -> None:
    assert set(made(posed(left, right, skeleton))) == expected


def test_hands_on_the_head_are_told() -> None:
    assert 'hands_on_head' in made(posed(ON_HEAD, ON_HEAD))
    assert 'hands_on_head' not in made(posed(UP, UP))


@pytest.mark.parametrize('joint', ['wrist', 'elbow'])
def test_arms_that_are_not_seen_make_no_gesture(joint: str) -> None:
    view = posed(UP, UP)
    view.p_seen[0, [COCO17.index(f'{side}_{joint}') for side in ('left', 'right')]] = 0.1
    assert made(view) == {}


def test_arms_that_are_anywhere_make_no_gesture() -> None:
    view = posed(UP, UP)
    vague = replace(view, variances=np.full((1, 17), (0.5 * HEIGHT) ** 2))
    assert all(p < 0.75 for p in made(vague).values())


def waving(width: float, hertz: float, arm: Arm = HALF_UP) -> dict[str, float]:
    swings, beliefs = gestures.no_swings(1), gestures.no_gestures(1)
    for number in range(20):
        swing = width * np.sin(2 * np.pi * hertz * 0.1 * number)
        view = posed((arm[0], (arm[1][0] + swing, arm[1][1])), REST)
        swings, seen, _ = gestures.look(swings, view)
        beliefs = gestures.follow(beliefs, seen, 0.1)
    return gestures.name_gestures(beliefs)[0]


def test_a_hand_that_swings_above_its_elbow_waves() -> None:
    assert 'waving' in waving(0.08, 2.0)
    assert 'waving' in waving(0.06, 3.0)


def test_a_hand_that_is_still_or_hangs_or_moves_on_does_not_wave() -> None:
    assert 'waving' not in waving(0.0, 2.0)
    assert 'waving' not in waving(0.01, 2.0)
    assert 'waving' not in waving(0.08, 2.0, arm=REST)
    assert 'waving' not in waving(0.2, 0.2)


def in_space(view: View, hand: tuple[float, float, float]) -> View:
    """Return the same with a right hand so far, m, to the right, down and away."""
    places = np.concatenate((view.positions_xy * (1.7 / HEIGHT), np.full((1, 33, 1), 4.0)), -1)
    shoulder = places[0, BLAZEPOSE33.index('right_shoulder')]
    wrist = shoulder + hand
    places[0, BLAZEPOSE33.index('right_elbow')] = (shoulder + wrist) / 2
    places[0, BLAZEPOSE33.index('right_wrist')] = wrist
    return replace(view, positions_m=places)


def test_a_ray_goes_from_the_head_through_the_hand() -> None:
    view = in_space(posed(REST, OUT, BLAZEPOSE33), (-0.55, 0.0, 0.0))
    _, seen, arms = gestures.look(gestures.no_swings(1), view)
    assert seen[0, GESTURES.index('pointing')] > 0.8
    assert arms.tolist() == [1]
    origins, directions = gestures.rays(view, arms)
    np.testing.assert_allclose(origins[0], view.positions_m[0, BLAZEPOSE33.index('right_wrist')])
    assert np.linalg.norm(directions[0]) == pytest.approx(1.0)
    assert directions[0, 0] < -0.8
    assert directions[0, 1] > 0.1  # heads are above shoulders


def test_an_arm_towards_the_camera_with_the_fingers_up_says_stop() -> None:
    ahead = posed(REST, ((0.0, 0.02), (0.0, 0.02)), BLAZEPOSE33)
    fingers = BLAZEPOSE33.index('right_index')
    wrist = ahead.positions_xy[0, BLAZEPOSE33.index('right_wrist')]
    ahead.positions_xy[0, fingers] = wrist - np.array([0, 0.07 * HEIGHT])
    assert 'stop' in made(in_space(ahead, (0.0, 0.03, -0.5)))
    ahead.positions_xy[0, fingers] = wrist + np.array([0, 0.07 * HEIGHT])
    assert 'stop' not in made(in_space(ahead, (0.0, 0.03, -0.5)))


def test_nobody_makes_no_gestures() -> None:
    view = seen_at(np.zeros((0, 17, 2)), np.zeros((0, 17)), 1.0)
    _, seen, _ = gestures.look(gestures.no_swings(0), view)
    assert seen.shape == (0, len(GESTURES))
