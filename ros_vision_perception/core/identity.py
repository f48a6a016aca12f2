"""Who else a track may really be: what is left of doubts after people met.

Each track keeps a few rivals with their odds against the track's own identity. While two people
can be confused, the odds rise to those of the exchange; apart again, each of them is judged by
what they look like. Odds never fall by time alone: who was not told apart then is not now.
"""

from dataclasses import dataclass

import numpy as np

# How many rivals each track keeps; the first is somebody who has no track.
RIVALS = 4
STRANGER, NOBODY = 0, -1
# Odds that do not matter, and the most.
_NEGLIGIBLE, _MAX_ODDS = 0.01, 100.0
# Newcomers give way to somebody known whom they may be with at least these odds.
_GIVES_WAY = 0.5
# Looks of the same view say nothing new for this long, s.
_REPEAT_S = 0.5


@dataclass(frozen=True)
class Doubts:
    """About the identity of T tracks.

    Attributes:
        rivals: (T, RIVALS) int64 track ids; STRANGER in the first column, NOBODY where free.
        odds: (T, RIVALS) float64, at least 0, against the track's own identity.
    """

    rivals: np.ndarray
    odds: np.ndarray


def no_doubts(tracks: int) -> Doubts:
    """Return that T tracks are themselves."""
    rivals = np.full((tracks, RIVALS), NOBODY)
    rivals[:, 0] = STRANGER
    return Doubts(rivals, np.zeros((tracks, RIVALS)))


def doubt_newcomers(ids: np.ndarray, claims: np.ndarray) -> Doubts:
    """Return who N people who begin a track may really be: somebody known, found nowhere else.

    Args:
        ids: (T,) of the tracks for whom nobody was found.
        claims: (T, N) log-likelihood ratios that person n is track t and not somebody new.
    """
    doubts = no_doubts(claims.shape[1])
    likeliest = np.argsort(-claims, axis=0, kind='stable')[: RIVALS - 1]
    odds = np.exp(np.minimum(np.take_along_axis(claims, likeliest, axis=0), 0.0)).T
    matters, known = odds > _NEGLIGIBLE, slice(1, 1 + len(likeliest))
    doubts.rivals[:, known] = np.where(matters, ids[likeliest].T, NOBODY)
    doubts.odds[:, known] = np.where(matters, odds, 0.0)
    return doubts


def give_way(
    claims: np.ndarray, ids: np.ndarray, is_newcomer: np.ndarray, doubts: Doubts
) -> np.ndarray:
    """Return the claims, lowered where newcomers give way to somebody whom they may really be.

    A newcomer is often a pose mixed from two people. On the person whom that somebody claims most,
    if they claim anybody, the newcomer then has no better claim than somebody new.

    Args:
        claims: (T, N) log-likelihood ratios that person n is track t and not somebody new.
        ids: (T,) of the tracks, ascending.
        is_newcomer: (T,) bool, not yet confirmed.
        doubts: about the tracks.
    """
    pairs = is_newcomer[:, None] & (doubts.odds >= _GIVES_WAY) & (doubts.rivals > STRANGER)
    if not (claims.shape[1] and pairs.any()):
        return claims
    claims = claims.copy()
    for row, column in zip(*pairs.nonzero(), strict=True):
        known = np.flatnonzero((ids == doubts.rivals[row, column]) & (ids < ids[row]))
        if len(known):
            person = claims[known[0]].argmax()
            if claims[known[0], person] > 0.0:
                claims[row, person] = min(claims[row, person], 0.0)
    return claims


def confidence(doubts: Doubts) -> np.ndarray:
    """Return the (T,) probabilities that the tracks are still the same people."""
    return 1.0 / (1.0 + doubts.odds.sum(axis=1))


def alternatives(doubts: Doubts) -> list[list[tuple[int, float]]]:
    """Return for each track the ids that it may really be, likeliest first, with probabilities."""
    shares = doubts.odds / (1.0 + doubts.odds.sum(axis=1, keepdims=True))
    matters = (doubts.rivals > STRANGER) & (shares >= _NEGLIGIBLE)
    result: list[list[tuple[int, float]]] = [[] for _ in shares]
    rows, rivals = matters.nonzero()[0].tolist(), doubts.rivals[matters].tolist()
    for row, rival, share in zip(rows, rivals, shares[matters].tolist(), strict=True):
        result[row].append((rival, share))
    for others in result:
        others.sort(key=lambda item: (-item[1], item[0]))
    return result


