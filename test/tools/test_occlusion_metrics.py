import math

import numpy as np
import pytest

from ros_vision_perception.core.human import JointState
from ros_vision_perception.tools.evaluate import metrics
from ros_vision_perception.tools.evaluate.history import History

VISIBLE, BY_SELF, BY_PERSON = (
    JointState.VISIBLE,
    JointState.OCCLUDED_BY_SELF,
    JointState.OCCLUDED_BY_PERSON,
)


@pytest.mark.parametrize(
    ('scores', 'positive', 'area'),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1], 0.5),
        ([0.3, 0.6, 0.6, 0.9], [0, 0, 1, 1], 0.875),  # one of four pairs is even
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
    ],
)
def test_area_under_curve_is_the_share_of_pairs_in_the_right_order(
    scores: list[float], positive: list[int], area: float
) -> None:
    got = metrics.area_under_curve(np.array(scores), np.array(positive, bool))
    assert got == pytest.approx(area)


def test_area_under_curve_of_one_kind_is_not_known() -> None:
    assert math.isnan(metrics.area_under_curve(np.ones(3), np.ones(3, bool)))
    assert math.isnan(metrics.area_under_curve(np.empty(0), np.empty(0, bool)))


def test_state_scores_of_a_case_counted_by_hand() -> None:
    true = np.array([VISIBLE] * 4 + [BY_PERSON] * 2)
    got = np.array([VISIBLE] * 3 + [BY_SELF] + [BY_PERSON, VISIBLE])
    scores = metrics.state_scores(true, got)
    assert set(scores) == {'VISIBLE', 'OCCLUDED_BY_PERSON'}
    assert scores['VISIBLE'] == {
        'precision': 0.75,
        'recall': 0.75,
        'f1': 0.75,
        'joints': 4,
    }
    assert scores['OCCLUDED_BY_PERSON']['precision'] == 1.0
    assert scores['OCCLUDED_BY_PERSON']['recall'] == 0.5
    assert scores['OCCLUDED_BY_PERSON']['f1'] == pytest.approx(2 / 3)


def test_joint_at_one_coco_deviation_has_a_similarity_of_exp_minus_half() -> None:
    # COCO: k = 2 sigma, times the square root of the area.
    got = metrics.joint_similarities(np.array([0.0, 20.0]), np.full(2, 10_000.0), np.full(2, 0.1))
    np.testing.assert_allclose(got, [1.0, np.exp(-0.5)], rtol=1e-12)


def test_extended_distance_depends_on_who_is_inside() -> None:
    size = (100, 80)
    true = np.array([[50.0, 40.0], [50, 90], [50, 90], [50, 40]])
    got = np.array([[53.0, 44.0], [10, 200], [50, 69], [50, 200]])
    outside = np.array([False, True, False, True])
    distances = metrics.extended_distances(true, got, outside, size)
    # Both inside; both outside; said 10.5 px above the lower border; truly 39.5 px above it.
    np.testing.assert_allclose(distances, [5.0, 0.0, 10.5, 39.5])


def test_place_outside_counts_as_outside_though_nobody_said_so() -> None:
    distances = metrics.extended_distances(
        np.array([[50.0, 90.0]]), np.array([[50.0, 85.0]]), np.array([False]), (100, 80)
    )
    np.testing.assert_allclose(distances, [0.0])


def test_mahalanobis_length_is_in_units_of_the_ellipse() -> None:
    covariances = np.array([[[4.0, 0.0], [0.0, 9.0]], [[2.0, 1.0], [1.0, 2.0]]])
    errors = np.array([[2.0, 3.0], [1.0, 1.0]])
    got = metrics.squared_mahalanobis(errors, covariances)
    np.testing.assert_allclose(got, [2.0, 2 / 3])


def test_errors_drawn_from_their_covariance_are_calibrated() -> None:
    errors = np.random.default_rng(0).multivariate_normal((0, 0), [[4, 1], [1, 2]], 40_000)
    covariances = np.broadcast_to([[4.0, 1.0], [1.0, 2.0]], (40_000, 2, 2))
    figures = metrics.calibration(metrics.squared_mahalanobis(errors, covariances))
    assert figures['coverage_1sigma'] == pytest.approx(0.6827, abs=0.01)
    assert figures['coverage_2sigma'] == pytest.approx(0.9545, abs=0.005)
    assert figures['nees'] == pytest.approx(2.0, abs=0.05)
    assert figures['joints'] == 40_000


def test_history_holds_still_and_moves_on_from_when_the_joint_was_last_in_view() -> None:
    history = History(1, 2)
    for step in range(10):
        places = np.array([[[10.0 * step, 5.0], [3.0, 4.0 * step]]])
        in_view = np.array([[step < 6, True]])
        # What the model says of a hidden joint is not looked at.
        history.add(np.where(in_view[..., None], places, 1e3), in_view, 0.05 * step)
    still, moving = history.predictions()
    np.testing.assert_allclose(history.hidden_s, [[0.2, 0.0]], atol=1e-12)
    np.testing.assert_allclose(still, [[[50, 5], [3, 36]]])
    np.testing.assert_allclose(moving, [[[90, 5], [3, 36]]], atol=1e-9)


def test_history_knows_nothing_of_a_joint_that_was_never_in_view() -> None:
    history = History(1, 1)
    history.add(np.zeros((1, 1, 2)), np.array([[False]]), 1.0)
    still, moving = history.predictions()
    assert np.isnan(history.hidden_s).all()
    assert np.isnan(still).all()
    assert np.isnan(moving).all()


def test_history_of_a_single_place_stands_still() -> None:
    history = History(1, 1)
    history.add(np.array([[[7.0, 8.0]]]), np.array([[True]]), 1.0)
    history.add(np.full((1, 1, 2), np.nan), np.array([[False]]), 1.5)
    _, moving = history.predictions()
    np.testing.assert_allclose(moving, [[[7.0, 8.0]]])
    np.testing.assert_allclose(history.hidden_s, [[0.5]])
