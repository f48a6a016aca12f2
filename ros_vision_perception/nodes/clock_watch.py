"""Notices when the clock that stamps are compared with jumps, and stamps that are far from it."""

from collections.abc import Callable
import time

_JUMP_S = 0.5
_FUTURE_S, _PAST_S = 0.1, 60.0


class ClockWatch:
    """Compares a clock that may be set with one that cannot.

    Attributes:
        jumps: how often the clock jumped.
    """

    def __init__(
        self,
        now_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        """Watch `now_ns`; `steady_ns` never jumps."""
        self.jumps = 0
        self._now_ns, self._steady_ns = now_ns, steady_ns
        self._offset_ns = now_ns() - steady_ns()

    def problem(self) -> str:
        """Return what happened since the last call, '' when nothing did."""
        offset_ns = self._now_ns() - self._steady_ns()
        jump_s = (offset_ns - self._offset_ns) * 1e-9
        self._offset_ns = offset_ns
        if abs(jump_s) < _JUMP_S:
            return ''
        self.jumps += 1
        return (
            f'the system clock jumped by {jump_s:+.1f} s: latencies and ages are wrong meanwhile; '
            'let the clock be synchronised before the nodes start, and slewed afterwards'
        )


def stamp_problem(age_s: float) -> str:
    """Return what is wrong with images that are so old on arrival, '' when nothing is."""
    if -_FUTURE_S <= age_s <= _PAST_S:
        return ''
    where = f'{age_s:.1f} s old on arrival' if age_s > 0 else f'{-age_s:.1f} s in the future'
    return (
        f'stamps of the images are {where}: synchronise the clocks of the machines; '
        'for a bag set use_sim_time: true and play it with --clock'
    )
