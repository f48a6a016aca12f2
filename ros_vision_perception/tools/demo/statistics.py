"""What becomes of the frames: sent, answered, dropped, and after how long."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

# Latencies kept for the percentiles, and results for the rate.
_MEMORY = 3000
_RATE_WINDOW_NS = 2_000_000_000


@dataclass
class Statistics:
    """Counts of a run.

    Attributes:
        sent: images published.
        answered: images whose result came.
        dropped: images that were passed over: the result of a later one came.
    """

    sent: int = 0
    answered: int = 0
    dropped: int = 0
    _latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_MEMORY))
    _arrivals_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_MEMORY))

    def answer(self, stamp_ns: int, received_ns: int) -> None:
        """Count a result that was `received_ns`, of the image published at `stamp_ns`."""
        self.answered += 1
        self._latencies_ms.append((received_ns - stamp_ns) / 1e6)
        self._arrivals_ns.append(received_ns)

    def latency_ms(self, percent: float) -> float:
        """Return a percentile of the time from publishing an image to its result; NaN at first."""
        return float(np.percentile(self._latencies_ms, percent)) if self.answered else float('nan')

    @property
    def results_per_second(self) -> float:
        """Rate of results over the last two seconds; NaN before the second result."""
        if len(self._arrivals_ns) < 2:
            return float('nan')
        recent = [t for t in self._arrivals_ns if t >= self._arrivals_ns[-1] - _RATE_WINDOW_NS]
        return (len(recent) - 1) / max((recent[-1] - recent[0]) / 1e9, 1e-9)

    def line(self) -> str:
        """Return all of it as one line; rate and latency as soon as there are two results."""
        counts = f'{self.sent} sent, {self.answered} answered, {self.dropped} dropped'
        if len(self._arrivals_ns) < 2:
            return counts
        return (
            f'{self.results_per_second:.1f} results/s, '
            f'latency p50 {self.latency_ms(50):.0f} ms p95 {self.latency_ms(95):.0f} ms, {counts}'
        )
