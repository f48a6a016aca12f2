"""Reads Kinetics-skeleton of ST-GCN: one JSON file per clip.

Yan, Xiong, Lin, "Spatial Temporal Graph Convolutional Networks", 2018: the videos were resized to
340 x 256, 30 frames per second, and OpenPose's 18 joints are shares of width and height; the score
of a joint that was not found is 0. Who is who in the next frame is not told.
"""

from collections.abc import Iterator
from functools import partial
import json
from pathlib import Path
from typing import Any

import numpy as np

from ros_vision_perception.tools.recordings.clip import OPENPOSE18, Clip, ClipError, Entry, to_coco
from ros_vision_perception.tools.recordings.people import follow

IMAGE_SIZE = 340, 256
_JOINTS, _MOST_FRAMES = 18, 10_000


def entries(path: Path) -> Iterator[Entry]:
    """Yield the one clip of a file; raises ClipError when it is none."""
    try:
        document = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, RecursionError) as error:
        cause = 'truncated' if isinstance(error, json.JSONDecodeError) else 'unreadable'
        raise ClipError(cause, f'{path.name} cannot be read: {error}') from error
    if not isinstance(document, dict) or not isinstance(document.get('data'), list):
        raise ClipError('no clip', f'{path.name}: expected data, label and label_index')
    label = document.get('label')
    if not isinstance(label, str) or label == 'unknown':
        raise ClipError('no label', f'{path.name}: expected a label; got {label!r}')
    load = partial(read, path.name, document['data'])
    yield Entry(path.name, 'kinetics', label, f'kinetics {path.stem}', load)


def read(name: str, data: list[Any]) -> Clip:
    """Return the people in a list of frames.

    Raises:
        ClipError: with the frame, when one is damaged or nobody is in any.
    """
    frames: dict[int, np.ndarray] = {}
    for place, entry in enumerate(data):
        where = f'{name}, frame {place + 1} of {len(data)}'
        try:
            index, skeletons = entry['frame_index'], entry['skeleton']
            people = [_person(where, one) for one in skeletons]
        except (KeyError, TypeError, ValueError) as error:
            expected = 'expected frame_index and skeleton: a list of pose and score'
            raise ClipError('damaged', f'{where}: {expected}; {error!r}') from error
        if not isinstance(index, int) or not 0 <= index < _MOST_FRAMES or index in frames:
            raise ClipError('damaged', f'{where}: expected another frame_index; got {index!r}')
        frames[index] = np.array(people).reshape(len(people), _JOINTS, 3)
    if not any(len(people) for people in frames.values()):
        raise ClipError('nobody in it', f'{name}: no skeleton in {len(data)} frames')
    none = np.empty((0, _JOINTS, 3))
    whole = [frames.get(index, none) for index in range(min(frames), max(frames) + 1)]
    ours = [to_coco(one[..., :2] * IMAGE_SIZE, one[..., 2], OPENPOSE18) for one in whole]
    return Clip(*follow(ours), IMAGE_SIZE)


def _person(where: str, skeleton: dict[str, Any]) -> np.ndarray:
    """Return (18, 3): x, y and score of each joint."""
    pose, score = (np.array(skeleton[key], np.float64) for key in ('pose', 'score'))
    if pose.shape != (2 * _JOINTS,) or score.shape != (_JOINTS,):
        expected = f'{2 * _JOINTS} numbers of pose and {_JOINTS} of score'
        got = f'{pose.size} and {score.size}'
        raise ClipError('wrong joints', f'{where}: expected {expected}; got {got}')
    return np.column_stack((pose.reshape(_JOINTS, 2), score))
