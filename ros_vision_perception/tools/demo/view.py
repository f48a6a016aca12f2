"""What a run looks like while it goes on: a live table, lines, or a window."""

from contextlib import AbstractContextManager, nullcontext
import time

import cv2
import numpy as np
from rich.console import Console
from rich.live import Live

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import Humans
from ros_vision_perception.tools.demo.table import people_line, people_table

_LINE_PERIOD_S = 1.0
_WINDOW = 'ros_vision_perception: q ends'


class _Window:
    """A window with the newest picture."""

    def __init__(self) -> None:
        """Open it; raises ConfigurationError where OpenCV has no windows."""
        try:
            cv2.namedWindow(_WINDOW, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise ConfigurationError(
                '--show needs a screen and an OpenCV with windows; this one is headless. '
                'Cure: pip install opencv-python in place of opencv-python-headless'
            ) from error

    def show(self, picture: np.ndarray) -> bool:
        """Show a picture; returns False when the user wants to end."""
        cv2.imshow(_WINDOW, picture)
        return cv2.waitKey(1) & 0xFF != ord('q')

    def close(self) -> None:
        """Close the window."""
        cv2.destroyWindow(_WINDOW)


class View:
    """Shows the newest result: a table in a terminal, a line per second anywhere else."""

    def __init__(self, console: Console, *, began_s: float, with_window: bool) -> None:
        """Write to `console`; `began_s` is when the run began, on the monotonic clock."""
        self._console = console
        self._began_s = began_s
        self._window = _Window() if with_window else None
        self._live: Live | None = None
        self._next_line_s = 0.0

    def say(self, *lines: str) -> None:
        """Write lines, above the table if there is one."""
        for line in lines:
            self._console.print(line, markup=False, soft_wrap=True)

    def say_with_time(self, line: str) -> None:
        """Write a line, and when that was."""
        self.say(f'[{time.monotonic() - self._began_s:.1f} s] {line}')

    def live(self) -> AbstractContextManager:
        """Return the context in which the table is on the screen."""
        if not self._console.is_terminal:
            return nullcontext()
        self._live = Live(console=self._console, refresh_per_second=8)
        return self._live

    def update(self, humans: Humans | None, caption: str) -> None:
        """Show a result, and figures about the run."""
        if self._live is not None:
            self._live.update(people_table(humans, caption))
        elif time.monotonic() >= self._next_line_s:
            self._next_line_s = time.monotonic() + _LINE_PERIOD_S
            self.say(f'{caption} | {people_line(humans)}')

    def show(self, picture: np.ndarray) -> bool:
        """Show a picture in the window, if there is one; False when the user wants to end."""
        return self._window is None or self._window.show(picture)

    def close(self) -> None:
        """Close the window."""
        if self._window is not None:
            self._window.close()
