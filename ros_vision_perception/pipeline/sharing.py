"""Networks that several cameras use: loaded once, run by one of them at a time.

The order is that of asking, so nobody starves. Calls that wait together can be one batch.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Condition, Lock, RLock
from weakref import WeakValueDictionary

import numpy as np

from ros_vision_perception.backends.base import FileBackend

Arrays = dict[str, np.ndarray]
# What a network may answer differently about an image in a batch, relative and absolute.
_TOLERANCES = {'rtol': 1e-2, 'atol': 1e-2}


class NetworkPool:
    """The networks of a process. A network is gone when nobody uses it any more."""

    def __init__(self, users: int = 1, batch_wait_s: float = 0.0) -> None:
        """Expect `users` of each network.

        Args:
            users: calls of one network that may come at once.
            batch_wait_s: how long the first of them waits for the others, to be run with them as
                one batch; 0 to run each on its own.
        """
        self._users, self._batch_wait_s = users, batch_wait_s
        self._lock = RLock()
        self._networks: WeakValueDictionary[Hashable, SharedNetwork] = WeakValueDictionary()

    def open(self, key: Hashable, load: Callable[[], FileBackend]) -> 'SharedNetwork':
        """Return the network of this key, from `load` if nobody has it yet."""
        with self._lock:
            network = self._networks.get(key)
            if network is None:
                network = SharedNetwork(load(), self._users, self._batch_wait_s)
                self._networks[key] = network
            return network


@dataclass(eq=False)
class _Call:
    """One call of a network, from asking to the answer."""

    inputs: Arrays
    outputs: Arrays | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.outputs is not None or self.error is not None

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))


class SharedNetwork:
    """A network that may be called from several threads."""

    def __init__(self, network: FileBackend, users: int, batch_wait_s: float) -> None:
        """Run `network`; see `NetworkPool`."""
        self._network = network
        self._users, self._wait_s = users, batch_wait_s
        self._batches = None if users > 1 and batch_wait_s > 0 and _may_batch(network) else False
        self._turn = Lock()
        self._news = Condition()
        self._waiting: deque[_Call] = deque()

    @property
    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Input name -> shape, where None is a dimension that may vary."""
        return self._network.input_shapes

    @property
    def output_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Output name -> shape, where None is a dimension that may vary."""
        return self._network.output_shapes

    @property
    def metadata(self) -> dict[str, str]:
        """Entries that whoever wrote the file left in it."""
        return self._network.metadata

    @property
    def where(self) -> str:
        """What runs it on what device in what precision, in one line, for people."""
        return self._network.where

    def run(self, inputs: Arrays) -> Arrays:
        """Run the network once; see `Backend.run`. Others who ask wait meanwhile."""
        call = _Call(inputs)
        with self._news:
            self._waiting.append(call)
            self._news.notify_all()
        with self._turn:
            # Whoever has the turn runs who came first, so threads do not overtake each other.
            while not call.is_done:
                self._serve(self._next())
        if call.error is not None:
            raise call.error
        assert call.outputs is not None
        return call.outputs

    def _next(self) -> list[_Call]:
        """Return the calls to run now: the first of those that wait, and who fits to it."""
        with self._news:
            if self._batches:
                self._news.wait_for(lambda: len(self._waiting) >= self._users, self._wait_s)
            first = self._waiting.popleft()
            if not self._batches:
                return [first]
            shapes = _item_shapes(first.inputs)
            fitting = [call for call in self._waiting if _item_shapes(call.inputs) == shapes]
            for call in fitting:
                self._waiting.remove(call)
            return [first, *fitting]

    def _serve(self, calls: Sequence[_Call]) -> None:
        try:
            if len(calls) == 1:
                self._run_one(calls[0])
            else:
                for call, outputs in zip(calls, self._run_batch(calls), strict=True):
                    call.outputs = outputs
        except Exception as error:  # raised in the thread of each caller
            for call in calls:
                call.error = error

    def _run_one(self, call: _Call) -> None:
        outputs = self._network.run(call.inputs)
        if self._batches is None:  # the first call, made while the models are loaded
            self._batches = self._tells_apart(call, outputs)
        call.outputs = outputs

    def _tells_apart(self, call: _Call, outputs: Arrays) -> bool:
        """Return whether a full batch gives of each image what that image gives alone.

        An engine is built for a full batch here, not when the first one comes.
        """
        together = self._network.run(_joined([call] * self._users))
        if any(len(array) != call.rows * self._users for array in together.values()):
            return False
        return all(
            np.allclose(part[name], outputs[name], **_TOLERANCES, equal_nan=True)
            for part in _parts(together, [call.rows] * self._users)
            for name in outputs
        )

    def _run_batch(self, calls: Sequence[_Call]) -> list[Arrays]:
        return _parts(self._network.run(_joined(calls)), [call.rows for call in calls])


def _may_batch(network: FileBackend) -> bool:
    return all(shape and shape[0] is None for shape in network.input_shapes.values())


def _item_shapes(inputs: Arrays) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    return {name: (array.shape[1:], array.dtype) for name, array in inputs.items()}


def _joined(calls: Sequence[_Call]) -> Arrays:
    names = calls[0].inputs
    return {name: np.concatenate([call.inputs[name] for call in calls]) for name in names}


def _parts(outputs: Arrays, rows: Sequence[int]) -> list[Arrays]:
    ends = np.cumsum(rows)
    return [
        {name: array[end - count : end] for name, array in outputs.items()}
        for end, count in zip(ends, rows, strict=True)
    ]
