"""The bag that a replay writes: whole, or not there."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Queue
import shutil
import threading
from types import TracebackType

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.replay.outgoing import Outgoing

# Messages that wait to be written.
_WAITING = 64


class BagOutput:
    """A bag that gets its name when it is finished; what was begun before is thrown away.

    Messages are written by a thread of their own, in the order of `write`.
    """

    def __init__(self, path: Path) -> None:
        """Write to `path` in the end; raises ConfigurationError when that cannot be done."""
        self._path = path
        self._begun = path.parent / '.begun' / path.name
        try:
            shutil.rmtree(self._begun, ignore_errors=True)
            self._begun.parent.mkdir(parents=True, exist_ok=True)
            self._recorder = BagRecorder(self._begun)
        except OSError as error:
            raise ConfigurationError(f'{path} cannot be written: {error.strerror}') from error
        self._waiting: Queue[Callable[[], None] | None] = Queue(_WAITING)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def write(self, message: Outgoing) -> None:
        """Append a message: one of the bag byte by byte, a result by `BagRecorder.write_again`."""
        write = self._recorder.write_again if message.is_result else self._recorder.write
        offer, time_ns, data = message.offer, message.time_ns, message.data
        latched = offer.is_latched
        self._put(lambda: write(offer.topic, offer.message_type, time_ns, data, latched=latched))

    def note(self, name: str, text: str) -> None:
        """Lay a file beside the messages."""
        (self._begun / name).write_text(text, encoding='utf-8')

    def __enter__(self) -> 'BagOutput':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the bag and give it its name; after an error, leave nothing."""
        self._waiting.put(None)
        self._thread.join()
        try:
            if kind is None:
                self._raise_error()
            self._recorder.close()
            if kind is None:
                self._begun.rename(self._path)
        except OSError as reason:
            raise ConfigurationError(
                f'{self._path} cannot be written: {reason.strerror}'
            ) from reason
        finally:
            shutil.rmtree(self._begun, ignore_errors=True)
            with suppress(OSError):  # others may be writing their bags there
                self._begun.parent.rmdir()

    def _put(self, write: Callable[[], None]) -> None:
        self._raise_error()
        self._waiting.put(write)

    def _work(self) -> None:
        while (write := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    write()
                except BaseException as error:  # raised again by whoever writes next
                    self._error = error

    def _raise_error(self) -> None:
        if self._error is not None:
            if isinstance(self._error, OSError):
                raise ConfigurationError(
                    f'{self._path} cannot be written: {self._error.strerror}'
                ) from self._error
            raise self._error
