"""Who is whom among the people of several cameras that share a frame.

Of each two tracks of different cameras the log-odds that they are one person are followed over
time: how near they are, by both covariances, against somebody else who happens to stand there
(Blackman and Popoli 1999, for tracks of several sensors).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ros_vision_perception.core.human import Humans, HumanState
from ros_vision_perception.core.views import later, merge

# (camera, id of the track there)
Key = tuple[str, int]
# How many other people there are, per m^3.
_CROWD = 0.1
# Errors of a track last about so long, s: looks within it are one piece of evidence.
_LASTING_S = 0.5
# Log-odds are never surer: people who turn out to be two are told apart within about a second.
_SUREST = 4.0
# By so much likelier tracks must be to part others who were one person, of log-odds.
_HABIT = 2.0
# Where a track was not seen for so long, s, its place says nothing new.
_FRESH_S = 0.3
# A camera is silent after so long, s; the existence of its people then halves each half-life.
_SILENT_S, _HALF_LIFE_S, _LEAST_EXISTENCE = 1.0, 2.0, 0.1


@dataclass(frozen=True)
class _View:
    """A track of one camera, at the time of the newest one."""

    key: Key
    human: HumanState


class PeopleMerger:
    """Follows which tracks of several cameras are one person. All results are in one frame."""

    def __init__(self, cameras: tuple[str, ...]) -> None:
        """Begin without anybody; `cameras` are those to expect."""
        self._cameras = cameras
        self.reset()

    def reset(self) -> None:
        """Forget everyone."""
        self._latest: dict[str, Humans] = {}
        self._log_odds: dict[tuple[Key, Key], float] = {}
        self._ids: dict[Key, int] = {}
        self._next_id = 1

    def step(self, camera: str, humans: Humans) -> Humans:
        """Take in what a camera says; return everyone, at the time of the newest image.

        Args:
            camera: one of those expected.
            humans: its people in the common frame, in the skeleton of all others. When its stamps
                jump back all begins anew.
        """
        last = self._latest.get(camera)
        if last is not None and humans.stamp_ns < last.stamp_ns:
            self.reset()
            last = None
        self._latest[camera] = humans
        now_ns = max(result.stamp_ns for result in self._latest.values())
        views = [
            _View((name, human.track_id), moved)
            for name, result in sorted(self._latest.items())
            for human in sorted(result.people, key=lambda human: human.track_id)
            if (moved := _at(human, (now_ns - result.stamp_ns) * 1e-9)) is not None
        ]
        since_s = np.inf if last is None else (humans.stamp_ns - last.stamp_ns) * 1e-9
        self._weigh(camera, views, min(since_s / _LASTING_S, 1.0))
        groups = self._name(self._groups(views))
        people = [_merged(track_id, group, self._ids) for track_id, group in groups.items()]
        return self._result(now_ns, people)

    def _weigh(self, camera: str, views: list[_View], weight: float) -> None:
        """Follow the log-odds of all pairs, new ones from one whole look."""
        odds: dict[tuple[Key, Key], float] = {}
        evidence = _evidence([view.human for view in views])
        for (row, first), (column, second) in combinations(enumerate(views), 2):
            if first.key[0] == second.key[0]:
                continue
            pair = (first.key, second.key)
            before = self._log_odds.get(pair)
            if before is None:
                odds[pair] = evidence[row, column]
            elif camera in (first.key[0], second.key[0]) and _are_fresh(first, second):
                odds[pair] = before + weight * evidence[row, column]
            else:
                odds[pair] = before
        self._log_odds = {
            pair: float(np.clip(value, -_SUREST, _SUREST)) for pair, value in odds.items()
        }

    def _groups(self, views: list[_View]) -> list[list[_View]]:
        """Return the people: tracks that likely are one, of each camera one at most."""
        groups = {view.key: [view] for view in views}
        for first, second in sorted(self._log_odds, key=self._rank):
            odds = self._log_odds[first, second]
            left, right = groups[first], groups[second]
            if odds <= 0 or left is right:
                continue
            pairs = [(min(a.key, b.key), max(a.key, b.key)) for a in left for b in right]
            if any(a[0] == b[0] for a, b in pairs):
                continue
            if sum(self._log_odds[pair] for pair in pairs) > 0:
                for view in right:
                    left.append(view)
                    groups[view.key] = left
        return list({id(group): group for group in groups.values()}.values())

    def _rank(self, pair: tuple[Key, Key]) -> tuple[float, tuple[Key, Key]]:
        """Return what sorts pairs, the likeliest first; who was one person tends to remain it."""
        first, second = (self._ids.get(key) for key in pair)
        habit = _HABIT if first is not None and first == second else 0.0
        return -self._log_odds[pair] - habit, pair

    def _name(self, groups: list[list[_View]]) -> dict[int, list[_View]]:
        """Return id -> person; of those who part the one known for longest keeps the id."""
        named: dict[int, list[_View]] = {}
        for group in sorted(groups, key=_age_s, reverse=True):
            known = sorted({self._ids[view.key] for view in group if view.key in self._ids})
            free = [track_id for track_id in known if track_id not in named]
            if free:
                track_id = free[0]
            else:
                track_id, self._next_id = self._next_id, self._next_id + 1
            named[track_id] = group
        self._ids = {view.key: track_id for track_id, group in named.items() for view in group}
        return dict(sorted(named.items()))

    def _result(self, now_ns: int, people: list[HumanState]) -> Humans:
        silent = [name for name in self._cameras if self._is_silent(name, now_ns)]
        reasons = [f'nothing from {", ".join(silent)}'] if silent else []
        reasons += [
            f'{name}: {result.degraded_reason}'
            for name, result in sorted(self._latest.items())
            if result.degraded_reason and name not in silent
        ]
        latest = list(self._latest.values())
        return Humans(
            stamp_ns=now_ns,
            image_size=(0, 0),
            skeleton=latest[0].skeleton,
            people=tuple(people),
            used_pose=any(result.used_pose for result in latest),
            used_masks=any(result.used_masks for result in latest),
            used_depth=any(result.used_depth for result in latest),
            degraded_reason='; '.join(reasons),
        )

    def _is_silent(self, camera: str, now_ns: int) -> bool:
        result = self._latest.get(camera)
        return result is None or (now_ns - result.stamp_ns) * 1e-9 > _SILENT_S


def _at(human: HumanState, seconds: float) -> HumanState | None:
    """Return somebody so many seconds later, None when they are gone by then."""
    fading = 0.5 ** (max(seconds - _SILENT_S, 0.0) / _HALF_LIFE_S)
    existence = human.existence_probability * fading
    if fading < 1 and existence < _LEAST_EXISTENCE:
        return None
    return replace(later(human, seconds), existence_probability=existence)


def _are_fresh(first: _View, second: _View) -> bool:
    return max(first.human.time_since_update_s, second.human.time_since_update_s) <= _FRESH_S


def _evidence(people: list[HumanState]) -> np.ndarray:
    """Return the log-likelihood ratio (n, n) of one person against two, of each pair."""
    if not people:
        return np.zeros((0, 0))
    places = np.array([human.position_m for human in people], np.float64)
    spreads = np.array([human.position_covariance for human in people], np.float64)
    known = np.isfinite(places).all(axis=1) & np.isfinite(spreads).all(axis=(1, 2))
    places[~known], spreads[~known] = 0.0, np.eye(3)
    apart, spread = places[:, None] - places, spreads[:, None] + spreads
    _, log_sizes = np.linalg.slogdet(2 * np.pi * spread)
    distances = np.einsum('abi,abij,abj->ab', apart, np.linalg.inv(spread), apart)
    ratios = -0.5 * (distances + log_sizes) - np.log(_CROWD)
    both = np.logical_and.outer(known, known)
    return np.where(both, np.clip(ratios, -_SUREST, _SUREST), -_SUREST)


def _age_s(group: list[_View]) -> float:
    return max(view.human.age_s for view in group)


def _merged(track_id: int, group: list[_View], ids: Mapping[Key, int]) -> HumanState:
    cameras = [view.key[0] for view in group]

    def id_of(view: int, track: int) -> int:
        return ids.get((cameras[view], track), -1)

    return merge(track_id, [view.human for view in group], id_of)
