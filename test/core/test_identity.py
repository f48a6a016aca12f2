"""Who else a track may really be."""

import numpy as np
import pytest

from ros_vision_perception.core.identity import (
    NOBODY,
    RIVALS,
    STRANGER,
    Doubts,
    alternatives,
    confidence,
    doubt,
    doubt_newcomers,
    exchange_odds,
    give_way,
    judge,
    no_doubts,
)

IDS = np.array([3, 5])
SURE = np.array([[9.0, -4.0], [-5.0, 8.0]])
UNSURE = np.array([[6.0, 5.0], [5.5, 6.0]])
SEEN = np.array([0, 1])


def test_who_cannot_be_confused_is_not_doubted() -> None:
    doubts = doubt(no_doubts(2), IDS, SURE, SEEN)
    assert (confidence(doubts) > 0.999).all()
    assert alternatives(doubts) == [[], []]


def test_who_may_have_been_exchanged_is_doubted_in_favour_of_the_other() -> None:
    doubts = doubt(no_doubts(2), IDS, UNSURE, SEEN)
    odds = np.exp(5.0 + 5.5 - 6.0 - 6.0)
    np.testing.assert_allclose(exchange_odds(UNSURE, SEEN), [[0, odds], [odds, 0]])
    assert (confidence(doubts) < 0.85).all()
    (((first, share),), ((second, _),)) = alternatives(doubts)
    assert (first, second) == (5, 3)
    assert share == pytest.approx(odds / (1 + odds), abs=0.01)


def test_doubts_stay_when_they_are_apart_again_until_their_looks_tell() -> None:
    doubts = doubt(doubt(no_doubts(2), IDS, UNSURE, SEEN), IDS, SURE, SEEN)
    assert (confidence(doubts) < 0.85).all()
    ratios, clear = np.array([[1.0, -4.0], [-4.0, 1.0]]), np.ones(2, bool)
    for _ in range(10):
        doubts = judge(doubts, IDS, ratios, clear, 0.1)
    assert (confidence(doubts) > 0.99).all()


def test_looks_that_fit_the_other_one_better_deepen_the_doubt() -> None:
    doubts = doubt(no_doubts(2), IDS, UNSURE, SEEN)
    ratios, clear = np.array([[-4.0, 1.0], [1.0, -4.0]]), np.ones(2, bool)
    for _ in range(10):
        doubts = judge(doubts, IDS, ratios, clear, 0.1)
    assert (confidence(doubts) < 0.1).all()


def test_looks_seen_unclearly_tell_nothing() -> None:
    doubts = doubt(no_doubts(2), IDS, UNSURE, SEEN)
    assert judge(doubts, IDS, np.zeros((2, 2)), np.zeros(2, bool), 0.1) is doubts


def test_who_is_exchanged_with_somebody_doubted_may_be_their_rival() -> None:
    ids = np.array([1, 2, 3])
    first = np.array([[6, 6, -9], [6, 6, -9], [-9, -9, 9.0]])
    second = np.array([[9, -9, -9], [-9, 6, 6], [-9, 6, 6.0]])
    doubts = doubt(no_doubts(3), ids, first, np.arange(3))
    doubts = doubt(doubts, ids, second, np.arange(3))
    assert {other for other, _ in alternatives(doubts)[2]} == {1, 2}


def test_somebody_hidden_may_be_the_one_who_was_found() -> None:
    claims = np.array([[6.0], [5.0]])
    doubts = doubt(no_doubts(2), IDS, claims, np.array([0, -1]))
    assert [other for other, _ in alternatives(doubts)[0]] == [5]
    assert alternatives(doubts)[1] == []


def test_a_weak_claim_may_be_somebody_new() -> None:
    doubts = doubt(no_doubts(1), IDS[:1], np.array([[0.5]]), np.array([0]))
    assert confidence(doubts)[0] == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert alternatives(doubts) == [[]]


def test_only_the_likeliest_rivals_are_kept() -> None:
    claims = 6.0 - 0.1 * np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    doubts = doubt(no_doubts(8), np.arange(1, 9), claims, np.arange(8))
    assert doubts.rivals.shape == (8, RIVALS)
    assert {other for other, _ in alternatives(doubts)[0]} == {2, 3, 4}


def test_a_newcomer_may_be_somebody_missing_as_far_as_they_claim_them() -> None:
    claims = np.array([[-0.7, -np.inf], [-2.0, -9.0]])
    doubts = doubt_newcomers(IDS, claims)
    odds = np.exp([-0.7, -2.0])
    others, shares = zip(*alternatives(doubts)[0], strict=True)
    assert others == (3, 5)
    np.testing.assert_allclose(shares, odds / (1 + odds.sum()))
    assert alternatives(doubts)[1] == []
    np.testing.assert_allclose(confidence(doubts), [1 / (1 + odds.sum()), 1.0])


def test_of_many_missing_people_the_likeliest_are_rivals() -> None:
    doubts = doubt_newcomers(np.arange(1, 9), -np.arange(8.0, 0.0, -1.0)[:, None])
    assert [other for other, _ in alternatives(doubts)[0]] == [8, 7, 6]


def test_without_anybody_missing_a_newcomer_is_not_doubted() -> None:
    doubts = doubt_newcomers(IDS[:0], np.empty((0, 2)))
    np.testing.assert_array_equal(confidence(doubts), 1.0)


def test_a_newcomer_gives_way_to_whom_they_may_be() -> None:
    doubts = Doubts(
        np.array([[STRANGER, NOBODY, NOBODY, NOBODY], [STRANGER, 3, NOBODY, NOBODY]]),
        np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0]]),
    )
    newcomer = np.array([False, True])
    claims = np.array([[5.0, 1.0], [7.0, 2.0]])
    np.testing.assert_array_equal(
        give_way(claims, IDS, newcomer, doubts), [[5.0, 1.0], [0.0, 2.0]]
    )
    confirmed = np.zeros(2, bool)
    np.testing.assert_array_equal(give_way(claims, IDS, confirmed, doubts), claims)
    np.testing.assert_array_equal(give_way(claims, IDS, newcomer, no_doubts(2)), claims)
    missing = np.array([[-1.0, -np.inf], [7.0, 2.0]])
    np.testing.assert_array_equal(give_way(missing, IDS, newcomer, doubts), missing)
    np.testing.assert_array_equal(claims, [[5.0, 1.0], [7.0, 2.0]])


def test_nobody_in_the_image_is_claimed_by_nobody() -> None:
    doubts = doubt_newcomers(IDS[:1], np.array([[-0.5]]))
    claims = np.empty((1, 0))
    assert give_way(claims, IDS[1:], np.ones(1, bool), doubts) is claims
