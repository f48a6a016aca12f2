"""How far a replay is, on stderr."""

from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """A bar for each task, and lines above."""

    def __init__(self) -> None:
        """Show nothing yet."""
        columns = (
            TextColumn('{task.description}'),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True))

    def task(self, name: str) -> Callable[[int, int | None], None]:
        """Return what is to be told how much is done, and of how much; a bar per name."""
        known = [task.id for task in self._progress.tasks if task.description == name]
        task = known[0] if known else self._progress.add_task(name, total=None)

        def show(done: int, of: int | None) -> None:
            self._progress.update(task, completed=done, total=of)

        return show

    def say(self, line: str) -> None:
        """Print a line."""
        # Not as rich would have it: what stands in brackets is no markup.
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> 'Bar':
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()
