"""Where people go: those who stay, who walk, and who are about to turn."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.conduct import ConductState, step
from ros_vision_perception.core.human import HumanState
from ros_vision_perception.core.prediction import (
    TIMES_S,
    WALKING_SPEED,
    Walkers,
    go_on,
    paths_of,
    predict,
    reach_m,
)
from test.core.walks import Walk, film, follow, with_depth

STAYS, GOES_ON, TURNS = range(3)


def walker(
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
    forward: tuple[float, float, float] | None = None,
    *,
    speed_deviation: float = 0.2,
) -> Walkers:
    return Walkers(
        np.array([[1.0, 0.5, 4.0]]),
        np.array([velocity]),
        np.eye(3)[None] * 0.01,
        np.eye(3)[None] * speed_deviation**2,
        np.full((1, 3), np.nan) if forward is None else np.array([forward]),
        np.full(1, 0.05),
    )


def test_who_stands_stays() -> None:
    futures = predict(walker())
    assert futures.weights[0, STAYS] > 0.8
    assert futures.weights[0, TURNS] == 0
    stays = futures.positions_m[0, STAYS]
    np.testing.assert_allclose(stays, np.tile([1.0, 0.5, 4.0], (6, 1)))


def test_who_walks_goes_on_and_may_stop() -> None:
    futures = predict(walker((-1.2, 0.0, 0.0)))
    assert futures.weights[0].argmax() == GOES_ON
    assert futures.weights[0, STAYS] > 0.05
    assert futures.positions_m[0, GOES_ON, -1, 0] == pytest.approx(1.0 - 1.2 * 3, abs=0.9)
    np.testing.assert_allclose(go_on(walker((-1.2, 0.0, 0.0)))[0][0, -1], (-2.6, 0.5, 4.0))


def test_who_walks_one_way_and_faces_another_may_turn() -> None:
    futures = predict(walker((1.2, 0.0, 0.0), forward=(0.0, 0.0, -1.0)))
    assert 0.05 < futures.weights[0, TURNS] < futures.weights[0, GOES_ON]
    assert futures.positions_m[0, TURNS, -1, 2] < 2.0
    assert futures.positions_m[0, TURNS, -1, 0] == pytest.approx(1.0)


def test_an_unsure_velocity_tells_little() -> None:
    sure = predict(walker((0.5, 0.0, 0.0), speed_deviation=0.1)).weights[0, GOES_ON]
    unsure = predict(walker((0.5, 0.0, 0.0), speed_deviation=2.0)).weights[0, GOES_ON]
    assert sure > 0.7 > unsure


@pytest.mark.parametrize('forward', [None, (1.0, 0.0, 0.0)])
def test_weights_add_up_and_covariances_grow(forward: tuple[float, float, float] | None) -> None:
    futures = predict(walker((0.3, 0.0, 0.4), forward=forward))
    assert futures.weights.sum() == pytest.approx(1.0)
    least = np.linalg.eigvalsh(futures.covariances)[..., 0]
    assert (least[..., 0] >= 0.01).all()
    assert (np.diff(least, axis=-1) > 0).all()


def walked() -> HumanState:
    """Return somebody who walked through space in front of a camera."""
    state = ConductState()
    for _, humans in follow(film(Walk(), seconds=2.0), with_depth):
        state, told = step(state, humans)
    return told.people[0]


def test_paths_begin_where_people_are_and_the_likeliest_comes_first() -> None:
    human = walked()
    paths = human.predicted_paths
    assert 2 <= len(paths) <= 3
    shares = [path.confidence for path in paths]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0)
    for path in paths:
        assert path.positions_m.shape == (len(TIMES_S), 3)
        assert np.linalg.norm(path.positions_m[0] - human.position_m) < 1.0


def test_of_whom_is_not_known_where_they_are_is_not_known_where_they_go() -> None:
    human = walked()
    lost = replace(human, track_id=2, position_m=np.full(3, np.nan, np.float32))
    paths = paths_of([lost, human])
    assert paths[0] == ()
    assert len(paths[1]) >= 2
    assert paths_of([]) == []


def test_whoever_is_hidden_may_be_anywhere_they_could_have_walked() -> None:
    human = replace(walked(), time_since_update_s=0.0)
    hidden = replace(human, time_since_update_s=2.0)
    assert reach_m(hidden, 0.0) - reach_m(human, 0.0) == pytest.approx(2 * WALKING_SPEED)
    assert reach_m(human, 1.0) - reach_m(human, 0.0) == pytest.approx(WALKING_SPEED)
    vague = replace(hidden, position_covariance=np.eye(3, dtype=np.float32) * 400)
    assert reach_m(vague, 0.0) < 2 * WALKING_SPEED + 1.5
