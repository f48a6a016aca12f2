"""Postures from joints: figures, hidden legs, time."""

import numpy as np
import pytest

from ros_vision_perception.core.human import Posture
from ros_vision_perception.core.posture import (
    POSTURES,
    follow,
    name_postures,
    posture_likelihoods,
    unknown_postures,
)
from ros_vision_perception.core.postures import JOINTS, figures
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, Skeleton
from test.core.people import seen_at

SCALE = 80.0  # px, of a person some 185 px tall
HEIGHT = 2.3 * SCALE
LEGS = ('knee', 'ankle')


def placed(figure_xy: np.ndarray, skeleton: Skeleton = COCO17) -> np.ndarray:
    """Return a figure as joints (1, K, 2) px of a skeleton, in the middle of an image."""
    joints = np.zeros((1, len(skeleton), 2))
    for name, place in zip(JOINTS, figure_xy, strict=True):
        joints[0, skeleton.index(name)] = (320, 240) + HEIGHT * place
    return joints


def seen(skeleton: Skeleton = COCO17, without: tuple[str, ...] = ()) -> np.ndarray:
    """Return the (1, K) visibilities of joints, all but those whose name ends so."""
    return np.array([[float(not name.endswith(without)) if without else 1.0
                      for name in skeleton.joint_names]])  # fmt: skip


def likelihoods(
    joints_xy: np.ndarray, p_visible: np.ndarray, skeleton: Skeleton = COCO17
) -> np.ndarray:
    return posture_likelihoods(seen_at(joints_xy, p_visible, SCALE, skeleton))


def judged(joints_xy: np.ndarray, p_visible: np.ndarray) -> tuple[Posture, float]:
    beliefs = follow(
        unknown_postures(len(joints_xy)),
        likelihoods(joints_xy, p_visible),
        np.ones(len(joints_xy), bool),
        0.0,
    )
    postures, confidences = name_postures(beliefs)
    return Posture(postures[0]), float(confidences[0])


def test_figures_stand_upright_and_lie_level() -> None:
    bodies = figures()
    shoulders = bodies.joints_xy[:, [1, 2]].mean(axis=1) - bodies.joints_xy[:, [3, 4]].mean(axis=1)
    standing = shoulders[bodies.postures == Posture.STANDING]
    lying = shoulders[bodies.postures == Posture.LYING]
    assert (standing[:, 1] < -0.2).all()
    assert np.quantile(np.abs(lying[:, 1]), 0.5) < 0.1


def test_figures_mirrored_are_figures() -> None:
    mirrored = figures().joints_xy[:, [0, 2, 1, 4, 3, 6, 5, 8, 7]] * (-1, 1)
    for posture in POSTURES:
        rows = figures().postures == posture
        ours, theirs = figures().joints_xy[rows], mirrored[rows]
        apart = np.abs(ours[:, None] - theirs[None]).max(axis=(2, 3))
        assert apart.min(axis=1).max() < 1e-9


@pytest.mark.parametrize('posture', POSTURES)
def test_most_figures_are_told_by_all_their_joints(posture: Posture) -> None:
    rows = np.flatnonzero(figures().postures == posture)[::7]
    joints_xy = np.concatenate([placed(figures().joints_xy[row]) for row in rows])
    p_visible = np.repeat(seen(), len(rows), axis=0)
    best = likelihoods(joints_xy, p_visible).argmax(axis=1)
    # Some look alike from some side: who sits low and who crouches, seen from the front.
    assert (best == POSTURES.index(posture)).mean() > 0.85


def test_hidden_legs_leave_the_posture_unknown() -> None:
    upright = placed(standing_figure())
    assert judged(upright, seen())[0] == Posture.STANDING
    posture, confidence = judged(upright, seen(without=LEGS))
    assert posture == Posture.UNKNOWN
    assert np.isnan(confidence)


def test_a_level_trunk_without_legs_neither_stands_nor_sits() -> None:
    lying = figures().joints_xy[figures().postures == Posture.LYING]
    sideways = lying[np.abs(lying[:, 1, 0] - lying[:, 3, 0]) > 0.25][0]
    told = np.exp(likelihoods(placed(sideways), seen(without=LEGS))[0])
    assert told[[0, 1]].max() < 0.05 < told[[3, 4]].min()


