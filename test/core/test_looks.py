"""What tracked people look like."""

import numpy as np
import pytest

from ros_vision_perception.core.looks import (
    Looks,
    learn,
    looks_ratio,
    of_length,
    similarity,
    unknown_looks,
)

RED, BLUE = np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 0.0])
UNKNOWN = np.full(4, np.nan)


def vectors(count: int, length: int, seed: int, noise: float = 0.0) -> np.ndarray:
    """Return unit vectors (count, length) that scatter around one that the seed chooses."""
    random = np.random.default_rng(seed)
    rows = np.abs(random.normal(size=length)) + noise * random.normal(size=(count, length))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def learnt(rows: np.ndarray, dt_s: float) -> Looks:
    looks = unknown_looks(1, rows.shape[1])
    for row in rows:
        looks = learn(looks, row[None], np.ones(1, bool), dt_s)
    return looks


def test_what_only_one_of_them_shows_is_not_compared() -> None:
    whole = np.sqrt([[0.3, 0.2, 0.4, 0.1]])
    legs_hidden = np.sqrt([[0.6, 0.4, 0.0, 0.0]])
    np.testing.assert_allclose(similarity(whole, legs_hidden), 1.0)
    np.testing.assert_allclose(similarity(legs_hidden, whole), 1.0)


def test_those_who_share_nothing_cannot_be_compared() -> None:
    means = np.array([RED, np.zeros(4)])
    assert np.isnan(similarity(means, np.array([BLUE, UNKNOWN]))).all()
    np.testing.assert_array_equal(
        looks_ratio(Looks(means, np.ones(2), np.ones(2)), np.array([BLUE, UNKNOWN])), 0.0
    )


def test_a_clear_view_is_remembered_and_an_unclear_one_is_not() -> None:
    looks = learn(
        unknown_looks(3, 4),
        np.array([RED, RED, UNKNOWN]),
        np.array([True, False, True]),
        0.1,
    )
    np.testing.assert_array_equal(looks.means, [RED, np.zeros(4), np.zeros(4)])
    np.testing.assert_allclose(looks.seconds, [0.1, 0.0, 0.0])


@pytest.mark.parametrize('noise', [0.05, 0.3], ids=['colours', 'a network'])
def test_oneself_is_known_again_and_others_are_not_however_much_the_vectors_scatter(
    noise: float,
) -> None:
    looks = learnt(vectors(60, 64, seed=1, noise=noise), 0.1)
    own = vectors(20, 64, seed=1, noise=noise * 1.1)
    others = np.concatenate([vectors(2, 64, seed=seed, noise=noise) for seed in range(2, 12)])
    assert looks_ratio(looks, own).mean() > 0.3
    assert looks_ratio(looks, others).mean() < -1.0


def test_the_mean_moves_slowly_to_a_new_look() -> None:
    looks = learnt(np.array([RED] * 50), 0.1)
    mixed = np.array([[0.8, 0.0, 0.6, 0.0]])
    once = learn(looks, mixed, np.ones(1, bool), 0.1)
    assert similarity(once.means, RED[None]) > 0.99
    for _ in range(100):
        looks = learn(looks, mixed, np.ones(1, bool), 0.1)
    assert similarity(looks.means, mixed) > 0.99
    np.testing.assert_allclose(np.linalg.norm(looks.means, axis=1), 1.0)


def test_what_is_shown_for_the_first_time_joins_what_is_known() -> None:
    upper, whole = np.sqrt([0.5, 0.5, 0.0, 0.0]), np.sqrt([0.25, 0.25, 0.25, 0.25])
    np.testing.assert_allclose(learnt(np.array([upper, whole]), 0.1).means[0], whole, atol=0.01)


def test_how_often_one_looks_hardly_matters() -> None:
    rows = vectors(200, 32, seed=3, noise=0.1)
    often, seldom = learnt(rows, 0.02), learnt(rows[::5], 0.1)
    assert similarity(often.means, seldom.means) > 0.999
    assert often.spreads == pytest.approx(seldom.spreads, rel=0.2)
    np.testing.assert_allclose(often.seconds, seldom.seconds)


def test_vectors_of_another_length_start_anew() -> None:
    looks = learnt(np.array([RED]), 0.1)
    assert of_length(looks, 4) is looks
    assert of_length(looks, 6).means.shape == (1, 6)
    assert not of_length(looks, 6).means.any()
