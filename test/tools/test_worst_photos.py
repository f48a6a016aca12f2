"""The photographs in which a model is most wrong."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.types import Frame
from ros_vision_perception.tools.evaluate import coco

pytest.importorskip('pycocotools', reason='measures with pycocotools')

SIZE = 200
BOX = [60, 40, 80, 120]
GREY = 100


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    """Make two photographs that are grey all over, one person in each."""
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f'{number}.png'), np.full((SIZE, SIZE, 3), GREY, np.uint8))
    x, y, width, height = BOX
    outline = [x, y, x + width, y, x + width, y + height, x, y + height]
    joints = [[x + width / 2, y + 6 * joint, 2] for joint in range(17)]
    person = {
        'category_id': 1, 'bbox': BOX, 'area': width * height, 'iscrowd': 0,
        'segmentation': [outline], 'keypoints': np.ravel(joints).tolist(), 'num_keypoints': 17,
    }  # fmt: skip
    content = {
        'images': [
            {'id': number, 'file_name': f'{number}.png', 'width': SIZE, 'height': SIZE}
            for number in (1, 2)
        ],
        'categories': [{'id': 1, 'name': 'person'}],
        'annotations': [{'id': number, 'image_id': number, **person} for number in (1, 2)],
    }
    (tmp_path / 'truth.json').write_text(json.dumps(content))
    return tmp_path


def results(kind: str) -> dict[str, Any]:
    x, y, width, height = BOX
    mask = np.zeros((SIZE, SIZE), np.uint8, order='F')
    mask[y : y + height, x : x + width] = 1
    from pycocotools import mask as run_lengths

    return {
        'keypoints': {
            'keypoints': np.ravel(
                [[x + width / 2, y + 6 * joint, 1] for joint in range(17)]
            ).tolist()
        },
        'segm': {'segmentation': run_lengths.encode(mask)},
        'bbox': {'bbox': BOX},
    }[kind]


@pytest.mark.parametrize('kind', ['keypoints', 'segm', 'bbox'])
def test_the_photograph_whose_person_was_missed_comes_first(annotated: Path, kind: str) -> None:
    calls: list[int] = []

    def find(frame: Frame, categories: dict[str, int]) -> list[dict[str, Any]]:
        calls.append(1)
        if len(calls) == 2:
            return []
        return [{'category_id': categories['person'], 'score': 0.9, **results(kind)}]

    sheet = annotated / 'worst.png'
    coco.evaluate(kind, annotated / 'truth.json', annotated, find, sheet)
    picture = cv2.imread(str(sheet))
    assert picture is not None
    first, second = picture[:, :480], picture[:, 486 : 486 + 480]
    # White is the truth, which is in both; a colour is what was found, in the second alone.
    for tile in (first, second):
        assert (tile.min(axis=-1) > 240).sum() > 100
    assert np.ptp(first.astype(int), axis=-1).max() < 20
    assert np.ptp(second.astype(int), axis=-1).max() > 200
