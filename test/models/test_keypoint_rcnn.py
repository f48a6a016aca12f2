"""Keypoint R-CNN: planted people come back, with masks where the network has them."""

import numpy as np
import pytest

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import keypoint_rcnn, mask_rcnn
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from test.core.people import figure

CONFIG = DetectionConfig(0.2, max_count=3)
IMAGE = 640, 480
JOINTS = figure(200.0, feet_y=440.0, height=300.0)

RCNN_OUTPUTS: dict[str, Shape] = {
    '2837': (None, 4),
    '2839': (None,),
    '2838': (None,),
    '2890': (None, 17, 3),
    '2891': (None, 17),
}


def rcnn(shape: Shape = (3, 480, 640)) -> keypoint_rcnn.KeypointRcnn:
    found = keypoint_rcnn.recognise(Signature({'images': shape}, RCNN_OUTPUTS), CONFIG)
    assert found is not None
    return found


def rcnn_outputs(scores: list[float], labels: list[int]) -> dict[str, np.ndarray]:
    people, joints = len(scores), np.column_stack((JOINTS, np.ones(17)))
    return {
        '2837': np.tile(np.array([100, 50, 300, 450], np.float32), (people, 1)),
        '2839': np.array(labels),
        '2838': np.array(scores, np.float32),
        '2890': np.tile(joints.astype(np.float32), (people, 1, 1)),
        '2891': np.zeros((people, 17), np.float32),
    }


def test_keypoint_rcnn_gives_people_above_the_least_score_best_first() -> None:
    (found,) = rcnn().decode(rcnn_outputs([0.5, 0.1, 0.9, 0.8], [1, 1, 1, 2]), [IMAGE])
    np.testing.assert_allclose(found.person_scores, [0.9, 0.5])
    np.testing.assert_allclose(found.keypoints_xy[0], JOINTS, atol=1e-3)
    np.testing.assert_allclose(found.scores, 0.5)
    np.testing.assert_allclose(found.boxes_xyxy[0], [100, 50, 300, 450])
    assert len(rcnn().decode(rcnn_outputs([], []), [IMAGE])[0]) == 0


def test_keypoint_rcnn_takes_one_image_with_or_without_a_batch() -> None:
    frame = Frame(np.full((480, 640, 3), (0, 51, 255), np.uint8), 'bgr8', 0)
    assert rcnn((1, 3, None, None)).preprocess([frame])['images'].shape == (1, 3, 480, 640)
    tensor = rcnn().preprocess([frame])['images']
    np.testing.assert_allclose(tensor[:, 100, 100], [1.0, 0.2, 0.0], atol=1e-6)


def test_a_detector_without_joints_is_no_keypoint_rcnn() -> None:
    outputs = {name: RCNN_OUTPUTS[name] for name in ('2837', '2839', '2838')}
    assert keypoint_rcnn.recognise(Signature({'images': (3, 480, 640)}, outputs), CONFIG) is None


MASKED: dict[str, Shape] = {
    'boxes': (None, 4),
    'labels': (None,),
    'scores': (None,),
    'masks': (None, 1, None, None),
    'keypoints': (None, 17, 3),
    'keypoints_scores': (None, 17),
}


def masked(outputs: dict[str, Shape], side: int | None = None) -> keypoint_rcnn.KeypointRcnn:
    found = keypoint_rcnn.recognise(Signature({'image': (1, 3, side, side)}, outputs), CONFIG)
    assert found is not None
    return found


def masked_outputs(
    scores: list[float], labels: list[int], cells: tuple[int, int]
) -> dict[str, np.ndarray]:
    """Return outputs in the order of `MASKED`: of each box the mask fills the left half."""
    values = list(rcnn_outputs(scores, labels).values())
    masks = np.zeros((len(scores), 1, *cells), np.float32)
    if cells == (28, 28):
        masks[..., :14] = 0.9
    else:
        masks[..., 50:450, 100:200] = 0.9
    values.insert(3, masks)
    return dict(zip(MASKED, values, strict=True))


@pytest.mark.parametrize('cells', [(28, 28), (480, 640)])
def test_with_a_mask_head_each_person_has_a_mask(cells: tuple[int, int]) -> None:
    outputs = masked_outputs([0.1, 0.5, 0.9], [1, 1, 1], cells)
    outputs['masks'][1] = 0.0
    (found,) = masked(MASKED).decode(outputs, [IMAGE])
    np.testing.assert_allclose(found.person_scores, [0.9, 0.5])
    mask, nothing = found.masks
    rows, columns = np.nonzero(mask.bitmap)
    edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    np.testing.assert_allclose(np.add(edges, [mask.x, mask.y] * 2), (100, 50, 200, 450), atol=1)
    assert nothing.area == 0


def test_outputs_of_other_names_are_known_by_their_order() -> None:
    numbered = dict(zip('abcdef', MASKED.values(), strict=True))
    names = masked(numbered).output_names
    assert (names['masks'], names['keypoints_scores']) == ('d', 'f')
    mixed = dict(reversed(MASKED.items()))
    assert masked(mixed).output_names == {name: name for name in MASKED}
    assert mask_rcnn.recognise(Signature({'image': (1, 3, None, None)}, MASKED), CONFIG) is None


def test_a_box_without_area_and_numbers_that_are_none_are_nobody() -> None:
    broken = rcnn_outputs([0.9, 0.9, 0.9], [1, 1, 1])
    broken['2837'][0, 2] = broken['2837'][0, 0]
    broken['2837'][1, 3] = np.nan
    broken['2890'][2, 5, 0] = np.inf
    assert len(rcnn().decode(broken, [IMAGE])[0]) == 0


def test_a_network_of_any_size_gets_the_image_as_it_is() -> None:
    for size, want in (((640, 480), (640, 480)), ((1920, 1080), (1333, 750))):
        frame = Frame(np.zeros((size[1], size[0], 3), np.uint8), 'bgr8', 0)
        assert masked(MASKED).preprocess([frame])['image'].shape[:1:-1] == want
