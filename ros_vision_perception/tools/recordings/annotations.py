"""Reads the pickles in which PYSKL and MMAction2 publish skeletons of many data sets.

A file holds `annotations`, a list of one mapping per clip (older files are this list):
`frame_dir`, its name; `label`, the number of its class; `keypoint` (M, T, V, C), 17 or 18 joints
of M people in px, or 25 of NTU RGB+D in m; in the plane `keypoint_score` (M, T, V) and
`img_shape`, height and width. Of NTU RGB+D label 0 is A001. Where people are many, `keypoint` is
(N, V, 3), x, y and score of all people of all frames, `frame_inds` (N,) says of which, and
`box_score` (N,), if there, how sure each is. Of Kinetics-400 it is in other files, `kpfiles`: a
mapping of `frame_dir` to it; `raw_file` says in which.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
import re
from typing import Any

import numpy as np

from ros_vision_perception.tools.recordings import kinect
from ros_vision_perception.tools.recordings.clip import (
    COCO,
    OPENPOSE18,
    Clip,
    ClipError,
    Entry,
    to_coco,
)
from ros_vision_perception.tools.recordings.people import Frame, follow
from ros_vision_perception.tools.recordings.unpickle import Array, load

_NUMBER = re.compile(r'_c?\d+$')
# So sure PYSKL has people at least, and so many frames a clip has at most.
_SURE, _MOST_FRAMES = 0.5, 10_000
_ORDERS = {17: COCO, 18: OPENPOSE18}
Annotation = dict[str, Any]


def entries(path: Path) -> Iterator[Entry | ClipError]:
    """Yield the clips of a file, or why one cannot be used; raises ClipError when it has none.

    The section of the class table is `ntu`, or else how the name of the file begins: `hmdb51` of
    hmdb51_hrnet.pkl.
    """
    document = load(path)
    annotations = document.get('annotations') if isinstance(document, dict) else document
    if not isinstance(annotations, list) or not annotations:
        raise ClipError('no clip', f'{path.name}: expected a list of annotations')
    for place, annotation in enumerate(annotations):
        where = f'{path.name}, annotation {place + 1} of {len(annotations)}'
        try:
            yield _entry(path, where, annotation)
        except ClipError as error:
            yield error


def _entry(path: Path, where: str, annotation: Any) -> Entry:
    if not isinstance(annotation, dict):
        raise ClipError('damaged', f'{where}: expected a mapping; got {type(annotation).__name__}')
    name = annotation.get('frame_dir', annotation.get('filename'))
    label = annotation.get('label')
    if not isinstance(name, str) or not isinstance(label, int):
        expected = 'expected frame_dir, a name, and label, a number'
        raise ClipError('no label', f'{where}: {expected}; got {name!r:.60} and {label!r:.60}')
    read = partial(_read, path, where, annotation)
    told = kinect.label_and_performer(name)
    if told is None:
        data_set = path.stem.partition('_')[0]
        # Several clips may be cut out of one video, and have numbers.
        return Entry(name, data_set, str(label), f'{data_set} {_NUMBER.sub("", name)}', read)
    if told[0] != f'A{label + 1:03}':
        raise ClipError('other label', f'{where}: {name} is no {label}, which is A{label + 1:03}')
    return Entry(name, 'ntu', told[0], f'ntu {told[1]}', read)


def _read(path: Path, where: str, annotation: Annotation) -> Clip:
    if 'keypoint' not in annotation and 'raw_file' in annotation:
        annotation = {**annotation, **_elsewhere(path, where, annotation)}
    points = _array(where, annotation, 'keypoint')
    if points.shape[2:] == (kinect.JOINTS, 3) and points.ndim == 4 and points.size:
        _check_frames(where, annotation, points.shape[1])
        return kinect.projected(points)
    sparse = 'frame_inds' in annotation
    frames = _sparse(where, annotation, points) if sparse else _dense(where, annotation, points)
    if not any(len(scores) for _, scores in frames):
        raise ClipError('nobody in it', f'{where}: nobody in {len(frames)} frames')
    return Clip(*follow(frames), _size(where, annotation))


def _dense(where: str, annotation: Annotation, points: np.ndarray) -> list[Frame]:
    """Return who was found in each frame of (M, T, V, 2)."""
    if points.ndim != 4 or points.shape[2:] not in ((17, 2), (18, 2)):
        expected = '(M, T, V, C) with 17 or 18 joints of 2 numbers, or 25 of 3'
        raise ClipError(
            'wrong joints', f'{where}: expected keypoint {expected}; got {points.shape}'
        )
    _check_frames(where, annotation, points.shape[1])
    scores = _array(where, annotation, 'keypoint_score')
    if scores.shape != points.shape[:3]:
        expected = f'expected keypoint_score {points.shape[:3]}'
        raise ClipError('damaged', f'{where}: {expected}; got {scores.shape}')
    ours, seen = to_coco(points, scores, _ORDERS[points.shape[2]])
    # Who was not found is zeros.
    there = seen.max(axis=2, initial=0.0) > 0
    return [
        (ours[there[:, frame], frame], seen[there[:, frame], frame])
        for frame in range(points.shape[1])
    ]


def _sparse(where: str, annotation: Annotation, points: np.ndarray) -> list[Frame]:
    """Return who was found surely enough in each frame, of (N, V, 3) of all."""
    if points.ndim != 3 or points.shape[1:] not in ((17, 3), (18, 3)):
        expected = '(N, V, C) with 17 or 18 joints of 3 numbers'
        raise ClipError(
            'wrong joints', f'{where}: expected keypoint {expected}; got {points.shape}'
        )
    of, total = _array(where, annotation, 'frame_inds'), annotation.get('total_frames')
    sure = (
        _array(where, annotation, 'box_score') if 'box_score' in annotation else np.ones(len(of))
    )
    if not of.shape == sure.shape == points.shape[:1] or not isinstance(total, int):
        expected = f'frame_inds and box_score ({len(points)},), total_frames'
        got = f'{of.shape}, {sure.shape}, {total!r:.20}'
        raise ClipError('damaged', f'{where}: expected {expected}; got {got}')
    if not 0 < total < _MOST_FRAMES or not ((of >= 0) & (of < total)).all():
        raise ClipError('truncated', f'{where}: expected {total} frames; frame_inds differ')
    ours, seen = to_coco(points[..., :2], points[..., 2], _ORDERS[points.shape[1]])
    rows = [
        np.flatnonzero((of == frame) & (sure >= _SURE) & seen.any(axis=1))
        for frame in range(total)
    ]
    return [(ours[row], seen[row]) for row in rows]


def _elsewhere(path: Path, where: str, annotation: Annotation) -> Annotation:
    """Return what another file says of a clip: below the folder of this one, and named by it."""
    named, name = Path(str(annotation['raw_file'])), annotation.get('frame_dir')
    tails = [path.parent.joinpath(*named.parts[start:]) for start in range(len(named.parts))]
    files = [tail for tail in tails if tail.is_file() and '..' not in named.parts]
    if not files:
        raise ClipError('joints elsewhere', f'{where}: no {named} in {path.parent}')
    document = _load_again(files[0])
    told = document.get(name) if isinstance(document, dict) else None
    if not isinstance(told, dict):
        raise ClipError('joints elsewhere', f'{where}: {files[0].name} has no {name}')
    return told


@lru_cache(maxsize=4)
def _load_again(path: Path) -> Any:
    """Load a file of many clips, which come in any order."""
    return load(path)


def _check_frames(where: str, annotation: Annotation, got: int) -> None:
    expected = annotation.get('total_frames', got)
    if expected != got:
        raise ClipError('truncated', f'{where}: expected {expected} frames; got {got}')


def _array(where: str, annotation: Annotation, key: str) -> np.ndarray:
    value = annotation.get(key)
    if not isinstance(value, Array):
        raise ClipError('damaged', f'{where}: expected an array {key}; got {type(value).__name__}')
    return value.values.astype(np.float64)


def _size(where: str, annotation: Annotation) -> tuple[int, int]:
    size = annotation.get('img_shape')
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ClipError('damaged', f'{where}: expected img_shape, height and width; got {size!r}')
    height, width = size
    if not (isinstance(height, int) and isinstance(width, int) and min(height, width) > 1):
        raise ClipError('damaged', f'{where}: expected img_shape in px; got {size!r}')
    return width, height
