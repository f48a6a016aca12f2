"""Estimates whose errors may have to do with each other."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from ros_vision_perception.core.intersection import intersect

SEEDS = st.integers(0, 10**6)


def estimates(
    seed: int, views: int = 3, count: int = 4, size: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    halves = random.normal(size=(views, count, size, size))
    covariances = halves @ halves.swapaxes(-1, -2) + 0.1 * np.eye(size)
    return random.normal(size=(views, count, size)), covariances


def test_two_that_say_the_same_are_no_surer_than_one() -> None:
    means, covariances = estimates(1, views=1)
    mean, covariance = intersect(np.repeat(means, 2, axis=0), np.repeat(covariances, 2, axis=0))
    np.testing.assert_allclose(mean, means[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(covariance, covariances[0], rtol=1e-3, atol=1e-4)


def test_each_gives_what_it_knows_best() -> None:
    """Two cameras at a right angle, each sure across its ray and unsure along it."""
    means = np.array([[[2.0, 0.1]], [[2.5, 0.0]]])
    covariances = np.array([[np.diag([0.01, 1.0])], [np.diag([1.0, 0.01])]])
    mean, covariance = intersect(means, covariances)
    np.testing.assert_allclose(mean[0], [2.0, 0.0], atol=0.01)
    assert (np.diag(covariance[0]) < 0.03).all()


@given(SEEDS)
def test_the_result_is_positive_definite_and_the_order_does_not_matter(seed: int) -> None:
    means, covariances = estimates(seed)
    mean, covariance = intersect(means, covariances)
    assert (np.linalg.eigvalsh(covariance) > 0).all()
    np.testing.assert_array_equal(covariance, covariance.swapaxes(-1, -2))
    other_mean, other = intersect(means[::-1], covariances[::-1])
    np.testing.assert_allclose(other_mean, mean, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(other, covariance, rtol=1e-3, atol=1e-4)


@given(SEEDS, st.floats(-1, 1))
def test_it_is_never_surer_than_the_truth_allows(seed: int, correlation: float) -> None:
    """The covariance of the weighted mean, for errors of any correlation, is within the result."""
    _, covariances = estimates(seed, views=2, count=1)
    _, joined = intersect(np.zeros((2, 1, 3)), covariances)
    first, second = covariances[:, 0]
    weights = 1 / np.trace(covariances[:, 0], axis1=-2, axis2=-1)
    weights /= weights.sum()
    gains = [
        weight * joined[0].astype(float) @ np.linalg.inv(spread)
        for weight, spread in zip(weights, (first, second), strict=True)
    ]
    cross = correlation * np.linalg.cholesky(first) @ np.linalg.cholesky(second).T
    real = gains[0] @ first @ gains[0].T + gains[1] @ second @ gains[1].T
    real += gains[0] @ cross @ gains[1].T + (gains[0] @ cross @ gains[1].T).T
    assert np.linalg.eigvalsh(joined[0] - real).min() > -1e-3 * np.trace(joined[0])


@pytest.mark.parametrize('missing', ['mean', 'covariance'])
def test_a_missing_estimate_is_left_out(missing: str) -> None:
    means, covariances = estimates(2, views=2)
    (means if missing == 'mean' else covariances)[0, 1] = np.nan
    mean, covariance = intersect(means, covariances)
    np.testing.assert_allclose(mean[1], means[1, 1], rtol=1e-4)
    np.testing.assert_allclose(covariance[1], covariances[1, 1], rtol=1e-3)
    means[:, 2] = np.nan
    mean, covariance = intersect(means, covariances)
    assert np.isnan(mean[2]).all() and np.isnan(covariance[2]).all()
    assert np.isfinite(mean[[0, 1, 3]]).all()
