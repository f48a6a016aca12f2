"""The parameters of `perception_node` from a parameter file of ROS."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.limits import checked
from ros_vision_perception.nodes.parameters import PerceptionParameters

_NODE = 'perception_node'
_VALUES = 'ros__parameters'


def read(path: Path | None, chosen: Mapping[str, Any]) -> PerceptionParameters:
    """Return the node's parameters: the defaults, those of a file, and those chosen besides.

    Raises:
        ConfigurationError: when there is no such file, or a value is not allowed or not known.
    """
    given = {**({} if path is None else _from_file(path)), **chosen}
    known = {field.name: field for field in fields(PerceptionParameters)}
    unknown = sorted(given.keys() - known.keys() - {'use_sim_time'})
    if unknown:
        raise ConfigurationError(
            f'parameters {", ".join(unknown)} are not known; available: {", ".join(known)}'
        )
    return PerceptionParameters(
        **{name: checked(field, given.get(name, field.default)) for name, field in known.items()}
    )


def _from_file(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(
            f'{path} is not a parameter file: {" ".join(str(error).split())}'
        ) from error
    sections = list(_sections(document, ''))
    if not sections:
        raise ConfigurationError(
            f'{path} has no parameters of {_NODE}: expected {_NODE}: {_VALUES}: ...'
        )
    return {name: value for section in sections for name, value in section.items()}


def _sections(document: Any, name: str) -> Iterator[dict[str, Any]]:
    """Yield the parameters under each name that the node answers to, whatever its namespace."""
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        if key != _VALUES:
            yield from _sections(value, f'{name}/{key}')
        elif isinstance(value, dict) and name.rpartition('/')[2] in (_NODE, '*', '**'):
            yield value
