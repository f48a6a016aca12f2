import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.evaluate.photos import Photo, read_photos
from test.core.people import IMAGE_SIZE, Scene, detect, figure, rectangle

pytest.importorskip('pycocotools', reason='needs the extra `tools`')

NOSE, ELBOW, WRIST, KNEE = (
    COCO17.index(name) for name in ('nose', 'left_elbow', 'left_wrist', 'left_knee')
)
NOBODY = Keypoints.empty(COCO17, IMAGE_SIZE)


def person(number: int, box: list[float], joints: dict[int, tuple[float, float, int]]) -> dict:
    """Return somebody whose mask is their box (x, y, width, height)."""
    flat = np.zeros((17, 3))
    for joint, entry in joints.items():
        flat[joint] = entry
    x, y, width, height = box
    return {
        'id': number,
        'image_id': 1,
        'category_id': 1,
        'iscrowd': 0,
        'area': width * height,
        'bbox': box,
        'segmentation': [[x, y, x + width, y, x + width, y + height, x, y + height]],
        'keypoints': flat.ravel().tolist(),
        'num_keypoints': len(joints),
    }


def write(folder: Path, people: list[dict[str, Any]], things: tuple[dict, ...] = ()) -> Path:
    cv2.imwrite(str(folder / 'photo.png'), np.zeros((240, 320, 3), np.uint8))
    path = folder / 'annotations.json'
    names = list(COCO17.joint_names)
    content = {
        'images': [{'id': 1, 'file_name': 'photo.png', 'width': 320, 'height': 240}],
        'categories': [
            {'id': 1, 'name': 'person', 'keypoints': names},
            {'id': 2, 'name': 'table'},
        ],
        'annotations': [*people, *things],
    }
    path.write_text(json.dumps(content))
    return path


def read(folder: Path, people: list[dict[str, Any]], things: tuple[dict, ...] = ()) -> Photo:
    (photo,) = read_photos(write(folder, people, things), folder)
    return photo


def test_flags_tell_whether_and_masks_tell_why_a_joint_is_hidden(tmp_path: Path) -> None:
    back = person(
        1,
        [20, 20, 80, 200],
        {NOSE: (60, 40, 2), ELBOW: (120, 90, 1), WRIST: (50, 120, 1), KNEE: (5, 180, 1)},
    )
    front = person(2, [101, 20, 80, 200], {NOSE: (140, 40, 2)})
    truth = read(tmp_path, [back, front]).truth(COCO17, NOBODY)
    states = truth.states[0]
    assert states[NOSE] == JointState.VISIBLE
    assert (states[ELBOW], truth.occluders[0, ELBOW]) == (JointState.OCCLUDED_BY_PERSON, 1)
    assert (states[WRIST], truth.occluders[0, WRIST]) == (JointState.OCCLUDED_BY_SELF, -1)
    assert (states[KNEE], truth.occluders[0, KNEE]) == (JointState.OCCLUDED_BY_OBJECT, -1)
    assert np.count_nonzero(states) == 4
    np.testing.assert_array_equal(np.isfinite(truth.joints_xy[0, :, 0]), states > 0)
    np.testing.assert_array_equal(truth.is_measured[0], states > 0)


def test_without_masks_nobody_knows_why(tmp_path: Path) -> None:
    people = [person(1, [20, 20, 80, 200], {NOSE: (60, 40, 2), WRIST: (50, 120, 1)})]
    del people[0]['segmentation']
    truth = read(tmp_path, people).truth(COCO17, NOBODY)
    assert truth.states[0, WRIST] == JointState.PREDICTED


def test_annotated_joints_are_found_by_name_in_another_skeleton(tmp_path: Path) -> None:
    photo = read(tmp_path, [person(1, [20, 20, 80, 200], {WRIST: (50, 120, 2)})])
    truth = photo.truth(BLAZEPOSE33, NOBODY)
    wrist = BLAZEPOSE33.index('left_wrist')
    assert np.flatnonzero(truth.states[0]).tolist() == [wrist]
    np.testing.assert_array_equal(truth.joints_xy[0, wrist], [50, 120])


def test_crowds_are_nobody(tmp_path: Path) -> None:
    crowd = {**person(2, [0, 0, 320, 40], {}), 'iscrowd': 1}
    photo = read(tmp_path, [person(1, [20, 20, 80, 200], {NOSE: (60, 40, 2)}), crowd])
    assert len(photo.boxes_xyxy) == 1


def test_masks_alone_tell_by_whom_the_joints_of_the_model_are_hidden() -> None:
    scene = Scene((figure(130), figure(160)), (('table', rectangle(60, 260, 190)),))
    keypoints = detect(scene)
    masks = tuple(BoxMask.from_bitmap(mask) for mask in scene.visible)
    things = tuple(BoxMask.from_bitmap(mask) for _, mask in scene.things)
    boxes = np.stack([mask.box_xyxy for mask in masks])
    photo = Photo(Path('photo.png'), boxes, np.full(2, 6000.0), None, masks, things)
    truth = photo.truth(COCO17, keypoints)
    behind = truth.states == JointState.OCCLUDED_BY_PERSON
    # What is seen lies in the own mask, of which nothing is known.
    assert behind[0].sum() >= 3
    assert not (behind & scene.is_seen).any()
    np.testing.assert_array_equal(truth.occluders, np.where(behind, [[1], [0]], -1))
    legs = [COCO17.index(f'{side}_ankle') for side in ('left', 'right')]
    assert (truth.states[:, legs] == JointState.OCCLUDED_BY_OBJECT).all()
    assert not truth.is_measured.any()


def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='no annotations'):
        read_photos(tmp_path / 'none.json', tmp_path)
    broken = tmp_path / 'broken.json'
    broken.write_text('[1, 2')
    with pytest.raises(ConfigurationError, match='does not hold annotations'):
        read_photos(broken, tmp_path)
