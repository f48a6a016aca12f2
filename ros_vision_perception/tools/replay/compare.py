"""Two bags of results, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.typestore import package_typestore

# What depends on when and where a result was made, not on what it says.
IGNORED = frozenset({'published', 'processing_latency', 'sensor_age'})


@dataclass(frozen=True)
class Tolerances:
    """How far numbers with a fraction may differ: by the sum of both. All else must be equal.

    Attributes:
        absolute: in the unit of the number.
        relative: as a share of the expected number.
    """

    absolute: float
    relative: float

    def allow(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Return where numbers are close enough; NaN and infinity are close to themselves."""
        with np.errstate(invalid='ignore'):
            margin = self.absolute + self.relative * np.abs(expected)
            close = (np.abs(got - expected) <= margin) | (got == expected)
        return close | (np.isnan(got) & np.isnan(expected))


@dataclass(frozen=True)
class Difference:
    """The first thing in which two bags differ.

    Attributes:
        topic: of the message.
        number: of the message on its topic, from 0.
        field: such as 'humans[0].joints[3].x'; '' for the message as a whole.
        got, expected: what the bags have there, for people.
        messages: both of them; None where there is none.
    """

    topic: str
    number: int
    field: str
    got: str
    expected: str
    messages: tuple[Any, Any]

    def __str__(self) -> str:
        """Return it in one line, for people."""
        stamp = next((_stamp(message) for message in self.messages if message is not None), '')
        where = f'{self.topic}, message {self.number}{stamp}'
        field = f', {self.field}' if self.field else ''
        return f'{where}{field}: got {self.got}, expected {self.expected}'


def first_difference(got: Path, expected: Path, tolerances: Tolerances) -> Difference | None:
    """Return where a bag differs first from the expected one, None where it does not.

    Topics are compared one after the other; those that only one bag has are a difference too,
    unless they are inputs.

    Raises:
        ConfigurationError: when one is not a bag that can be read.
    """
    both = _messages(got), _messages(expected)
    topics = sorted(both[0])
    if not both[1]:
        raise ConfigurationError(f'{expected} holds no results; expected a bag of `replay`')
    for topic in topics:
        pairs = zip_longest(*(messages.get(topic, []) for messages in both))
        for number, (mine, theirs) in enumerate(pairs):
            found = _difference(mine, theirs, tolerances)
            if found is not None:
                return Difference(topic, number, *found, (mine, theirs))
    return None


def _messages(path: Path) -> Mapping[str, list[Any]]:
    """Return the messages of this package in a bag: topic -> in order."""
    messages: dict[str, list[Any]] = {}
    try:
        with AnyReader([path], default_typestore=package_typestore()) as reader:
            connections = [
                c for c in reader.connections if c.msgtype.startswith('ros_vision_perception/')
            ]
            for connection, _, data in reader.messages(connections) if connections else ():
                message = reader.deserialize(data, connection.msgtype)
                messages.setdefault(connection.topic, []).append(message)
    except (AnyReaderError, OSError) as error:
        raise ConfigurationError(f'{path} is not a bag that can be read: {error}') from error
    return messages


def _difference(got: Any, expected: Any, tolerances: Tolerances) -> tuple[str, str, str] | None:
    if got is None or expected is None:
        return '', *_presence(got is None)
    for field, mine, theirs in _leaves(got, expected, ''):
        if not _is_close(mine, theirs, tolerances):
            return field, _text(mine, theirs), _text(theirs, mine)
    return None


def _presence(is_missing: bool) -> tuple[str, str]:
    return ('nothing', 'a message') if is_missing else ('a message', 'nothing')


def _leaves(got: Any, expected: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield each pair of fields that are no messages themselves, with its name."""
    if hasattr(got, '__msgtype__'):
        for name in got.__dataclass_fields__:
            if name not in IGNORED and not name.startswith('__'):
                field = f'{path}.{name}' if path else name
                yield from _leaves(getattr(got, name), getattr(expected, name), field)
    elif isinstance(got, list) and isinstance(expected, list) and len(got) == len(expected):
        for index, pair in enumerate(zip(got, expected, strict=True)):
            yield from _leaves(*pair, f'{path}[{index}]')
    elif isinstance(got, list) and isinstance(expected, list):
        yield f'length of {path}', len(got), len(expected)
    else:
        yield path, got, expected


def _is_close(got: Any, expected: Any, tolerances: Tolerances) -> bool:
    if isinstance(got, np.ndarray):
        if got.shape != np.shape(expected):
            return False
        if got.dtype.kind == 'f':
            return bool(tolerances.allow(got, expected).all())
        return bool((got == expected).all())
    if isinstance(got, float):
        return bool(tolerances.allow(np.float64(got), np.float64(expected)))
    return bool(got == expected)


def _text(value: Any, other: Any) -> str:
    if isinstance(value, np.ndarray) and value.shape == np.shape(other) and value.size > 1:
        same = (value == other) | ((value != value) & (other != other))
        index = int(np.flatnonzero(~same.reshape(-1))[0])
        return f'{value.reshape(-1)[index]} at [{index}]'
    return repr(value.item() if isinstance(value, np.generic) else value)


def _stamp(message: Any) -> str:
    header = getattr(message, 'header', None)
    return '' if header is None else f' of {header.stamp.sec}.{header.stamp.nanosec:09d} s'
