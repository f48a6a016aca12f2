"""Networks that are made ready at their first call, which tells for what shapes."""

import atexit
from collections.abc import Callable
from threading import Event, Thread

import numpy as np

from ros_vision_perception.backends.base import Backend, FileBackend
from ros_vision_perception.backends.shapes import Ranges, ranges_for, widened

Prepare = Callable[[Ranges, Callable[[], bool]], FileBackend]


class Deferred:
    """A network that is made ready when its first call comes, and again for wider shapes."""

    def __init__(self, described: FileBackend, prepare: Prepare) -> None:
        """Know the interface from `described`; make it ready with `prepare`.

        Args:
            described: the same network elsewhere.
            prepare: given the shapes of the inputs, and whom to ask whether to go on.
        """
        self.input_shapes = described.input_shapes
        self.output_shapes = described.output_shapes
        self.metadata = described.metadata
        self._prepare = prepare
        self._ranges: Ranges = {}
        self._ready: FileBackend | None = None

    @property
    def where(self) -> str:
        """What runs it, in one line, for people."""
        return self._ready.where if self._ready else 'not ready: nothing was run yet'

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network once; see `Backend.run`."""
        ranges = wider(self._ranges, self, inputs)
        if self._ready is None or ranges is not self._ranges:
            self._ready = None  # its memory first
            self._ready = self._prepare(ranges, lambda: True)
            self._ranges = ranges
        return self._ready.run(inputs)


class Meanwhile:
    """A network that runs where it can at once, until it is ready where it is faster."""

    def __init__(
        self, slower: FileBackend, prepare: Prepare, report: Callable[[str], object]
    ) -> None:
        """Run on `slower` until `prepare` is done, in the background; `report` what happens."""
        self.input_shapes = slower.input_shapes
        self.output_shapes = slower.output_shapes
        self.metadata = slower.metadata
        self._slower, self._prepare, self._report = slower, prepare, report
        self._ranges: Ranges = {}
        self._ready: FileBackend | None = None
        self._failure: Exception | None = None
        self._thread: Thread | None = None
        self._ended = Event()

    @property
    def where(self) -> str:
        """What runs it, in one line, for people."""
        return self._ready.where if self._ready else f'{self._slower.where}, for the time being'

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network once; see `Backend.run`.

        Raises:
            Exception: why it could not be made ready.
        """
        if self._failure is not None:
            raise self._failure
        ranges = wider(self._ranges, self, inputs)
        if ranges is not self._ranges and (self._thread is None or self._ready is not None):
            self._ready, self._ranges = None, ranges
            self._thread = Thread(target=self._make_ready, args=(ranges,), daemon=True)
            # Not killed in the middle when the process ends.
            atexit.register(self.close)
            self._thread.start()
        covered = ranges is self._ranges
        return (self._ready if self._ready and covered else self._slower).run(inputs)

    def close(self) -> None:
        """Give up what is being prepared, and wait until that has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _make_ready(self, ranges: Ranges) -> None:
        try:
            ready = self._prepare(ranges, lambda: not self._ended.is_set())
        except Exception as error:  # raised where somebody hears it: at the next call
            self._failure = error
            return
        finally:
            atexit.unregister(self.close)
        self._ready = ready
        self._report(f'changed over to {ready.where}')


def wider(known: Ranges, backend: Backend, inputs: dict[str, np.ndarray]) -> Ranges:
    """Return `known` itself if it covers the inputs, else ranges that do."""
    shapes = {name: array.shape for name, array in inputs.items()}
    if not known:
        return ranges_for(backend.input_shapes, shapes)
    if shapes.keys() == known.keys() and all(known[key].covers(shapes[key]) for key in shapes):
        return known
    return widened(known, shapes)
