"""Where the time of a frame goes, measured by a clock that the caller owns."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol


class Stages(Protocol):
    """Called with a stage's name, gives the context in which that stage runs."""

    def __call__(self, name: str) -> AbstractContextManager[None]:
        """Enter the stage `name`: 'convert', 'preprocess', 'infer', 'decode', 'fuse' ..."""
        ...


def no_stages(name: str) -> AbstractContextManager[None]:
    """Measure nothing."""
    return nullcontext()


class StageTimes:
    """Adds up nanoseconds per stage of one frame.

    Attributes:
        elapsed_ns: stage name -> nanoseconds since the last `clear`.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        """Measure with `clock_ns`, such as `time.perf_counter_ns`."""
        self.elapsed_ns: dict[str, int] = {}
        self._clock_ns = clock_ns

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time the block and add it to the stage."""
        start = self._clock_ns()
        try:
            yield
        finally:
            self.elapsed_ns[name] = self.elapsed_ns.get(name, 0) + self._clock_ns() - start

    def clear(self) -> None:
        """Begin a new frame."""
        self.elapsed_ns = {}
