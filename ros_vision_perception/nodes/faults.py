"""What is wrong with the input: counted, and each cause said now and then."""

from collections import Counter
from collections.abc import Callable
import time

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.health import Problem

# A cause that lasts is said again after this long.
_QUIET_S = 60.0


class Faults:
    """Counts inputs that could not be used, per cause.

    Attributes:
        counts: cause -> number of inputs.
    """

    def __init__(
        self, say: Callable[[str], object], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Tell `say` the first fault of each cause, and one per minute of `clock_s`."""
        self.counts: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._say, self._clock_s = say, clock_s
        self._told: Counter[str] = Counter()
        self._said_s: dict[str, float] = {}

    def note(self, error: FrameError, topic: str) -> None:
        """Count an input that could not be used."""
        cause = error.cause
        self.counts[cause] += 1
        self._reasons[cause] = f'{topic}: {error}'
        now_s = self._clock_s()
        if now_s - self._said_s.get(cause, -_QUIET_S) >= _QUIET_S:
            self._said_s[cause] = now_s
            again = f'{self.counts[cause]} so far' if self.counts[cause] > 1 else 'the first'
            self._say(
                f'cannot use a message of {self._reasons[cause]} '
                f'[{cause}, {again}; counted in /diagnostics]'
            )

    def news(self) -> list[Problem]:
        """Return what could not be used since the last call."""
        new, self._told = self.counts - self._told, self.counts.copy()
        return [Problem('', f'{count} of {self._reasons[cause]}') for cause, count in new.items()]
