"""Messages of any type that are right but for some fields, which have any values."""

import array
from collections.abc import Callable, Iterator
from functools import cache, partial
import re
from typing import Any, NamedTuple

from hypothesis import strategies as st

_WORDS = ('', 'camera', 'bgr8', 'mono16', '32FC1', 'nv12', 'bayer_rggb8', 'plumb_bob', 'coco17')
_BOUNDED = re.compile(r'(.*)\[(\d+)\]|sequence<(.*?)(?:, \d+)?>')


class Place(NamedTuple):
    """A field of a message, or of one inside it.

    Attributes:
        owner: the message that has the field.
        name: of the field.
        kind: as `get_fields_and_field_types` says.
    """

    owner: Any
    name: str
    kind: str


def places(message: Any) -> Iterator[Place]:
    """Yield all fields of a message and of those inside it that are no messages."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if hasattr(value, 'get_fields_and_field_types'):
            yield from places(value)
            continue
        yield Place(message, name, kind)
        if isinstance(value, list) and '/' in kind:
            for each in value:
                yield from places(each)


@st.composite
def damaged(draw: st.DrawFn, make: Callable[[], Any]) -> Any:
    """Return a message that `make` made, with other values in up to three fields."""
    message = make()
    for _ in range(draw(_FEW)):
        known = list(places(message))
        place = known[draw(_MANY) % len(known)]
        value = draw(_values(place.kind))
        before = getattr(place.owner, place.name)
        setattr(place.owner, place.name, value(before) if callable(value) else value)
    return message


_FEW, _MANY = st.integers(1, 3), st.integers(0, 10**6)


@cache
def _values(kind: str) -> st.SearchStrategy:
    """Return values of a kind, or what makes them of the value before."""
    many = _BOUNDED.fullmatch(kind)
    if many is None:
        return _one(kind)
    fixed, length, item = many.groups()
    if fixed:
        return st.lists(_one(fixed), min_size=int(length), max_size=int(length))
    if '/' in item:
        return st.sampled_from([_none, _twice, _first, _without_first])
    if item == 'uint8':
        return st.binary(max_size=64).map(_of_bytes) | st.binary(min_size=1, max_size=8).map(
            lambda pattern: partial(_filled, pattern)
        )
    return st.lists(_one(item), max_size=6) | st.just(_without_first)


def _none(_before: Any) -> list:
    return []


def _twice(before: Any) -> list:
    return list(before) * 2


def _first(before: Any) -> Any:
    return before[:1]


def _without_first(before: Any) -> Any:
    return before[1:]


def _filled(pattern: bytes, before: Any) -> array.array:
    return _of_bytes((pattern * (len(before) // len(pattern) + 1))[: len(before)])


def _of_bytes(data: bytes) -> array.array:
    return array.array('B', data)  # of all else rclpy looks at each byte


def _one(kind: str) -> st.SearchStrategy:
    if kind == 'boolean':
        return st.booleans()
    if kind in ('float', 'double'):
        return st.floats(width=32 if kind == 'float' else 64)
    if kind.startswith('string'):
        printable = st.characters(min_codepoint=1, max_codepoint=127)
        return st.sampled_from(_WORDS) | st.text(printable, max_size=8)
    sign_and_bits = re.fullmatch(r'(u?)int(\d+)', 'uint8' if kind in ('octet', 'byte') else kind)
    assert sign_and_bits, kind
    bits = int(sign_and_bits[2])
    lowest = 0 if sign_and_bits[1] else -(2 ** (bits - 1))
    highest = lowest + 2**bits - 1
    return st.integers(0, min(highest, 700)) | st.integers(lowest, highest)
