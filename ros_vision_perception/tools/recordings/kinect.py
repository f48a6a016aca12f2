"""Reads `.skeleton` files of NTU RGB+D, and puts joints of Kinect v2 into an image.

As the authors' `read_skeleton_file.m` has it: the number of frames; in each frame the number of
bodies; of each body a line of its id and nine states, the number of joints, and a line of twelve
numbers per joint: x, y, z in m, its places in the depth image and in the colour image (px), an
orientation, and whether it was tracked (2), inferred (1) or neither (0).
"""

from collections.abc import Iterator
from pathlib import Path
import re

import numpy as np

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.recordings.clip import (
    KINECT25,
    Clip,
    ClipError,
    Entry,
    to_coco,
)

IMAGE_SIZE = 1920, 1080
JOINTS = 25
# The head stands for the nose, which is before it, and hips sit higher.
_DOUBTS = np.array(
    [0.05 * (name == 'nose') + 0.03 * name.endswith('hip') for name in COCO17.joint_names]
)
# A colour camera that sees 84.1 degrees from left to right.
_FOCAL_PX = 1064.0
_FARTHEST_M = 100.0
# How likely joints are seen that were neither found nor inferred, inferred, or tracked.
SEEN = np.array([0.0, 0.3, 0.9])
_BODY_NUMBERS, _JOINT_NUMBERS = 10, 12
_COLOUR, _STATE = slice(5, 7), 11
_NAME = re.compile(r'S\d{3}C\d{3}P(?P<performer>\d{3})R\d{3}A(?P<action>\d{3})')


def label_and_performer(name: str) -> tuple[str, str] | None:
    """Return action and performer of a clip of NTU RGB+D, such as A008 and P017; None if not."""
    match = _NAME.search(name)
    return match and (f'A{match["action"]}', f'P{match["performer"]}')


def entries(path: Path) -> Iterator[Entry]:
    """Yield the one clip of a file; raises ClipError when its name does not say what it is."""
    told = label_and_performer(path.stem)
    if told is None:
        raise ClipError(
            'no such name', f'{path.name}: expected a name like S001C002P003R002A013.skeleton'
        )
    yield Entry(path.name, 'ntu', told[0], f'ntu {told[1]}', lambda: read(path))


def read(path: Path) -> Clip:
    """Return the bodies in a file, each with its id a person.

    The colour image of a Kinect is mirrored, so it is mirrored again here.

    Raises:
        ClipError: with the line, when the file is damaged or nobody is in it.
    """
    lines = _Lines(path)
    frame_count = lines.count('frames')
    bodies: dict[str, dict[int, np.ndarray]] = {}
    for frame in range(frame_count):
        lines.where = f'frame {frame + 1} of {frame_count}'
        for _ in range(lines.count('bodies')):
            body = lines.words(_BODY_NUMBERS, 'of a body')[0]
            if (joints := lines.count('joints')) != JOINTS:
                raise lines.error('wrong joints', f'expected {JOINTS} joints; got {joints}')
            rows = [lines.numbers(_JOINT_NUMBERS, 'of a joint') for _ in range(JOINTS)]
            bodies.setdefault(body, {})[frame] = np.array(rows)
    lines.end()
    if not bodies:
        raise ClipError('nobody in it', f'{path.name}: no body in {frame_count} frames')
    table = np.full((len(bodies), frame_count, JOINTS, _JOINT_NUMBERS), np.nan)
    for person, frames in enumerate(bodies.values()):
        table[person, list(frames)] = list(frames.values())
    states = np.nan_to_num(table[..., _STATE]).clip(0, 2).astype(int)
    return mirrored(table[..., _COLOUR], SEEN[states])


def mirrored(points_xy: np.ndarray, seen: np.ndarray) -> Clip:
    """Return a clip from joints (P, F, 25, 2) px of a mirrored image."""
    points = points_xy.copy()
    points[..., 0] = IMAGE_SIZE[0] - 1 - points[..., 0]
    return Clip(*to_coco(points, seen, KINECT25), IMAGE_SIZE, _DOUBTS)


def projected(points_m: np.ndarray) -> Clip:
    """Return a clip from joints (P, F, 25, 3) m: x to the sensor's left, y up, z ahead."""
    depth = points_m[..., 2]
    there = (depth > 0.1) & (np.abs(points_m) < _FARTHEST_M).all(axis=-1)
    ratios = np.where(there[..., None], points_m[..., :2], np.nan)
    ratios = ratios / np.where(there, depth, 1.0)[..., None]
    middle = (np.array(IMAGE_SIZE) - 1) / 2
    points = middle + _FOCAL_PX * ratios * (1.0, -1.0)
    return mirrored(points, np.where(there, SEEN[2], 0.0))


class _Lines:
    """The lines of a file, one after the other.

    Attributes:
        where: what is being read, for messages.
    """

    def __init__(self, path: Path) -> None:
        self.where = 'head'
        self._path, self._next = path, 0
        try:
            self._lines = path.read_text(encoding='ascii').splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = ' '.join(str(error).split())
            raise ClipError('unreadable', f'{path.name} cannot be read: {reason}') from error

    def count(self, what: str) -> int:
        """Return the number that is a line of its own."""
        (word,) = self.words(1, f'({what})')
        if not (word.isascii() and word.isdigit()):
            raise self.error('damaged', f'expected how many {what}; got {word}')
        return int(word)

    def numbers(self, count: int, what: str) -> list[float]:
        """Return those of the next line."""
        words = self.words(count, what)
        try:
            return [float(word) for word in words]
        except ValueError as error:
            raise self.error('damaged', f'expected {count} numbers {what}; {error}') from error

    def words(self, count: int, what: str) -> list[str]:
        """Return those of the next line."""
        if self._next == len(self._lines):
            raise self.error('truncated', f'expected {count} numbers {what}; the file ends')
        self._next += 1
        words = self._lines[self._next - 1].split()
        if len(words) != count:
            raise self.error('damaged', f'expected {count} numbers {what}; got {len(words)}')
        return words

    def end(self) -> None:
        """Raise ClipError when lines are left over."""
        if any(line.strip() for line in self._lines[self._next :]):
            self._next += 1
            raise self.error('damaged', 'expected the end of the file')

    def error(self, cause: str, message: str) -> ClipError:
        """Return an error that tells the line."""
        return ClipError(cause, f'{self._path.name}, line {self._next} ({self.where}): {message}')
