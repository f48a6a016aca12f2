"""How a node is doing, worked out from its counters. Knows no middleware."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np

_LATENCIES = 300


class Level(IntEnum):
    """How bad it is; the numbers are those of `diagnostic_msgs/DiagnosticStatus`."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        cause: short and stable, to log it once; '' when it was logged where it happened.
        text: one line, with the cure.
        level: how bad.
    """

    cause: str
    text: str
    level: Level = Level.WARN


class Source(Protocol):
    """A part of a node that has something to tell."""

    def counts(self) -> Mapping[str, int]:
        """Return what was counted; `frames_in`, `dropped_CAUSE` and others."""
        ...

    def values(self) -> Mapping[str, str]:
        """Return what else is to be told."""
        ...

    def problems(self) -> Sequence[Problem]:
        """Return what is wrong now."""
        ...


@dataclass(frozen=True)
class Report:
    """What is told at once.

    Attributes:
        problems: all that is wrong.
        rate_hz: results per second.
        values: key -> value.
    """

    problems: Sequence[Problem]
    rate_hz: float
    values: Mapping[str, str]

    @property
    def level(self) -> Level:
        """That of the worst problem."""
        return max((problem.level for problem in self.problems), default=Level.OK)

    @property
    def summary(self) -> str:
        """The problems in one line, or how fast it works."""
        texts = '; '.join(problem.text for problem in self.problems)
        return texts or f'{self.rate_hz:.0f} results per second'


class Health:
    """Turns counters into rates, and the problems of all sources into one report."""

    def __init__(self) -> None:
        """Begin without results."""
        self._frames_out = 0
        self._before = (0, 0)
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)

    def note_result(self, latency_ns: int) -> None:
        """Take note of a result, so long after its image came."""
        self._frames_out += 1
        self._latencies_ms.append(latency_ns * 1e-6)

    def report(self, sources: Sequence[Source], period_s: float) -> Report:
        """Return how it went since the last report, `period_s` ago.

        Of equal keys that of the last source is told.
        """
        counts: dict[str, int] = {}
        values: dict[str, str] = {}
        problems: list[Problem] = []
        for source in sources:
            counts |= source.counts()
            values |= source.values()
            problems += source.problems()
        now = (counts.get('frames_in', 0), self._frames_out)
        rates = [max(new - old, 0) / period_s for new, old in zip(now, self._before, strict=True)]
        self._before = now
        values |= {name: str(count) for name, count in counts.items()}
        values |= {'frames_out': str(self._frames_out)}
        values |= {'rate_in_hz': f'{rates[0]:.1f}', 'rate_out_hz': f'{rates[1]:.1f}'}
        if self._latencies_ms:
            p50, p95 = np.percentile(self._latencies_ms, (50, 95))
            values |= {'latency_p50_ms': f'{p50:.2f}', 'latency_p95_ms': f'{p95:.2f}'}
        return Report(problems, rates[1], values)
