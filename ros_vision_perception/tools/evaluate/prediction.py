"""Where people go in 3 s, against where they are then, and against constant velocity."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
import sys
from typing import Any

import numpy as np

from ros_vision_perception.core.human import Humans, HumanState, TrackState
from ros_vision_perception.core.prediction import (
    TIMES_S,
    Futures,
    Walkers,
    go_on,
    predict,
    walkers_of,
)
from ros_vision_perception.tools.evaluate import clip_people

# A prediction this often; and how near in time its truth must be, s.
_EVERY_S, _NEAR_S = 0.2, 0.06


@dataclass(frozen=True)
class Samples:
    """N predictions that were made, and what became of them.

    Attributes:
        walkers: N people of whom predictions were made.
        truths_m: (N, S, 3) m, where they were at `TIMES_S` after; NaN where they were not seen.
    """

    walkers: Walkers
    truths_m: np.ndarray


def collect(seen: Sequence[Humans]) -> tuple[list[HumanState], list[np.ndarray]]:
    """Return who was seen in a clip now and then, and where they were (S, 3) later.

    The truth is where the fusion has them when it sees them: how far away they are, it says with
    the same error, mostly, sooner or later.
    """
    times = np.array([humans.stamp_ns * 1e-9 for humans in seen])
    by_id = [{human.track_id: human for human in _sure(humans)} for humans in seen]
    people, truths, last_s = [], [], -np.inf
    for now_s, humans in zip(times, seen, strict=True):
        if now_s - last_s < _EVERY_S - 1e-6:
            continue
        last_s = now_s
        later = np.abs(times - (now_s + TIMES_S)[:, None])
        frames = [
            by_id[frame] if off < _NEAR_S else {}
            for frame, off in zip(later.argmin(axis=1), later.min(axis=1), strict=True)
        ]
        for human in _sure(humans):
            then = [frame.get(human.track_id) for frame in frames]
            if any(then):
                people.append(human)
                nowhere = np.full(3, np.nan)
                truths.append(np.array([nowhere if p is None else p.position_m for p in then]))
    return people, truths


def _sure(humans: Humans) -> list[HumanState]:
    return [
        human
        for human in humans.people
        if human.track_state == TrackState.CONFIRMED
        and human.time_since_update_s == 0
        and human.has_3d
    ]


def figures(samples: Samples) -> dict[str, Any]:
    """Return the mean errors, m, and the negative log-likelihoods of ours and of the baseline."""
    walkers, truths = samples.walkers, samples.truths_m
    if not len(truths):
        return {'predictions': 0}
    futures = predict(walkers)
    positions, covariances = go_on(walkers)
    weights = np.ones((len(truths), 1))
    baseline = Futures(positions[:, None], covariances[:, None], weights)
    return {
        'predictions': len(truths),
        **_errors(futures, truths),
        'baseline': _errors(baseline, truths),
    }


def _errors(futures: Futures, truths_m: np.ndarray) -> dict[str, float | None]:
    """Return the figures of the likeliest hypothesis, of the best one, and of all together."""
    known = np.isfinite(truths_m[..., 0])
    off = np.linalg.norm(futures.positions_m - truths_m[:, None], axis=-1)
    off = np.where(futures.weights[..., None] > 0, off, np.inf)
    rows, top = np.arange(len(off)), futures.weights.argmax(axis=1)
    total = np.where(known[:, None], off, 0.0).sum(axis=2)
    best = off[rows, total.argmin(axis=1)]
    likelihoods = _log_likelihoods(futures, truths_m)
    return {
        'ADE': _mean(off[rows, top][known]),
        'FDE': _mean(off[rows, top][:, -1][known[:, -1]]),
        'min_ADE': _mean(best[known]),
        'min_FDE': _mean(best[:, -1][known[:, -1]]),
        'NLL': _mean(-likelihoods[known]),
    }


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _log_likelihoods(futures: Futures, truths_m: np.ndarray) -> np.ndarray:
    """Return the (N, S) logarithms of the density of the mixture, per m^3."""
    off = truths_m[:, None] - futures.positions_m
    solved = np.linalg.solve(futures.covariances, off[..., None])[..., 0]
    _, sizes = np.linalg.slogdet(2 * np.pi * futures.covariances)
    exponents = -0.5 * ((off * solved).sum(axis=-1) + sizes)
    with np.errstate(divide='ignore'):
        exponents += np.log(futures.weights)[..., None]
    top = exponents.max(axis=1, keepdims=True)
    return np.log(np.exp(exponents - top).sum(axis=1)) + top[:, 0]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--video', type=Path, nargs='+', required=True, metavar='FILE')
    parser.add_argument('--frames', type=int, metavar='N', help='of each video; default all')
    clip_people.add_arguments(parser)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name and the figures over all videos, and of each."""
    perception, model = clip_people.load(arguments)
    everyone: list[HumanState] = []
    later: list[np.ndarray] = []
    per_video: dict[str, Any] = {}
    for path in arguments.video:
        print(path.name, file=sys.stderr)
        watched = clip_people.watch(perception, path, arguments.fov)
        people, truths = collect(list(islice(watched, arguments.frames)))
        per_video[path.stem] = figures(_samples(people, truths))
        everyone += people
        later += truths
    return {'model': model, **figures(_samples(everyone, later)), 'per_video': per_video}


def _samples(people: Sequence[HumanState], truths: Sequence[np.ndarray]) -> Samples:
    return Samples(walkers_of(people), np.array(truths).reshape(-1, len(TIMES_S), 3))
