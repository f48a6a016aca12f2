"""Reads the pickles in which PYSKL and MMAction2 publish skeletons of many data sets.

A file holds `annotations`, a list of one mapping per clip (older files are this list):
`frame_dir`, its name; `label`, the number of its class; `keypoint` (M, T, V, C), 17 or 18 joints
of M people in px, or 25 of NTU RGB+D in m; in the plane `keypoint_score` (M, T, V) and
`img_shape`, height and width. Of NTU RGB+D label 0 is A001. The joints of Kinetics-400 are in
other files, which `raw_file` names; these are not read.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
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
from ros_vision_perception.tools.recordings.people import follow
from ros_vision_perception.tools.recordings.unpickle import Array, load

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
    read = partial(_read, where, annotation)
    told = kinect.label_and_performer(name)
    if told is None:
        data_set = path.stem.partition('_')[0]
        return Entry(name, data_set, str(label), f'{data_set} {name}', read)
    if told[0] != f'A{label + 1:03}':
        raise ClipError('other label', f'{where}: {name} is no {label}, which is A{label + 1:03}')
    return Entry(name, 'ntu', told[0], f'ntu {told[1]}', read)


def _read(where: str, annotation: Annotation) -> Clip:
    if 'keypoint' not in annotation and 'raw_file' in annotation:
        raise ClipError('joints elsewhere', f'{where}: its joints are in {annotation["raw_file"]}')
    points = _array(where, annotation, 'keypoint')
    shape = points.shape
    if points.ndim != 4 or shape[2:] not in ((17, 2), (18, 2), (25, 3)):
        expected = '(M, T, V, C) with 17 or 18 joints of 2 numbers, or 25 of 3'
        raise ClipError('wrong joints', f'{where}: expected keypoint {expected}; got {shape}')
    frames = annotation.get('total_frames', shape[1])
    if frames != shape[1]:
        raise ClipError('truncated', f'{where}: expected {frames} frames; got {shape[1]}')
    if 0 in shape:
        raise ClipError('nobody in it', f'{where}: keypoint is {shape}')
    if shape[3] == 3:
        return kinect.projected(points)
    scores = _array(where, annotation, 'keypoint_score')
    if scores.shape != shape[:3]:
        raise ClipError(
            'damaged', f'{where}: expected keypoint_score {shape[:3]}; got {scores.shape}'
        )
    ours = to_coco(points, scores, _ORDERS[shape[2]])
    frames_of = [_found(ours[0][:, frame], ours[1][:, frame]) for frame in range(shape[1])]
    return Clip(*follow(frames_of), _size(where, annotation))


def _array(where: str, annotation: Annotation, key: str) -> np.ndarray:
    value = annotation.get(key)
    if not isinstance(value, Array):
        raise ClipError('damaged', f'{where}: expected an array {key}; got {type(value).__name__}')
    return value.values.astype(np.float64)


def _found(points: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return those of (N, 17) who were found in a frame: the others are zeros."""
    there = seen.any(axis=1)
    return points[there], seen[there]


def _size(where: str, annotation: Annotation) -> tuple[int, int]:
    size = annotation.get('img_shape')
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ClipError('damaged', f'{where}: expected img_shape, height and width; got {size!r}')
    height, width = size
    if not (isinstance(height, int) and isinstance(width, int) and min(height, width) > 1):
        raise ClipError('damaged', f'{where}: expected img_shape in px; got {size!r}')
    return width, height
