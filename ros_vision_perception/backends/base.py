"""What every inference runtime looks like to the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from ros_vision_perception.core.errors import ModelError

Shape = tuple[int, ...]


class Backend(Protocol):
    """A loaded network."""

    @property
    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Input name -> shape, where None is a dimension that may vary."""
        ...

    @property
    def output_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Output name -> shape, where None is a dimension that may vary."""
        ...

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network once.

        Args:
            inputs: input name -> array of the shape that the network declares. What it wants in
                another type than float32 is converted.

        Returns:
            Output name -> array.
        """
        ...


class FileBackend(Backend, Protocol):
    """A network loaded from a file."""

    @property
    def metadata(self) -> dict[str, str]:
        """Entries that whoever wrote the file left in it."""
        ...

    @property
    def where(self) -> str:
        """What runs it on what device in what precision, in one line, for people."""
        ...


OpenNetwork = Callable[[Path], FileBackend]
# File, threads per call, as far as a CPU is at work -> the network.
Runtime = Callable[[Path, int], FileBackend]


def check_interface(
    backend: Backend, path: str, inputs: dict[str, tuple], outputs: dict[str, tuple]
) -> None:
    """Raise ModelError unless a network has the given inputs and outputs, of these shapes.

    Args:
        backend: the loaded network.
        path: named in the message.
        inputs: name -> shape; None matches any length.
        outputs: likewise; further outputs are fine.
    """
    for kind, want, got in (
        ('input', inputs, backend.input_shapes),
        ('output', outputs, backend.output_shapes),
    ):
        for name, shape in want.items():
            if name not in got or not _fits(got[name], shape):
                raise ModelError(
                    f'{path}: expected {kind} {name} {_text(shape)}; got '
                    + ', '.join(f'{key} {_text(value)}' for key, value in got.items())
                )


def _fits(got: tuple[int | None, ...], want: tuple[int | None, ...]) -> bool:
    return len(got) == len(want) and all(
        g is None or w is None or g == w for g, w in zip(got, want, strict=True)
    )


def _text(shape: tuple[int | None, ...]) -> str:
    return 'x'.join('N' if length is None else str(length) for length in shape)
