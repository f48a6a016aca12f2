"""Work that takes seconds, in a thread of its own, while the executor goes on."""

from collections.abc import Callable, Generator
import threading
import time
from typing import Generic, TypeVar

Loaded = TypeVar('Loaded')
_NAME = 'loading'
_NAP_S = 0.01
_PROGRESS_S = 5.0


class Loading(Generic[Loaded]):
    """One piece of work; a coroutine in an executor may await its end."""

    def __init__(self, work: Callable[[], Loaded], report: Callable[[str], object]) -> None:
        """Begin `work` in another thread; `report` is told now and then that it still goes on."""
        self._work, self._report = work, report
        self._began_s = self._said_s = time.monotonic()
        self._loaded: Loaded | None = None
        self._error: Exception | None = None
        # No daemon: Python would end it within the C++ code of a runtime, and so abort.
        self._thread = threading.Thread(target=self._run, name=_NAME)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether the work has ended, well or not; reports when it takes long."""
        now_s = time.monotonic()
        if now_s - self._said_s >= _PROGRESS_S:
            self._said_s = now_s
            self._report(f'still loading after {self.elapsed_s:.0f} s')
        return not self._thread.is_alive()

    @property
    def elapsed_s(self) -> float:
        """How long it has been going on, s."""
        return time.monotonic() - self._began_s

    def result(self) -> Loaded:
        """Return what was loaded, or raise why it was not; waits for the end."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._loaded  # type: ignore[return-value]  # it has ended without an error

    def __await__(self) -> Generator[None, None, None]:
        """Let the executor do other things until the work has ended."""
        while not self.is_done:
            # An executor calls what awaits again and again: without a nap it would take a core.
            self._thread.join(_NAP_S)
            yield

    def _run(self) -> None:
        try:
            self._loaded = self._work()
        except Exception as error:  # raised where somebody asks for the result
            self._error = error


def is_any_loading() -> bool:
    """Whether something is being loaded in this process, be it for nobody any more."""
    return any(thread.name == _NAME for thread in threading.enumerate())
