"""Reads pickles of plain values and NumPy arrays, and runs nothing that is in them.

A pickle is a program: whoever loads one with the standard loader runs what its author wrote. Here
no name in it stands for anything but our own makers of arrays of numbers.
"""

from collections.abc import Callable
import math
from pathlib import Path
import pickle
import struct
from typing import Any, BinaryIO, ClassVar

import numpy as np

from ros_vision_perception.tools.recordings.clip import ClipError

# Booleans, integers, floats.
_KINDS = 'biuf'


def load(path: Path) -> Any:
    """Return what is in a file; arrays come as `Array`.

    Raises:
        ClipError: when it holds anything else, or is damaged.
    """
    try:
        with path.open('rb') as file:
            return _Unpickler(_Bounded(file, path.stat().st_size)).load()
    except _RefusedError as error:
        refused = f'{path.name}: expected arrays and plain values; it asks for {error}'
        raise ClipError('not only arrays', refused) from error
    except EOFError as error:
        raise ClipError('truncated', f'{path.name}: the file ends too early') from error
    # A damaged pickle may make the loader raise nearly anything.
    except Exception as error:
        cause = 'truncated' if 'truncated' in str(error) else 'unreadable'
        reason = f'{type(error).__name__} {error}'
        raise ClipError(cause, f'{path.name} is no usable pickle: {reason}') from error


class _Bounded:
    """A file of which nobody claims more than it holds, whatever it says of its parts."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.readline, self.readinto = file.readline, file.readinto  # type: ignore[attr-defined]
        self._read, self._size = file.read, size

    def read(self, count: int) -> bytes:
        """Return bytes; raises EOFError where there cannot be so many."""
        if count > self._size:
            raise EOFError
        return self._read(count)


class Array:
    """An array out of a pickle.

    Attributes:
        values: the array; empty until the pickle told what is in it.
    """

    __slots__ = ('values',)

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take shape, type, order and bytes as NumPy writes them; raises ValueError if not so."""
        _, shape, kind, is_fortran, data = state
        self.values = _array(data, kind, shape, 'F' if is_fortran else 'C')


class _Kind:
    """The type of the numbers in an array."""

    __slots__ = ('name',)

    def __init__(self, name: Any, *_: Any) -> None:
        self.name = str(name)
        _type_of(self.name)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take version and byte order as NumPy writes them, and nothing else."""
        order = state[1]
        if order not in ('<', '>', '|', '=') or state[2] is not None:
            raise ValueError(f'a type of numbers cannot be {state!r}')
        self.name = order + self.name.lstrip('<>|=')


class _Maker:
    """Stands for a function of NumPy in a pickle, which cannot change it."""

    __slots__ = ('_make',)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise ValueError('a function has no state')


class _RefusedError(Exception):
    """The name of something that is not let in."""


class _Unpickler(pickle._Unpickler):
    """Knows the names with which NumPy writes arrays and numbers, old and new, and no other.

    The loader written in C would claim as much memory as a damaged file says; this one, in Python,
    does not, and takes seconds for the largest data sets.
    """

    def _load_bytes(self) -> None:
        """Read bytes that could be changed as such that cannot: memory is claimed as they come."""
        (count,) = struct.unpack('<Q', self.read(8))  # type: ignore[attr-defined]
        self.append(self.read(count))  # type: ignore[attr-defined]

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        **pickle._Unpickler.dispatch,
        pickle.BYTEARRAY8[0]: _load_bytes,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return our own maker; raises _RefusedError."""
        place = module.replace('numpy._core', 'numpy.core')
        makers: dict[tuple[str, str], Callable[..., Any]] = {
            ('numpy.core.multiarray', '_reconstruct'): _empty,
            ('numpy.core.multiarray', 'scalar'): _scalar,
            ('numpy.core.numeric', '_frombuffer'): _from_buffer,
            ('numpy', 'dtype'): _Kind,
            ('numpy', 'ndarray'): _empty,
            ('_codecs', 'encode'): _latin1,
        }
        if (place, name) not in makers:
            raise _RefusedError(f'{module}.{name}')
        return _Maker(makers[place, name])


def _empty(*_: Any) -> Array:
    return Array(np.empty(0))


def _from_buffer(data: Any, kind: _Kind, shape: Any, order: str) -> Array:
    return Array(_array(data, kind, shape, order))


def _scalar(kind: _Kind, data: Any) -> int | float | bool:
    return _array(data, kind, (), 'C').item()


def _array(data: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    if not isinstance(data, bytes) or not isinstance(kind, _Kind):
        raise ValueError('an array must be of bytes and of numbers')
    sizes = tuple(int(size) for size in shape)
    kind_of_numbers = _type_of(kind.name)
    if min(sizes, default=0) < 0 or math.prod(sizes) * kind_of_numbers.itemsize != len(data):
        raise ValueError(f'an array of {sizes} {kind.name} cannot have {len(data)} bytes')
    return np.frombuffer(data, kind_of_numbers).reshape(sizes, order='F' if order == 'F' else 'C')


def _type_of(name: str) -> np.dtype:
    kind = np.dtype(name)
    if kind.kind not in _KINDS or kind.names:
        raise _RefusedError(f'numbers of the type {name[:40]}')
    return kind


def _latin1(text: Any, encoding: Any) -> bytes:
    """Return bytes, which old pickles hold as text."""
    if encoding != 'latin1':
        raise _RefusedError(f'text as {encoding}'[:60])
    return str(text).encode('latin1')
