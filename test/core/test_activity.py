"""Windows of joints over time, as the network sees them."""

import numpy as np
import pytest

from ros_vision_perception.core.activity import (
    ACTIVITIES,
    JOINTS,
    History,
    joints_of,
    judge,
    look,
    name_activities,
    no_history,
    windows,
)
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.view import View

KICKING, REACHING = ACTIVITIES.index('kicking'), ACTIVITIES.index('reaching')


def view(time_s: float, scale: float = 1.0, hidden: str = '-') -> View:
    """One person, who goes to the right by one scale per second."""
    rng = np.random.default_rng(0)
    positions = (rng.uniform(0, 100, (1, 17, 2)) + np.array((100 * time_s, 0))) * scale
    seen = np.array([[0.0 if hidden in name else 0.9 for name in COCO17.joint_names]])
    nothing = np.full((1, 17, 3), np.nan)
    return View(
        COCO17, np.array([50.0 * scale]), positions, np.full((1, 17), 4.0 * scale**2), seen, seen,
        np.zeros((1, 17), bool), nothing, np.zeros((1, 17)),
    )  # fmt: skip


def seen_at(times_s: np.ndarray, **options: float | str) -> np.ndarray:
    """Return what the network sees, (STEPS, J, 4)."""
    history = no_history(1)
    for time_s in times_s:
        history = look(history, view(time_s, **options), 7.0 + time_s)  # type: ignore[arg-type]
    return joints_of(windows(history))[0]


def test_windows_do_not_depend_on_how_large_somebody_is_in_the_image() -> None:
    times = np.arange(0, 2.2, 0.1)
    np.testing.assert_allclose(seen_at(times), seen_at(times, scale=3.0), atol=1e-5)


def test_windows_do_not_depend_on_the_frame_rate() -> None:
    even, uneven = seen_at(np.arange(0, 2.41, 0.1)), seen_at(np.arange(0, 2.41, 0.12))
    np.testing.assert_allclose(even, uneven, atol=1e-5)


def test_before_the_first_look_and_in_a_gap_nothing_is_known() -> None:
    trust = seen_at(np.array([0.0, 0.1, 0.2, 0.9, 1.0]))[:, 0, 3]
    assert (trust[:9] == 0).all()
    np.testing.assert_allclose(trust[[9, 10, 11, 18, 19]], 0.9, atol=1e-6)
    assert (trust[12:18] == 0).all()


def test_what_is_not_seen_is_nothing_to_the_network() -> None:
    seen = seen_at(np.arange(0, 2.2, 0.1), hidden='ankle')
    ankles = [JOINTS.index('left_ankle'), JOINTS.index('right_ankle')]
    assert (seen[:, ankles] == 0).all()
    assert (seen[:, 0] != 0).any()


@pytest.mark.parametrize(('hidden', 'kick', 'reach'), [('-', 1, 1), ('e', 0, 0), ('wrist', 1, 0)])
def test_whose_legs_or_arms_are_not_seen_is_not_said_to_use_them(
    hidden: str, kick: float, reach: float
) -> None:
    history = no_history(1)
    for time_s in np.arange(0, 2.2, 0.1):
        history = look(history, view(time_s, hidden=hidden), time_s)
    told = judge(history, np.ones((1, 5)), lambda seen: np.ones((len(seen), len(ACTIVITIES))))[0]
    assert (told[KICKING], told[REACHING]) == (kick, reach)


def test_looks_of_several_people_are_kept_apart() -> None:
    both = no_history(2)
    alone = no_history(1)
    for time_s in np.arange(0, 2.2, 0.1):
        one, two = view(time_s), view(-time_s)
        alone = look(alone, two, time_s)
        parts = [np.concatenate((getattr(one, f), getattr(two, f))) for f in FIELDS]
        both = look(both, View(COCO17, *parts), time_s)
    np.testing.assert_array_equal(windows(both)[1], windows(alone)[0])


FIELDS = (
    'scales', 'positions_xy', 'variances', 'p_visible', 'p_seen', 'is_self_hidden', 'positions_m',
    'depth_variances',
)  # fmt: skip


def test_only_what_is_sure_is_named() -> None:
    probabilities = np.zeros((2, len(ACTIVITIES)))
    probabilities[0, KICKING] = 0.95
    probabilities[1, KICKING] = 0.4
    assert name_activities(probabilities) == [{'kicking': 0.95}, {}]


def test_nobody_makes_no_window() -> None:
    history: History = no_history(0)
    assert windows(history).shape[0] == 0