def standing_figure() -> np.ndarray:
    return figures().joints_xy[figures().postures == Posture.STANDING][0]


def test_size_place_and_skeleton_do_not_matter() -> None:
    figure = figures().joints_xy[figures().postures == Posture.SITTING][40]
    first = likelihoods(placed(figure), seen())
    moved = likelihoods(placed(figure) + 100.0, seen())
    others = likelihoods(placed(figure, BLAZEPOSE33), seen(BLAZEPOSE33), BLAZEPOSE33)
    larger = posture_likelihoods(seen_at(2 * placed(figure), seen(), 2 * SCALE, variance=16.0))
    for other in (moved, others, larger):
        np.testing.assert_allclose(other, first, atol=0.02)


def test_mirrored_people_have_the_same_posture() -> None:
    for row in range(0, len(figures().postures), 97):
        figure = figures().joints_xy[row]
        mirrored = figure[[0, 2, 1, 4, 3, 6, 5, 8, 7]] * (-1, 1)
        np.testing.assert_allclose(
            likelihoods(placed(mirrored), seen()), likelihoods(placed(figure), seen()), atol=0.05
        )


@pytest.mark.parametrize('posture', [Posture.STANDING, Posture.SITTING, Posture.CROUCHING])
def test_hidden_legs_of_anybody_upright_leave_the_posture_unknown(posture: Posture) -> None:
    for row in np.flatnonzero(figures().postures == posture)[::53]:
        said, _ = judged(placed(figures().joints_xy[row]), seen(without=LEGS))
        assert said not in set(Posture) - {Posture.UNKNOWN, Posture.BENDING, Posture.LYING}


def test_joints_that_are_nobody_s_tell_nothing() -> None:
    upside_down = placed(standing_figure() * (1, -1))
    assert judged(upside_down, seen())[0] == Posture.UNKNOWN


def test_nobody_has_no_posture() -> None:
    nothing = likelihoods(np.zeros((0, 17, 2)), np.zeros((0, 17)))
    assert nothing.shape == (0, 5)
    beliefs = follow(unknown_postures(0), nothing, np.zeros(0, bool), 0.1)
    assert [len(part) for part in name_postures(beliefs)] == [0, 0]


def test_joints_that_are_not_seen_say_nothing() -> None:
    nothing = likelihoods(placed(standing_figure()), np.zeros((1, 17)))
    np.testing.assert_allclose(nothing, 0.0, atol=1e-6)


def test_one_odd_image_changes_little_and_a_new_posture_is_believed_in_time() -> None:
    sitting = np.log([[0.01, 1.0, 0.01, 0.01, 0.01]])
    standing = np.log([[1.0, 0.01, 0.01, 0.01, 0.01]])
    beliefs = follow(unknown_postures(1), standing, np.array([True]), 0.0)
    beliefs = follow(beliefs, sitting, np.array([False]), 0.04)
    assert name_postures(beliefs)[0][0] == Posture.STANDING
    for _ in range(50):
        beliefs = follow(beliefs, sitting, np.array([False]), 0.04)
    assert name_postures(beliefs)[0][0] == Posture.SITTING
    np.testing.assert_allclose(beliefs.sum(axis=1), 1.0)


def test_without_any_sight_the_posture_is_forgotten() -> None:
    beliefs = np.array([[0.96, 0.01, 0.01, 0.01, 0.01]])
    for _ in range(100):
        beliefs = follow(beliefs, np.zeros((1, 5)), np.array([False]), 0.2)
    assert name_postures(beliefs)[0][0] == Posture.UNKNOWN


def test_a_leg_whose_hip_is_hidden_does_not_tell() -> None:
    upright = placed(standing_figure())
    assert judged(upright, seen(without=('hip', 'ankle')))[0] == Posture.UNKNOWN
    assert judged(upright, seen(without=('ankle',)))[0] == Posture.STANDING
