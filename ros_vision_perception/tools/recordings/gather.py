"""All clips in files and folders, as windows with what goes on in them; who was left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.recordings import annotations, kinect, kinetics
from ros_vision_perception.tools.recordings.classes import DataSet, Doing
from ros_vision_perception.tools.recordings.clip import ClipError, Entry
from ros_vision_perception.tools.recordings.looks import watch
from ros_vision_perception.tools.recordings.people import liveliest
from ros_vision_perception.tools.train.samples import Samples, join, samples_of

_READERS: dict[str, Callable[[Path], Iterator[Entry | ClipError]]] = {
    '.skeleton': kinect.entries,
    '.json': kinetics.entries,
    '.pkl': annotations.entries,
    '.pickle': annotations.entries,
}
# Beside the clips of Kinetics-skeleton there is a list of them; joints of Kinetics-400 are in a
# folder of their own, for the file that names them.
_LIST, _JOINTS = '_label.json', 'kpfiles'
# So many sources of a data set are held out.
_HELD_OUT = 0.2
_REPORT_EVERY = 1000


@dataclass(frozen=True)
class Recorded:
    """K people in clips.

    Attributes:
        samples: their windows; `clips` says of whom.
        labels: of each, data set and class.
        sources: of each, who or what was filmed.
        happens: (K, C) bool, which of ACTIVITIES take place while they are watched.
        known: (K, C) bool, of which that is known.
        told: lines that tell what was read and what was not.
    """

    samples: Samples
    labels: np.ndarray
    sources: np.ndarray
    happens: np.ndarray
    known: np.ndarray
    told: tuple[str, ...]

    @property
    def summary(self) -> str:
        """How many of what, in a few words."""
        sets = Counter(label.partition(' ')[0] for label in self.labels)
        people = ', '.join(f'{count} people of {name}' for name, count in sorted(sets.items()))
        return f'{people or "nobody"} ({len(set(self.sources))} sources)'

    def take(self, people: np.ndarray) -> 'Recorded':
        """Return some of them; `told` is of all."""
        numbers = np.cumsum(people) - 1
        samples = self.samples.take(people[self.samples.clips])
        return Recorded(
            replace(samples, clips=numbers[samples.clips]),
            self.labels[people],
            self.sources[people],
            self.happens[people],
            self.known[people],
            self.told,
        )


def gather(
    paths: Sequence[Path],
    table: Mapping[str, DataSet],
    most: int,
    seed: int,
    report: Callable[[str], None],
) -> Recorded:
    """Return everybody in the recordings at some paths, at random at most so many of a class.

    Args:
        paths: files, and folders of files.
        table: what is done in which class.
        most: clips of one class.
        seed: of the choice, and of the errors that joints have.
        report: is told how far it got.

    Raises:
        ConfigurationError: when a path does not exist or holds none, or no clip can be used.
    """
    rng = np.random.default_rng(seed)
    files, book = find(paths), _Book(table, most)
    for number, row in enumerate(rng.permutation(len(files))):
        if number and number % _REPORT_EVERY == 0:
            report(f'read {number} of {len(files)} files ...')
        book.take_file(files[row], rng)
    return book.closed(len(files))


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the files at paths, sorted; raises ConfigurationError where there is none."""
    found: set[Path] = set()
    expected = f'expected files that end in {", ".join(_READERS)}, or folders of them'
    for path in paths:
        inside = [path] if path.is_file() else path.rglob('*') if path.is_dir() else None
        if inside is None:
            raise ConfigurationError(f'{path} does not exist; {expected}')
        files = [one for one in inside if one.suffix in _READERS and one.is_file()]
        files = [f for f in files if not f.name.endswith(_LIST) and f.parent.name != _JOINTS]
        if not files:
            raise ConfigurationError(f'no recordings in {path}; {expected}')
        found.update(files)
    return sorted(found)


def split(recorded: Recorded, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return who is learned from and who is held out, (K,) bool: nobody of one source is in both.

    A fifth of the sources of each data set is held out, none where there is only one.
    """
    rng, held = np.random.default_rng(seed), set[str]()
    sets = np.array([label.partition(' ')[0] for label in recorded.labels])
    for name in np.unique(sets):
        sources = rng.permutation(np.unique(recorded.sources[sets == name]))
        if len(sources) > 1:
            held |= set(sources[: max(round(_HELD_OUT * len(sources)), 1)].tolist())
    is_held = np.isin(recorded.sources, sorted(held))
    return ~is_held, is_held


class _Book:
    """What was read so far."""

    def __init__(self, table: Mapping[str, DataSet], most: int) -> None:
        self._table, self._most = table, most
        self._rows: list[tuple[str, str, Doing]] = []
        self._samples: list[Samples] = []
        self._taken: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def take_file(self, path: Path, rng: np.random.Generator) -> None:
        """Read the clips of a file."""
        try:
            entries = list(_READERS[path.suffix](path))
        except ClipError as error:
            self._skip(error.cause, str(error))
            return
        for row in rng.permutation(len(entries)):
            try:
                self._take(entries[row], rng)
            except ClipError as error:
                self._skip(error.cause, str(error))

    def _take(self, entry: Entry | ClipError, rng: np.random.Generator) -> None:
        if isinstance(entry, ClipError):
            raise entry
        label, (fps, doing) = f'{entry.data_set} {entry.label}', self._look_up(entry)
        if self._taken[label] >= self._most:
            raise ClipError('enough of the class', f'{label}, {self._most} clips')
        clip = entry.load()
        people = liveliest(clip.points_xy, clip.seen, doing.people)
        taken = 0
        for person in people:
            watched, known = watch(rng, clip, person, fps, doing)
            samples = samples_of(watched, known, len(self._rows))
            if len(samples.clips):
                self._samples.append(samples)
                self._rows.append((label, entry.source, doing))
                taken += 1
        if not taken:
            raise ClipError('too short', f'{entry.name}: nobody moves and is seen for a second')
        self._taken[label] += 1

    def _look_up(self, entry: Entry) -> tuple[float, Doing]:
        data_set = self._table.get(entry.data_set)
        if data_set is None:
            available = ', '.join(self._table)
            raise ClipError(
                f'no data set {entry.data_set} in the table of classes',
                f'{entry.name}; available: {available}',
            )
        doing = data_set.classes.get(entry.label, data_set.others)
        if doing is None:
            raise ClipError(
                f'no such class of {entry.data_set} in the table of classes',
                f'{entry.name}, {entry.label}',
            )
        return data_set.fps, doing

    def _skip(self, cause: str, message: str) -> None:
        self._skipped[cause] += 1
        self._first.setdefault(cause, message)

    def closed(self, files: int) -> Recorded:
        """Return all that was read; raises ConfigurationError when it is nothing."""
        skipped = [
            f'skipped {count}, {cause}; the first: {self._first[cause]}'
            for cause, count in self._skipped.most_common()
        ]
        if not self._rows:
            raise ConfigurationError(f'no clip can be used of {files} files: {skipped[0]}')
        samples = join(self._samples)
        labels, sources, doings = zip(*self._rows, strict=True)
        happens, known = (
            np.array(part) for part in zip(*(d.in_clip for d in doings), strict=True)
        )
        told = [
            f'read {files} files: {sum(self._taken.values())} clips, {len(labels)} people, '
            f'{len(set(sources))} sources, {len(samples.clips)} looks',
            *(f'  {label}: {count} clips' for label, count in sorted(self._taken.items())),
            *skipped,
        ]
        return Recorded(samples, np.array(labels), np.array(sources), happens, known, tuple(told))
