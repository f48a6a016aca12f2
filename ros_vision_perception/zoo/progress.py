"""How far a download is: a bar on a terminal, a line now and then in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
import sys
import time

from ros_vision_perception.zoo.cache import Report
from ros_vision_perception.zoo.http import Progress

_SECONDS_PER_LINE = 10.0


@contextmanager
def reported(what: str, report: Report) -> Iterator[Progress]:
    """Tell what begins; what is yielded then tells how far it is."""
    report(what)
    if not sys.stderr.isatty():
        yield _Lines(what, report)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda have, total: bar.update(task, completed=have, total=total)


class _Lines:
    """Reports at most one line per so many seconds."""

    def __init__(self, what: str, report: Report) -> None:
        self._what = what
        self._report = report
        self._last = time.monotonic()

    def __call__(self, have: int, total: int | None) -> None:
        if time.monotonic() - self._last < _SECONDS_PER_LINE:
            return
        self._last = time.monotonic()
        of = f' of {total / 1e6:.1f}' if total else ''
        self._report(f'{self._what}: {have / 1e6:.1f}{of} MB')
