"""Engines that somebody built already: .engine and .plan files."""

import json
from pathlib import Path

from ros_vision_perception.core.errors import ModelError


def read_plan(file: Path) -> tuple[bytes, dict[str, str]]:
    """Return an engine and the metadata in front of it, of which there may be none.

    Ultralytics writes the length of a JSON text as four bytes, lowest first, the text, and then
    the engine; source: its documentation of the TensorRT export. What the text says is returned
    as the same exporter says it in the metadata of an ONNX file: as Python values.

    Raises:
        ModelError: when the file cannot be read.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f'cannot read {file}: {error.strerror}') from error
    end = 4 + int.from_bytes(data[:4], 'little')
    if data[4:5] != b'{' or end > len(data):
        return data, {}
    try:
        entries = json.loads(data[4:end])
    except ValueError as error:
        raise ModelError(f'{file}: the metadata in front of the engine is damaged') from error
    return data[end:], {key: str(_with_numbers(value)) for key, value in entries.items()}


def _with_numbers(value: object) -> object:
    """Return a dictionary with the whole numbers as keys that JSON cannot have."""
    if isinstance(value, dict):
        return {int(key) if key.isdigit() else key: entry for key, entry in value.items()}
    return value
