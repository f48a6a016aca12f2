"""Plain data from a YAML file to frozen dataclasses, with errors that name the faulty place."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ros_vision_perception.core.errors import ConfigurationError

_T = TypeVar('_T')


def build(kind: type[_T], raw: Any, where: str) -> _T:
    """Return `raw` as an instance of a dataclass, checked against its type hints.

    Args:
        kind: a dataclass. Its fields may be of type str, int, float, Mapping[str, X],
            tuple[X, ...], tuple[X, Y], X | None or a dataclass. A ValueError from its
            `__post_init__` is reported like a wrong type.
        raw: what the YAML parser gave.
        where: the place in the file, for errors.

    Raises:
        ConfigurationError: one line: the place, what was expected there, what was found.
    """
    values: dict[str, Any] = _expect(dict, raw, where)
    hints = get_type_hints(kind)
    required = {
        field.name
        for field in fields(kind)  # type: ignore[arg-type]
        if field.default is MISSING and field.default_factory is MISSING
    }
    for name in required - values.keys():
        raise ConfigurationError(f'{where}: {name} is missing')
    for name in values.keys() - hints.keys():
        raise ConfigurationError(f'{where}: unknown key {name}; known: {", ".join(hints)}')
    try:
        return kind(
            **{name: _value(hints[name], values[name], f'{where}.{name}') for name in values}
        )
    except ValueError as error:
        raise ConfigurationError(f'{where}: {error}') from error


def _value(hint: Any, raw: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return None if raw is None else _value(arguments[0], raw, where)
    if origin is tuple:
        return _tuple(arguments, _expect(list, raw, where), where)
    if origin is Mapping:
        values = _expect(dict, raw, where)
        return {
            key: _value(arguments[1], value, f'{where}.{key}') for key, value in values.items()
        }
    if isinstance(hint, type) and is_dataclass(hint):
        return build(hint, raw, where)
    if hint is float and type(raw) is int:
        return float(raw)
    return _expect(hint, raw, where)


def _tuple(arguments: tuple[Any, ...], raw: list[Any], where: str) -> tuple[Any, ...]:
    hints = arguments
    if arguments[-1] is Ellipsis:
        hints = arguments[:1] * len(raw)
    elif len(raw) != len(arguments):
        raise ConfigurationError(f'{where}: expected {len(arguments)} values; got {len(raw)}')
    return tuple(
        _value(hint, value, f'{where}[{index}]')
        for index, (hint, value) in enumerate(zip(hints, raw, strict=True))
    )


def _expect(kind: type, raw: Any, where: str) -> Any:
    # Exactly: True is an int for Python, but not for people.
    if type(raw) is not kind:
        raise ConfigurationError(f'{where}: expected {kind.__name__}; got {raw!r}')
    return raw
