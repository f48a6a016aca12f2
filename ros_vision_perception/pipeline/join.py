"""Inputs of one stamp that come separately: wait for one another, but never for long."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# An input that was missing this often in a row is not waited for until it comes in time again.
_PATIENCE = 5
# How many of the last stamps are remembered, to tell what comes late from what is long gone.
_MEMORY = 64
# How many deadlines a stamp waits for the main input, which may come from a slow model: without it
# the others are worth little.
_MAIN_DEADLINES = 10


@dataclass(frozen=True)
class Joined:
    """The inputs of one stamp.

    Attributes:
        stamp_ns: the stamp they share.
        first_ns: when the first of them arrived, on the clock of the caller.
        parts: input name -> value, without those that were not there in time.
        is_restart: time jumped back: the first of a new stream, such as a bag played again.
    """

    stamp_ns: int
    first_ns: int
    parts: Mapping[str, Any]
    is_restart: bool


@dataclass
class _Stream:
    """What is known about one input."""

    last_stamp_ns: int | None = None
    era: int = 0
    misses: int = 0


@dataclass
class _Waiting:
    """A stamp that is not complete yet, since when, and until when."""

    first_ns: int
    end_ns: int
    parts: dict[str, Any] = field(default_factory=dict)


class Joiner:
    """Collects the inputs of each stamp and gives them out in the order of their stamps.

    A stamp is given out as soon as nothing more can come for it: each input is there, or has
    already brought a later stamp, or is not waited for because it was missing the last times; at
    the latest when the deadline has passed since the main input came, which itself has ten
    deadlines from the first of the others on. Inputs for a stamp that was given out are dropped.

    When the stamps of one input jump back, a new era begins. What the others still bring from the
    old one is dropped for as long as the deadline.

    Attributes:
        deadline_ns: how long the main input waits for the others, on the clock of the caller.
        dropped: input name -> how many came too late, twice, or for a stream that had ended.
        missed: input name -> how many stamps were given out without it.
    """

    def __init__(self, inputs: tuple[str, ...], deadline_ns: int) -> None:
        """Let the first of the inputs, the main one, wait up to `deadline_ns` for the others."""
        self.dropped: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self._streams = {name: _Stream() for name in inputs}
        self._main = inputs[0]
        self.deadline_ns = deadline_ns
        self._waiting: dict[int, _Waiting] = {}
        self._given: dict[int, int] = {}
        self._era = 0
        self._era_began_ns = 0
        self._newest_ns = 0
        self._last_given_ns: int | None = None
        self._is_restart = False

    @property
    def late(self) -> int:
        """How many inputs were dropped."""
        return self.dropped.total()

    @property
    def is_waiting(self) -> bool:
        """Whether a stamp waits for an input, so that `expire` may have something to give."""
        return bool(self._waiting)

    def add(self, name: str, stamp_ns: int, value: Any, now_ns: int) -> list[Joined]:
        """Take in one input; return what is now complete, in the order of the stamps.

        Args:
            name: one of the inputs.
            stamp_ns: of the image that it belongs to.
            value: whatever is to be joined.
            now_ns: the time on a clock that never jumps.
        """
        stream = self._streams[name]
        if not self._enter_era(stream, stamp_ns, now_ns):
            self.dropped[name] += 1
        else:
            stream.last_stamp_ns = stamp_ns
            self._newest_ns = max(self._newest_ns, stamp_ns)
            if self._last_given_ns is not None and stamp_ns <= self._last_given_ns:
                self._note_late(name, stamp_ns, now_ns)
            else:
                waiting = self._waiting.setdefault(
                    stamp_ns, _Waiting(now_ns, now_ns + self._patience_ns(self._main))
                )
                self._keep(waiting, name, value, now_ns)
                stream.misses = 0
        return self.expire(now_ns)

    def expire(self, now_ns: int) -> list[Joined]:
        """Return what nothing more can come for, and what has waited long enough."""
        latest = max(
            (
                stamp_ns
                for stamp_ns, waiting in self._waiting.items()
                if now_ns >= waiting.end_ns or self._is_decided(stamp_ns, waiting)
            ),
            default=None,
        )
        if latest is None:
            return []
        return [self._give(stamp_ns) for stamp_ns in sorted(self._waiting) if stamp_ns <= latest]

    def _keep(self, waiting: _Waiting, name: str, value: Any, now_ns: int) -> None:
        if name in waiting.parts:  # of two with the same stamp the first counts
            self.dropped[name] += 1
            return
        waiting.parts[name] = value
        if name == self._main:
            waiting.end_ns = now_ns + self.deadline_ns

    def _patience_ns(self, name: str) -> int:
        """Return how long others wait for an input."""
        return self.deadline_ns * (_MAIN_DEADLINES if name == self._main else 1)

    def _note_late(self, name: str, stamp_ns: int, now_ns: int) -> None:
        self.dropped[name] += 1
        given_ns = self._given.get(stamp_ns)
        if given_ns is not None and now_ns - given_ns < self._patience_ns(name):
            self._streams[name].misses = 0  # with patience it would have been in time

    def _enter_era(self, stream: _Stream, stamp_ns: int, now_ns: int) -> bool:
        """Return whether a stamp belongs to the present era; begin one when it jumps back."""
        jumps_back = stream.last_stamp_ns is not None and stamp_ns < stream.last_stamp_ns
        if stream.era == self._era and jumps_back:
            self._begin_era(now_ns)
        elif stream.era < self._era and stream.last_stamp_ns is not None and not jumps_back:
            is_new = now_ns - self._era_began_ns < self.deadline_ns
            if is_new and stamp_ns > self._newest_ns + self.deadline_ns:
                return False
        stream.era = self._era
        return True

    def _begin_era(self, now_ns: int) -> None:
        self._era += 1
        self._era_began_ns = now_ns
        for waiting in self._waiting.values():
            self.dropped.update(waiting.parts.keys())
        self._waiting.clear()
        self._given.clear()
        self._newest_ns = 0
        self._last_given_ns = None
        self._is_restart = True

    def _is_decided(self, stamp_ns: int, waiting: _Waiting) -> bool:
        return all(
            name in waiting.parts
            or stream.misses >= _PATIENCE
            or (
                stream.era == self._era
                and stream.last_stamp_ns is not None
                and stream.last_stamp_ns > stamp_ns
            )
            for name, stream in self._streams.items()
        )

    def _give(self, stamp_ns: int) -> Joined:
        waiting = self._waiting.pop(stamp_ns)
        for name, stream in self._streams.items():
            stream.misses = 0 if name in waiting.parts else stream.misses + 1
            self.missed[name] += name not in waiting.parts
        self._given[stamp_ns] = waiting.first_ns
        if len(self._given) > _MEMORY:
            del self._given[next(iter(self._given))]
        self._last_given_ns = stamp_ns
        joined = Joined(stamp_ns, waiting.first_ns, waiting.parts, self._is_restart)
        self._is_restart = False
        return joined
