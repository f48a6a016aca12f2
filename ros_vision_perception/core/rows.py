"""Dataclasses of arrays in which row t of every array belongs to person t."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

Table = TypeVar('Table')


def take(table: Table, rows: np.ndarray) -> Table:
    """Return the given rows (indices or bool mask) of all arrays, nested dataclasses included."""
    return type(table)(*(take(v, rows) if is_dataclass(v) else v[rows] for v in _values(table)))


def join(first: Table, second: Table) -> Table:
    """Return the rows of both, the first ones first."""
    return type(first)(
        *(
            join(a, b) if is_dataclass(a) else np.concatenate((a, b))
            for a, b in zip(_values(first), _values(second), strict=True)
        )
    )


def _values(table: Any) -> list[Any]:
    return [getattr(table, field.name) for field in fields(table)]
