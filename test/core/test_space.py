"""Where people are in metres, over time, against the truth."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.human import HumanState
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Observation
from test.core.walk_figures import measure
from test.core.walks import (
    Blindness,
    Take,
    Walk,
    film,
    follow,
    with_depth,
    without_depth,
    without_metres,
)

BEHIND_A_TABLE = Walk(start_m=(0.0, 3.0), velocity=(0.1, 0.0))


def last(walk: Walk, blindness: Blindness, seconds: float = 2.0) -> tuple[Take, HumanState]:
    take, humans = follow(film(walk, seconds=seconds, table=(60.0, 260.0)), blindness)[-1]
    (person,) = humans.people
    return take, person


@pytest.mark.parametrize(
    ('blindness', 'error_m'), [(with_depth, 0.12), (without_depth, 0.4), (without_metres, 0.8)]
)
def test_people_are_where_they_are_and_no_surer_than_that(
    blindness: Blindness, error_m: float
) -> None:
    for name, figures in measure(blindness, 4).items():
        assert figures.error < (error_m if name != 'hidden joints' else error_m + 0.2), name
        assert figures.two_sigma > 0.85, name


@pytest.mark.parametrize('blindness', [with_depth, without_depth])
def test_covariances_in_space_are_symmetric_and_positive(blindness: Blindness) -> None:
    _, person = last(BEHIND_A_TABLE, blindness)
    joints = person.joints
    for covariances in (
        person.position_covariance[None],
        person.velocity_covariance[None],
        joints.position_covariances,
        joints.velocity_covariances,
    ):
        np.testing.assert_allclose(covariances, covariances.swapaxes(1, 2), rtol=1e-5)
        assert (np.linalg.eigvalsh(covariances) > 0).all()


def test_joints_behind_a_table_are_known_and_never_at_the_depth_of_the_table() -> None:
    take, person = last(BEHIND_A_TABLE, with_depth)
    assert take.hidden.sum() >= 4
    assert person.joints.has_3d.all()
    depth = person.joints.positions_m[take.hidden, 2]
    # The table is at 1.5 m, the person at 3 m.
    assert np.abs(depth - take.joints_m[take.hidden, 2]).max() < 0.5
    assert np.linalg.norm(person.position_m - take.hips_m) < 0.15


def test_while_depth_is_missing_the_person_stays_and_gets_less_sure() -> None:
    state = FusionState()
    deviations = []
    for index, take in enumerate(film(Walk(velocity=(0.2, 0.0)), seconds=3.0)):
        seen: Observation = take.observation
        if index >= 25:
            seen = without_metres(seen) if index % 2 else replace(seen, depth_m=None)
        state, humans = step(state, seen, FusionConfig(), COCO17)
        (person,) = humans.people
        deviations.append(float(np.sqrt(person.position_covariance[2, 2])))
    assert deviations[-1] > 1.3 * deviations[24]
    assert np.linalg.norm(person.position_m - take.hips_m) < 0.4


@pytest.mark.parametrize('fps', [10.0, 30.0])
def test_the_frame_rate_hardly_matters(fps: float) -> None:
    walk = Walk(velocity=(0.2, 0.3))
    take, humans = follow(film(walk, seconds=3.0, fps=fps), with_depth)[-1]
    (person,) = humans.people
    assert np.linalg.norm(person.position_m - take.hips_m) < 0.15
    np.testing.assert_allclose(person.velocity_mps, walk.velocity_m(), atol=0.3)


def test_without_intrinsics_nothing_is_known_in_metres() -> None:
    _, person = last(BEHIND_A_TABLE, lambda seen: replace(seen, camera=None), seconds=0.5)
    assert not person.has_3d
    assert not person.joints.has_3d.any()
    assert np.isnan(person.velocity_mps).all()
    assert np.isnan(person.joints.position_covariances).all()
