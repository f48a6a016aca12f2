"""What a parameter may be: declared at its field, checked when it is given."""

from dataclasses import Field, dataclass, field
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError


@dataclass(frozen=True)
class Limits:
    """What a parameter may be.

    Attributes:
        description: one sentence, with the unit.
        lowest, highest: bounds, inclusive; None for parameters that are not numbers.
        choices: all possible values; empty where there are others.
    """

    description: str
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def expectation(self) -> str:
        """What is allowed, for people: '[0.0, 1.0]'; '' when anything is."""
        if self.choices:
            return 'one of: ' + ', '.join(repr(choice) for choice in self.choices)
        return '' if self.lowest is None else f'[{self.lowest}, {self.highest}]'

    def allow(self, value: Any) -> bool:
        """Return whether a value of the right type may be used."""
        if self.choices:
            return value in self.choices
        return self.lowest is None or self.lowest <= value <= self.highest


def limits(parameter: Field) -> Limits:
    """Return what a field of a parameter class may be."""
    return parameter.metadata['limits']


def kind_of(parameter: Field) -> str:
    """Return what a field of a parameter class is, for people."""
    kind = type(parameter.default)
    return 'list of str' if kind is tuple else kind.__name__


def checked(parameter: Field, value: Any) -> Any:
    """Return a value for a field of a parameter class; a whole number will do for a float.

    A list becomes a tuple.

    Raises:
        ConfigurationError: when it is of the wrong type or not allowed.
    """
    kind = type(parameter.default)
    if kind is float and type(value) is int:
        value = float(value)
    if kind is tuple and isinstance(value, list) and all(type(item) is str for item in value):
        value = tuple(value)
    if type(value) is not kind or not limits(parameter).allow(value):
        expected = f'{kind_of(parameter)} {limits(parameter).expectation}'.rstrip()
        raise ConfigurationError(f'parameter {parameter.name}: got {value!r}, expected {expected}')
    return value


def parameter(default: Any, description: str, *bounds: float, choices: tuple = ()) -> Any:
    """Return a field of a parameter class, with what it may be."""
    lowest, highest = bounds or (None, None)
    limits = Limits(description, lowest, highest, choices)
    return field(default=default, metadata={'limits': limits})