def exchange_odds(claims: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the (T, T) odds that track j (column) is the person whom track i (row) was given.

    Had i been given nobody else's person, j would have had i's, and i that of j, if any.

    Args:
        claims: (T, N) log-likelihood ratios that person n is track t.
        rows: (T,) the person of each track, -1 for nobody.
    """
    padded = np.concatenate((claims, np.zeros((len(rows), 1))), axis=1)  # row -1: nobody
    given = padded[:, rows]  # [i, j]: of track i to the person of j
    own = np.diagonal(given)
    odds = np.exp(np.minimum(given + given.T - own[:, None] - own, 0.0))
    odds[rows < 0] = 0.0
    np.fill_diagonal(odds, 0.0)
    return odds


def doubt(doubts: Doubts, ids: np.ndarray, claims: np.ndarray, rows: np.ndarray) -> Doubts:
    """Take in how far the tracks could be confused in this image.

    Args:
        doubts: about T tracks.
        ids: (T,) of the tracks.
        claims: (T, N) log-likelihood ratios that person n is track t and not somebody new.
        rows: (T,) the person of each track, -1 for nobody.
    """
    found = (rows >= 0).nonzero()[0]
    strange = np.exp(-np.maximum(claims[found, rows[found]], 0.0))
    result = Doubts(doubts.rivals.copy(), doubts.odds.copy())
    result.odds[found, 0] = np.maximum(result.odds[found, 0], strange)
    if len(rows) < 2:
        return result
    exchange = exchange_odds(claims, rows)
    matters = exchange > _NEGLIGIBLE
    for row in matters.any(axis=1).nonzero()[0]:
        odds = dict(zip(doubts.rivals[row].tolist(), result.odds[row].tolist(), strict=True))
        for other in matters[row].nonzero()[0].tolist():
            # Whoever the other one may be, this one may be as well.
            claim = {int(ids[other]): 1.0, **_named(doubts, other)}
            for rival, share in claim.items():
                odds[rival] = max(odds.get(rival, 0.0), share * float(exchange[row, other]))
        stranger = odds.pop(STRANGER)
        for gone in (NOBODY, int(ids[row])):
            odds.pop(gone, None)
        likeliest = sorted(odds.items(), key=lambda item: (-item[1], item[0]))[: RIVALS - 1]
        result.rivals[row] = [STRANGER, *(r for r, _ in likeliest), *_free(likeliest, NOBODY)]
        result.odds[row] = [stranger, *(o for _, o in likeliest), *_free(likeliest, 0)]
    return result


def _named(doubts: Doubts, row: int) -> dict[int, float]:
    pairs = zip(doubts.rivals[row].tolist(), doubts.odds[row].tolist(), strict=True)
    return {rival: odds for rival, odds in pairs if rival != NOBODY and odds > _NEGLIGIBLE}


def _free(taken: list, value: int) -> list[int]:
    return [value] * (RIVALS - 1 - len(taken))


def judge(
    doubts: Doubts, ids: np.ndarray, ratios: np.ndarray, is_clear: np.ndarray, dt_s: float
) -> Doubts:
    """Weigh the rivals by what the people look like.

    Args:
        doubts: about T tracks.
        ids: (T,) of the tracks, ascending.
        ratios: (T, T) log-likelihood ratios that what track i (column) shows now are the looks of
            track j (row).
        is_clear: (T,) bool, whether the view of the person is good enough to judge.
        dt_s: time since the last image.
    """
    rows = np.flatnonzero(is_clear & (doubts.odds > _NEGLIGIBLE).any(axis=1))
    if len(rows) == 0:
        return doubts
    rivals, odds = doubts.rivals[rows], doubts.odds.copy()
    place = np.minimum(np.searchsorted(ids, rivals), len(ids) - 1)
    alive = ids[place] == rivals
    theirs = np.where(alive, ratios[place, rows[:, None]], 0.0)
    gain = (theirs - ratios[rows, rows][:, None]) * dt_s / _REPEAT_S
    odds[rows] = np.minimum(odds[rows] * np.exp(gain), _MAX_ODDS)
    return Doubts(doubts.rivals, odds)
