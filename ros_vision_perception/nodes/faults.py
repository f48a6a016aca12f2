"""What is wrong with the input: counted, and each cause said once."""

from collections import Counter
from collections.abc import Callable

from ros_vision_perception.core.errors import FrameError


class Faults:
    """Counts dropped inputs per cause.

    Attributes:
        counts: cause -> number of inputs dropped for it.
    """

    def __init__(self, say: Callable[[str], object]) -> None:
        """Tell `say` the first fault of each cause, in one line."""
        self.counts: Counter[str] = Counter()
        self._say = say

    def note(self, error: FrameError, topic: str) -> None:
        """Count an input that was dropped."""
        self.counts[error.cause] += 1
        if self.counts[error.cause] == 1:
            self._say(
                f'dropped a message of {topic}: {error} '
                f'[{error.cause}; more of these are only counted, see /diagnostics]'
            )
