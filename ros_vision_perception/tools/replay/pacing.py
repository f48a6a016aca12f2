"""Messages of a bag at their time, by the clock on the wall."""

from collections.abc import Callable, Iterable
import math
import time
from typing import Protocol

from ros_vision_perception.tools.replay.outgoing import Outgoing

_NANOSECONDS = 1e9
# How often the time is told while nothing else is.
_TICK_S = 0.01
# What comes later than this is waited for; what is less is caught up with.
_SLACK_S = 0.1
# From when on it is said, and again at each doubling.
_BEHIND_S = 1.0


class Outlet(Protocol):
    """Where messages go."""

    @property
    def is_over(self) -> bool:
        """Whether to stop."""

    def tick(self, time_ns: int) -> None:
        """Tell the time."""

    def publish(self, topic: str, data: bytes) -> None:
        """Give a message away."""


class Pace:
    """Which time of the bag it is. It stands still while a message is waited for.

    Attributes:
        behind_s: how long it stood still in all, seconds on the wall.
    """

    def __init__(
        self,
        rate: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin at the first message; `rate` seconds of the bag go by in a second."""
        self.behind_s = 0.0
        self._rate, self._now, self._sleep = rate, now, sleep
        self._begun: tuple[int, float] | None = None

    def wait_s(self, time_ns: int) -> float:
        """Return how long until a message is due; all that follow wait for one that is late."""
        if self._begun is None:
            self._begun = time_ns, self._now()
        first_ns, begun_s = self._begun
        left_s = begun_s + (time_ns - first_ns) / _NANOSECONDS / self._rate - self._now()
        if left_s < -_SLACK_S:
            self.behind_s -= left_s
            self._begun = first_ns, begun_s - left_s
        return max(left_s, 0.0)

    def rest(self, limit_s: float) -> int:
        """Sleep a while, `limit_s` at most; return the time of the bag then, ns."""
        self._sleep(min(limit_s, _TICK_S))
        first_ns, begun_s = self._begun or (0, self._now())
        return first_ns + round((self._now() - begun_s) * self._rate * _NANOSECONDS)

    def reached(self, time_ns: int) -> float:
        """Return at which rate the bag was played up to a message that is due now."""
        first_ns, _ = self._begun or (time_ns, 0.0)
        asked_s = (time_ns - first_ns) / _NANOSECONDS / self._rate
        return self._rate * asked_s / (asked_s + self.behind_s) if asked_s else self._rate


def play(
    messages: Iterable[Outgoing], outlet: Outlet, pace: Pace, report: Callable[[str], object]
) -> None:
    """Publish each message when it is due, and the time before it.

    The time never runs ahead: it is that of the last message, or lies between that and the next
    one, which is at hand then.

    Args:
        messages: in their order.
        outlet: where they go; asked each time whether to stop.
        pace: made for them.
        report: told when they do not come fast enough.
    """
    clock_ns, told_s = 0, _BEHIND_S

    def go_on(time_ns: int) -> None:
        nonlocal clock_ns
        if time_ns > clock_ns:
            clock_ns = time_ns
            outlet.tick(time_ns)

    for message in messages:
        while not outlet.is_over and (left_s := pace.wait_s(message.time_ns)) > 0:
            go_on(min(pace.rest(left_s), message.time_ns))
        if outlet.is_over:
            return
        go_on(message.time_ns)
        outlet.publish(message.offer.topic, message.data)
        if pace.behind_s > told_s:
            told_s = 2 * pace.behind_s
            rate = max(math.floor(100 * pace.reached(clock_ns)) / 100, 0.01)
            report(
                f'{pace.behind_s:.1f} s behind, for the models are slower than that; '
                f'cure: --rate {rate:g}, or smaller models'
            )
