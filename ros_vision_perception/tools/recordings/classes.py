"""What people do in the classes of recordings: a table that anybody can change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ros_vision_perception.core.activity import ACTIVITIES
from ros_vision_perception.core.errors import ConfigurationError

BUILT_IN = Path(__file__).with_name('classes.yaml')
_DATA_SET, _DOING = {'fps', 'classes', 'others'}, {'does', 'sometime', 'perhaps', 'people'}
_MOST_FPS, _MOST_PEOPLE = 1000.0, 10


@dataclass(frozen=True)
class Doing:
    """What goes on in the clips of a class.

    Attributes:
        does: from which share of the clip to which an activity goes on.
        sometime: activities that take place, nobody knows when; those of `does` too.
        perhaps: activities of which nobody knows.
        people: how many do it.
    """

    does: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sometime: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    people: int = 1

    def at(self, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what goes on at shares (F,) of the clip, and where that is known, (F, C) bool."""
        labels = np.zeros((len(shares), len(ACTIVITIES)), bool)
        known = ~np.isin(ACTIVITIES, list(self.sometime | self.perhaps)) | labels
        for name, (begin, end) in self.does.items():
            during = (shares >= begin) & (shares <= end)
            labels[during, ACTIVITIES.index(name)] = known[during, ACTIVITIES.index(name)] = True
        return labels, known

    @property
    def in_clip(self) -> tuple[np.ndarray, np.ndarray]:
        """What takes place in the clip at all, and whether that is known, (C,) bool."""
        happens = np.isin(ACTIVITIES, list(self.sometime))
        return happens, happens | ~np.isin(ACTIVITIES, list(self.perhaps))


@dataclass(frozen=True)
class DataSet:
    """The classes of a data set.

    Attributes:
        fps: frames per second.
        classes: by label.
        others: of the labels that have none; None if their clips are left out.
    """

    fps: float
    classes: Mapping[str, Doing]
    others: Doing | None


def read_classes(path: Path) -> dict[str, DataSet]:
    """Return the data sets in a YAML file by name.

    Raises:
        ConfigurationError: when it is no such file, with what is wrong in it.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigurationError(f'{path} cannot be read: {reason}') from error
    try:
        sections = _mapping('the table', document)
        return {str(name): _data_set(str(name), entry) for name, entry in sections.items()}
    except ValueError as error:
        raise ConfigurationError(f'{path}: {error}') from error


def _data_set(name: str, entry: Any) -> DataSet:
    _known(name, _mapping(name, entry), _DATA_SET)
    fps = entry.get('fps')
    if not isinstance(fps, (int, float)) or not 0 < fps <= _MOST_FPS:
        raise ValueError(f'{name}.fps: expected frames per second; got {fps!r}')
    classes: dict[str, Doing] = {}
    for labels, doing in _mapping(f'{name}.classes', entry.get('classes', {})).items():
        told = _doing(f'{name}.classes.{labels}', doing)
        classes |= {label: told for label in _labels(name, str(labels))}
    others = _doing(f'{name}.others', entry['others']) if 'others' in entry else None
    return DataSet(float(fps), classes, others)


def _labels(data_set: str, key: str) -> list[str]:
    """Return the labels in a key; names of Kinetics have spaces in them, numbers have none."""
    words = key.split()
    several = len(words) > 1 and all(any(map(str.isdigit, word)) for word in words)
    return words if several else [key]


def _doing(where: str, entry: Any) -> Doing:
    _known(where, _mapping(where, entry), _DOING)
    does = {
        _activity(where, name): _span(f'{where}.{name}', span)
        for name, span in _mapping(f'{where}.does', entry.get('does', {})).items()
    }
    sometime, perhaps = (
        frozenset(_activity(where, name) for name in _list(f'{where}.{key}', entry.get(key, [])))
        for key in ('sometime', 'perhaps')
    )
    sometime |= set(does)
    if twice := sometime & perhaps:
        raise ValueError(f'{where}: {", ".join(sorted(twice))} cannot be sure and perhaps')
    people = entry.get('people', 1)
    if not isinstance(people, int) or not 1 <= people <= _MOST_PEOPLE:
        raise ValueError(f'{where}.people: expected 1 to {_MOST_PEOPLE}; got {people!r}')
    return Doing(does, sometime, perhaps, people)


def _activity(where: str, name: Any) -> str:
    if name not in ACTIVITIES:
        raise ValueError(f'{where}: no activity {name!r}; available: {", ".join(ACTIVITIES)}')
    return name


def _span(where: str, span: Any) -> tuple[float, float]:
    if isinstance(span, list) and len(span) == 2:
        begin, end = span
        if all(isinstance(share, (int, float)) for share in span) and 0 <= begin < end <= 1:
            return float(begin), float(end)
    raise ValueError(f'{where}: expected [begin, end], shares of the clip; got {span!r}')


def _mapping(where: str, value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, dict):
        raise ValueError(f'{where}: expected a mapping; got {value!r:.60}')
    return value


def _list(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f'{where}: expected a list; got {value!r:.60}')
    return value


def _known(where: str, entry: Mapping[Any, Any], keys: Iterable[str]) -> None:
    if unknown := set(entry) - set(keys):
        got = ', '.join(map(str, sorted(unknown, key=str)))
        raise ValueError(f'{where}: got {got}; available: {", ".join(sorted(keys))}')
