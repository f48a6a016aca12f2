"""Truth about who is where, in the form of the MOT Challenge.

One line per person and image: `frame, id, left, top, width, height, counts, class, visibility`,
frames from 1 on, pixels from 1 on; the last two may be missing (Milan et al., "MOT16: A Benchmark
for Multi-Object Tracking", 2016). Lines with `counts` 0 or of another class than 1, people on
foot, are neither asked for nor wrong.
"""

from collections.abc import Iterator
import configparser
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.sources import FrameSource, from_images

_ON_FOOT = 1
_COLUMNS = 9


@dataclass(frozen=True)
class TrueFrame:
    """G people in one image.

    Attributes:
        ids: (G,) int64.
        boxes_xyxy: (G, 4) float64 px, of the whole person, hidden parts included.
        counts: (G,) bool; the others are neither asked for nor wrong.
        visibility: (G,) float64 in [0, 1], share of the person that shows; NaN where unknown.
    """

    ids: np.ndarray
    boxes_xyxy: np.ndarray
    counts: np.ndarray
    visibility: np.ndarray


@dataclass(frozen=True)
class Sequence:
    """Images and the truth about them.

    Attributes:
        name: for people.
        source: of the images.
        truth: number of the image, from 0 on -> who is in it.
    """

    name: str
    source: FrameSource
    truth: dict[int, TrueFrame]

    def truth_at(self, index: int) -> TrueFrame:
        """Return who is in an image."""
        return self.truth.get(index, _frame(np.empty((0, _COLUMNS))))


def read_truth(path: Path) -> dict[int, TrueFrame]:
    """Return number of the image, from 0 on -> who is in it.

    Raises:
        ConfigurationError: when there is no such file, or it is in another form.
    """
    if not path.is_file():
        raise ConfigurationError(f'no annotations at {path}')
    try:
        lines = path.read_text().splitlines()
        rows = np.loadtxt(lines, delimiter=',', ndmin=2) if lines else np.empty((0, 0))
    except ValueError as error:
        raise ConfigurationError(
            f'{path} is not in the form of the MOT Challenge: {error}'
        ) from None
    if rows.size == 0 or not 7 <= rows.shape[1] <= _COLUMNS:
        raise ConfigurationError(
            f'{path}: got {rows.shape[0]} lines of {rows.shape[1]} numbers, '
            f'expected some of 7 to {_COLUMNS}: frame, id, left, top, width, height, counts, '
            'class, visibility'
        )
    table = np.full((len(rows), _COLUMNS), np.nan)
    table[:, 7] = _ON_FOOT
    table[:, : rows.shape[1]] = rows
    numbers = table[:, 0].astype(int)
    return {int(number) - 1: _frame(table[numbers == number]) for number in np.unique(numbers)}


def _frame(rows: np.ndarray) -> TrueFrame:
    corners = rows[:, 2:4] - 1
    return TrueFrame(
        ids=rows[:, 1].astype(np.int64),
        boxes_xyxy=np.concatenate((corners, corners + rows[:, 4:6]), axis=1),
        counts=(rows[:, 6] != 0) & (rows[:, 7] == _ON_FOOT),
        visibility=rows[:, 8],
    )


def read_sequences(folder: Path) -> Iterator[Sequence]:
    """Yield each sequence below a folder: `NAME/gt/gt.txt` and the images in `NAME/img1`.

    Raises:
        ConfigurationError: when there is none, or one cannot be read.
    """
    paths = sorted(folder.glob('*/gt/gt.txt'))
    if not paths:
        raise ConfigurationError(f'no sequences in {folder}; expected NAME/gt/gt.txt, NAME/img1')
    for path in paths:
        home = path.parents[1]
        source = from_images(home / 'img1')
        yield Sequence(home.name, replace(source, fps=_fps(home, source.fps)), read_truth(path))


def _fps(folder: Path, otherwise: float) -> float:
    parser = configparser.ConfigParser()
    parser.read(folder / 'seqinfo.ini')
    return parser.getfloat('Sequence', 'frameRate', fallback=otherwise)
