"""Where people are, may go and may be hidden, on the ground."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.frames import RigidTransform
from ros_vision_perception.core.human import HumanState, Posture, PredictedPath, TrackState
from ros_vision_perception.core.occupancy import (
    BODY_M,
    Grid,
    has_z_up,
    occupancy,
    seen_ground,
    seen_through,
    unseen_region,
)
from ros_vision_perception.core.prediction import STEP_S, WALKING_SPEED, reach_m
from test.core.known_people import human

GRID = Grid((1.0, -2.0), 0.1, 80)
PLACES = st.tuples(st.floats(-3, 5), st.floats(-6, 2))
SIGMAS = st.floats(0.0, 1.5)


def somebody(
    x: float,
    y: float,
    sigma_m: float = 0.05,
    state: TrackState = TrackState.CONFIRMED,
    unseen_s: float = 0.0,
    **changes: object,
) -> HumanState:
    known: dict = {
        'position_m': np.array([x, y, 0.9], np.float32),
        'position_covariance': (sigma_m**2 * np.eye(3)).astype(np.float32),
        'track_state': state,
        'time_since_update_s': unseen_s,
        'existence_probability': 1.0,
        'predicted_paths': (),
    }
    return replace(human(1, in_space=True), **(known | changes))


def walk(
    x: float, y: float, speed: float, confidence: float, sigma_m: float = 0.2
) -> PredictedPath:
    ahead = speed * STEP_S * np.arange(1, 7)
    places = np.stack((x + ahead, np.full(6, y), np.full(6, 0.9)), axis=1)
    covariances = np.tile(sigma_m**2 * np.eye(3), (6, 1, 1))
    return PredictedPath(
        STEP_S, places.astype(np.float32), covariances.astype(np.float32), confidence
    )


def at(probabilities: np.ndarray, x: float, y: float) -> float:
    column, row = np.floor((np.array([x, y]) - GRID.corner_m) / GRID.resolution_m).astype(int)
    return float(probabilities[row, column])


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(PLACES, SIGMAS, st.sampled_from(TrackState)), max_size=4),
    st.floats(0, 1),
    st.floats(0, 60),
)
def test_probabilities_are_probabilities(told: list, exists: float, unseen_s: float) -> None:
    people = [
        somebody(
            place[0], place[1], sigma, state, unseen_s,
            existence_probability=exists,
            predicted_paths=(walk(place[0], place[1], 1.0, 0.7),),
        )
        for place, sigma, state in told
    ]  # fmt: skip
    probabilities = occupancy(people, GRID)
    assert probabilities.shape == (80, 80)
    assert (probabilities >= 0).all()
    assert (probabilities <= exists + 1e-6 if len(people) == 1 else probabilities <= 1).all()


@settings(deadline=None, max_examples=25)
@given(PLACES)
def test_somebody_who_is_surely_there_covers_their_cell_and_none_two_metres_away(
    place: tuple[float, float],
) -> None:
    probabilities = occupancy([somebody(*place, 0.02)], GRID)
    here, middles = np.clip(place, (-2.95, -5.95), (4.95, 1.95)), GRID.places()
    assert at(probabilities, *here) > 0.9
    distances = np.linalg.norm(middles - place, axis=-1)
    assert (probabilities[distances > 2] < 1e-4).all()


def test_the_probability_is_that_of_people_drawn_from_the_same_distribution() -> None:
    covariance = np.array([[0.3, 0.2, 0.0], [0.2, 0.4, 0.0], [0.0, 0.0, 0.1]])
    person = somebody(1.0, -2.0, position_covariance=covariance.astype(np.float32))
    drawn = np.random.default_rng(1).multivariate_normal((1.0, -2.0), covariance[:2, :2], 20_000)
    probabilities, middles = occupancy([person], GRID), GRID.places()
    for row, column in ((40, 40), (45, 48), (30, 30), (50, 35), (40, 55)):
        near = np.linalg.norm(drawn - middles[row, column], axis=1) < BODY_M
        assert probabilities[row, column] == pytest.approx(near.mean(), abs=0.02)


def test_where_somebody_goes_is_as_likely_as_they_go_there() -> None:
    paths = (walk(0.0, -2.0, 1.0, 0.6), walk(0.0, -2.0, -0.5, 0.3))
    probabilities = occupancy([somebody(0.0, -2.0, predicted_paths=paths)], GRID)
    assert at(probabilities, 0.0, -2.0) > 0.95
    # A sigma of 0.2 m covers the middle of its cell with 0.18 / (2 (0.04 + 0.0225)) = 0.72.
    assert at(probabilities, 2.0, -2.0) == pytest.approx(0.6 * 0.72, abs=0.08)
    assert at(probabilities, -1.0, -2.0) == pytest.approx(0.3 * 0.72, abs=0.08)
    assert at(probabilities, 2.0, 0.0) < 0.01


@settings(deadline=None, max_examples=25)
@given(PLACES, SIGMAS, st.floats(0, 5), st.floats(0, 3))
def test_the_unseen_region_grows_with_time_and_no_faster_than_people_walk(
    place: tuple[float, float], sigma: float, before_s: float, more_s: float
) -> None:
    earlier = somebody(*place, sigma, TrackState.OCCLUDED, before_s)
    later = somebody(*place, sigma, TrackState.OCCLUDED, before_s + more_s)
    small, large = unseen_region(earlier, GRID), unseen_region(later, GRID)
    assert not (small & ~large).any()
    distances = np.linalg.norm(GRID.places() - place, axis=-1)
    assert (distances[large] <= reach_m(earlier, 0.0) + WALKING_SPEED * more_s + 1e-3).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(-8, 8), st.integers(-8, 8), st.floats(0, 2))
def test_everyone_moved_is_the_grid_moved(columns: int, rows: int, unseen_s: float) -> None:
    # Two cells at once: paths are told for squares of two by two.
    by_m = 0.2 * np.array([columns, rows])

    def people(dx: float, dy: float) -> list[HumanState]:
        walker = walk(0.5 + dx, -2.0 + dy, 0.5, 0.9)
        return [
            somebody(0.52 + dx, -2.03 + dy, predicted_paths=(walker,)),
            somebody(1.53 + dx, -1.47 + dy, 0.3, TrackState.OCCLUDED, unseen_s),
        ]

    still = occupancy(people(0.0, 0.0), GRID)
    moved = occupancy(people(*by_m), replace(GRID, center_m=tuple(GRID.center_m + by_m)))
    np.testing.assert_allclose(moved, still, atol=0.01)
    shifted = np.roll(still, (2 * rows, 2 * columns), (0, 1))[20:60, 20:60]
    np.testing.assert_allclose(occupancy(people(*by_m), GRID)[20:60, 20:60], shifted, atol=0.01)


def test_nobody_is_hidden_where_the_ground_is_seen_so_they_are_the_likelier_elsewhere() -> None:
    hidden = somebody(1.0, -2.0, 0.3, TrackState.OCCLUDED, 1.5)
    seen = GRID.places()[..., 0] < 1.0
    probabilities, blind = occupancy([hidden], GRID, seen), occupancy([hidden], GRID)
    assert (probabilities[seen] == 0).all()
    assert not unseen_region(hidden, GRID, seen)[seen].any()
    at_edge = (2.8, -2.0)
    assert at(probabilities, *at_edge) > 1.5 * at(blind, *at_edge) > 0.01
    # Who is seen there is there.
    assert occupancy([somebody(0.0, -2.0)], GRID, seen)[seen].max() > 0.9


def test_nobody_and_people_nowhere_are_an_empty_grid() -> None:
    nowhere = somebody(0.0, 0.0, position_m=np.full(3, np.nan, np.float32))
    for people in ([], [nowhere]):
        assert not occupancy(people, GRID).any()


def test_the_camera_sees_through_what_is_before_what_it_sees() -> None:
    camera = CameraModel(100.0, 100.0, 31.5, 23.5, (64, 48))
    depth_m = np.full((48, 64), 5.0)
    depth_m[:, :20], depth_m[:, 50:] = 1.0, np.nan  # a pillar; nothing known
    points = np.array([(0, 0, 3), (0, 0, 4.9), (0, 0, 6), (-0.8, 0, 3), (0.8, 0, 3)], float)
    assert seen_through(points, depth_m, camera).tolist() == [True, False, False, False, False]
    behind_and_beside = np.array([(0, 0, -3), (0, 0, 0), (9, 0, 3)], float)
    assert not seen_through(behind_and_beside, depth_m, camera).any()


@pytest.mark.parametrize('scale', [1, 2])
def test_nobody_is_before_a_wall_and_anybody_behind_something_low_or_out_of_view(
    scale: int,
) -> None:
    camera = CameraModel(100.0, 100.0, 79.5, 59.5, (160, 120))
    # It looks along x from 1 m above the ground: in the frame of the camera x is right, y down.
    turned = np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]], float)
    at_height = RigidTransform(turned, turned @ (0.0, 0.0, -1.0))
    grid = Grid((3.0, 0.0), 0.1, 60)
    rows = np.arange(120)[:, None] + np.zeros(160)
    # The floor, a wall at 5 m, and a box, 0.45 m high and as near as 2 m, to the left.
    floor = np.where(rows > 59.5, 100 / np.maximum(rows - 59.5, 1e-3), np.inf)
    depth_m = np.minimum(floor, 5.0)
    is_box = (np.arange(160) < 70) & (rows > 59.5 + 0.55 / 2 * 100)
    depth_m[is_box] = np.minimum(depth_m, 2.0)[is_box]
    seen = seen_ground(grid, depth_m[::scale, ::scale], camera, at_height)

    def is_seen(x: float, y: float) -> bool:
        column, row = ((np.array([x, y]) - grid.corner_m) / grid.resolution_m).astype(int)
        return bool(seen[row, column])

    assert is_seen(3.0, -0.5), 'the floor between camera and wall'
    assert not is_seen(5.5, -0.5), 'behind the wall'
    assert not is_seen(2.4, 0.5), 'behind the box somebody may crouch'
    assert not is_seen(1.0, -2.5), 'beside what the camera sees'
    assert not is_seen(0.8, 0.0), 'so near that their feet are below the image'


def test_frames_with_z_up_are_told_by_those_who_stand_and_by_name() -> None:
    up = np.eye(3, dtype=np.float32)
    in_camera = up[[0, 2, 1]]
    stands = Posture.STANDING
    assert has_z_up([somebody(0, 0, axes=up, posture=stands)], 'map')
    assert not has_z_up([somebody(0, 0, axes=in_camera, posture=stands)], 'camera')
    assert has_z_up([somebody(0, 0, axes=in_camera, posture=Posture.LYING)], 'map')
    assert has_z_up([], 'map')
    assert not has_z_up([], 'camera_color_optical_frame')
