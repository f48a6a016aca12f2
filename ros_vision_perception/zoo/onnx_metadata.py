"""Reads and adds metadata entries of .onnx files without any library for ONNX.

Importing one costs a third of a second at every start of a node, and all that is wanted is a
walk over the outermost fields. Sources: the wire format of Protocol Buffers; onnx.proto.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ros_vision_perception.core.errors import ModelError

# ModelProto.graph and .metadata_props; StringStringEntryProto.key and .value.
_GRAPH, _METADATA = 7, 14
_KEY, _VALUE = 1, 2
_VARINT, _BYTES = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}


def read_metadata(file: Path) -> dict[str, str]:
    """Return the metadata entries of an .onnx file.

    Raises:
        ModelError: when the file cannot be read, is no ONNX model, or is cut short.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f'cannot read {file}: {error.strerror}') from error
    return parse_metadata(data, str(file))


def parse_metadata(data: bytes, name: str) -> dict[str, str]:
    """Return the metadata entries of the contents of an .onnx file that is called `name`.

    Raises:
        ModelError: when it is no ONNX model, or cut short.
    """
    try:
        fields = list(_fields(data))
        entries = [dict(_fields(value)) for number, value in fields if number == _METADATA]
        metadata = {entry[_KEY].decode(): entry.get(_VALUE, b'').decode() for entry in entries}
    except (ValueError, IndexError, KeyError) as error:
        raise ModelError(f'{name} is no ONNX model, or not all of one') from error
    if all(number != _GRAPH for number, _ in fields):
        raise ModelError(f'{name} is no ONNX model, or not all of one')
    return metadata


def with_metadata(data: bytes, entries: Mapping[str, str]) -> bytes:
    """Return the contents of an .onnx file with further metadata entries.

    They are appended: of a field that may be repeated, a message may hold some anywhere.
    """
    return data + b''.join(
        _encoded(_METADATA, _encoded(_KEY, key.encode()) + _encoded(_VALUE, value.encode()))
        for key, value in entries.items()
    )


def _encoded(number: int, contents: bytes) -> bytes:
    """Return a field as it stands in a message."""
    size, length = len(contents), b''
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | _BYTES]) + length + bytes([size]) + contents


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and contents of each field of a message; numbers have no contents."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        size = 0
        if kind == _VARINT:
            _, position = _varint(data, position)
        elif kind == _BYTES:
            size, position = _varint(data, position)
        elif kind in _FIXED_SIZES:
            size = _FIXED_SIZES[kind]
        else:
            raise ValueError(f'unknown kind of field {kind}')
        if position + size > len(data):
            raise ValueError('the last field is cut short')
        yield number, data[position : position + size]
        position += size


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Return a number of 7 bits per byte, lowest first, and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
