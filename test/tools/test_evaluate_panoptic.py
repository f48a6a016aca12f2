"""Panoptic quality of cases that can be worked out by hand, and of real photographs."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.pipeline.stages import Stages
from ros_vision_perception.tools.evaluate.panoptic import (
    Segments,
    Tally,
    compare,
    evaluate_panoptic,
)
from ros_vision_perception.tools.evaluate.worst_masks import WorstMasks

SIZE = 40, 20
# x, y, width, height
Box = tuple[int, int, int, int]


def found(**boxes: Box) -> InstanceMasks:
    """Return one mask per class name, whose last letter tells several of one class apart."""
    return InstanceMasks(
        image_size=SIZE,
        class_ids=np.zeros(len(boxes), np.int32),
        class_names=tuple(name.rstrip('12') for name in boxes),
        scores=np.ones(len(boxes), np.float32),
        boxes_xyxy=np.zeros((len(boxes), 4), np.float32),
        masks=tuple(BoxMask(x, y, np.ones((h, w), bool)) for x, y, w, h in boxes.values()),
        is_instance=True,
    )


def truth(crowds: frozenset[int] = frozenset(), **boxes: Box) -> Segments:
    numbers = np.zeros(SIZE[::-1], np.int64)
    for number, (x, y, w, h) in enumerate(boxes.values(), 1):
        numbers[y : y + h, x : x + w] = number
    names = {number: name.rstrip('12') for number, name in enumerate(boxes, 1)}
    return Segments(numbers, names, crowds)


def test_a_match_counts_by_its_iou_and_strays_and_misses_by_half() -> None:
    annotated = truth(person1=(0, 0, 10, 20), person2=(10, 0, 10, 20), floor=(20, 0, 20, 20))
    # 3/4 of the first; half of the second is no match; the floor is overlooked.
    tallies = compare(found(person1=(0, 0, 10, 15), person2=(10, 0, 10, 10)), annotated)
    assert tallies['person'] == Tally(matched=1, iou=0.75, wrong=1, missed=1)
    assert tallies['person'].quality == pytest.approx((0.375, 0.75, 0.5))
    assert tallies['floor'].quality == (0, 0, 0)


def test_nothing_has_no_quality() -> None:
    assert Tally().quality is None


def test_the_wrong_class_in_the_right_place_is_wrong_and_missed() -> None:
    tallies = compare(
        found(chair=(0, 0, 10, 20)), truth(person=(0, 0, 10, 20), wall=(10, 0, 30, 20))
    )
    assert (tallies['chair'].wrong, tallies['person'].missed) == (1, 1)


def test_what_nobody_annotated_counts_for_nothing() -> None:
    annotated = truth(person=(0, 0, 10, 20))
    # Half of the mask lies beside the person, where there is no annotation.
    tallies = compare(found(person=(0, 0, 20, 20)), annotated)
    assert tallies['person'] == Tally(matched=1, iou=1.0)
    stray = compare(found(person=(30, 0, 10, 20)), annotated)
    assert stray['person'] == Tally(missed=1)


def test_people_in_a_crowd_are_neither_wrong_nor_missed() -> None:
    annotated = truth(frozenset({1}), person1=(0, 0, 20, 20), wall=(20, 0, 20, 20))
    tallies = compare(found(person=(5, 5, 5, 5), chair=(0, 10, 5, 5)), annotated)
    assert tallies['person'] == Tally()
    assert tallies['chair'].wrong == 1


class Constant:
    """A segmentation that always finds the same."""

    model_name = 'constant'

    def __init__(self, masks: InstanceMasks) -> None:
        self._masks = masks

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        return self._masks


def write_annotations(folder: Path) -> Path:
    """Write a photograph with a person on the left and a floor on the right."""
    (folder / 'panoptic').mkdir()
    colors = np.zeros((20, 40, 3), np.uint8)
    colors[:, :20], colors[:, 20:] = (2, 1, 0), (0, 0, 7)  # B, G, R
    cv2.imwrite(str(folder / 'panoptic/1.png'), colors)
    cv2.imwrite(str(folder / '1.jpg'), np.zeros((20, 40, 3), np.uint8))
    parts = [
        {'id': 2 * 65536 + 256, 'category_id': 1, 'iscrowd': 0},
        {'id': 7, 'category_id': 9, 'iscrowd': 0},
    ]
    names = [
        {'id': 1, 'name': 'person', 'isthing': 1},
        {'id': 9, 'name': 'floor', 'isthing': 0},
        {'id': 10, 'name': 'sky', 'isthing': 0},
    ]
    data = {
        'images': [{'id': 5, 'file_name': '1.jpg'}],
        'annotations': [{'image_id': 5, 'file_name': '1.png', 'segments_info': parts}],
        'categories': names,
    }
    path = folder / 'truth.json'
    path.write_text(json.dumps(data))
    return path


def test_things_and_stuff_are_averaged_over_their_categories(tmp_path: Path) -> None:
    path, worst = write_annotations(tmp_path), WorstMasks()
    pipeline = Constant(found(person=(0, 0, 15, 20), floor=(20, 0, 20, 20)))
    figures = evaluate_panoptic(pipeline, path, tmp_path, worst)
    assert figures['PQ'] == pytest.approx((0.75 + 1) / 2)
    assert figures['things'] == {'PQ': 0.75, 'SQ': 0.75, 'RQ': 1.0, 'categories': 1}
    assert figures['stuff']['PQ'] == 1.0
    worst.write(tmp_path / 'worst.png')
    assert np.any(cv2.imread(str(tmp_path / 'worst.png')))


def test_other_annotations_are_refused(tmp_path: Path) -> None:
    path = tmp_path / 'instances.json'
    path.write_text('{"images": [], "annotations": [{}], "categories": []}')
    for wrong, message in ((path, 'panoptic annotations'), (tmp_path / 'x.json', 'no annot')):
        with pytest.raises(ConfigurationError, match=message):
            evaluate_panoptic(Constant(found()), wrong, tmp_path, WorstMasks())
