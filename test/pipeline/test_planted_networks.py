"""Every family from a file on the disk to people and masks in the image."""

from pathlib import Path

import numpy as np
import pytest
from small_networks import Shape, write_network
import yolo_outputs

from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.pipeline.load import load_pose, load_segmentation
from ros_vision_perception.pipeline.stages import no_stages
from test.models import (
    test_associative,
    test_detectors,
    test_keypoint_rcnn,
    test_one_call_poses,
    test_personlab,
)
from test.models.test_detectors import CASES, WANTED, Case

IMAGE = 640, 480
FRAME = Frame(np.zeros((IMAGE[1], IMAGE[0], 3), np.uint8), 'bgr8', 1)
MOVENET = {'joints': np.full((1, 1, 17, 3), 0.5, np.float32)}
ANY = 'height', 'width'
PERSON = test_associative.person(200.0)
# As a network of 640 x 640 px sees them: below 80 px of grey.
DOWN_BOX = np.array([[100.0, 130, 300, 530]])
DOWN_JOINTS = np.column_stack((PERSON + np.array([0, 80]), np.full(17, 0.8))).reshape(1, -1)


def people(model: str, with_masks: bool = False) -> Keypoints:
    pipeline = load_pose(
        model,
        threads=1,
        max_people=5,
        with_masks=with_masks,
        skeleton='',
        report=lambda line: None,
    )
    return pipeline.estimate(FRAME, no_stages)


def masks(model: str) -> InstanceMasks:
    return load_segmentation(model, threads=1, report=lambda line: None).segment(FRAME, no_stages)


def declared(case: Case) -> dict[str, Shape]:
    return {name: tuple(n or 'any' for n in shape) for name, shape in case.inputs.items()}


@pytest.mark.parametrize('name', CASES)
def test_a_detector_and_a_network_for_crops_find_people(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    detector = write_network(
        tmp_path / 'detector.onnx', declared(case), case.outputs, dict(case.metadata)
    )
    crops = write_network(tmp_path / 'movenet.onnx', {'crop': (1, 192, 192, 3)}, MOVENET)
    found = people(f'{detector}+{crops}')
    np.testing.assert_allclose(found.boxes_xyxy, WANTED, atol=0.02)
    # The network for crops says that all joints are in the middle of the crop.
    middles = (WANTED[:, :2] + WANTED[:, 2:]) / 2
    np.testing.assert_allclose(found.keypoints_xy.mean(axis=1), middles, atol=1.5)


POSES: dict[str, tuple[dict[str, Shape], dict[str, np.ndarray], np.ndarray]] = {
    'movenet-multi': (
        {'input': (1, *ANY, 3)},
        {'output_0': test_one_call_poses.movenet_rows([0.9])},
        test_one_call_poses.JOINTS,
    ),
    'rtmo': (
        {'input': (1, 3, 640, 640)},
        test_one_call_poses.rtmo_outputs([0.9]),
        test_one_call_poses.JOINTS,
    ),
    'personlab': (
        {'input': (1, *ANY, 3)},
        test_personlab.plant([test_personlab.standing(200.0)], [0.9]),
        test_personlab.in_image(test_personlab.standing(200.0)),
    ),
    'associative': (
        {'input': (1, 3, 512, 512)},
        test_associative.outputs_of([PERSON], with_fine=True),
        PERSON,
    ),
    'keypoint-rcnn': (
        {'images': (3, 480, 640)},
        test_keypoint_rcnn.rcnn_outputs([0.9], [1]),
        PERSON,
    ),
    'keypoint-rcnn with masks': (
        {'images': (1, 3, *ANY)},
        test_keypoint_rcnn.masked_outputs([0.9], [1], (28, 28)),
        PERSON,
    ),
    'yolo26': (
        {'images': (1, 3, 640, 640)},
        {'output0': yolo_outputs.suppressed(DOWN_BOX, np.full((1, 1), 0.9), DOWN_JOINTS)},
        PERSON,
    ),
}


@pytest.mark.parametrize('name', POSES)
def test_a_network_for_whole_images_finds_people(name: str, tmp_path: Path) -> None:
    inputs, outputs, want = POSES[name]
    found = people(str(write_network(tmp_path / 'network.onnx', inputs, outputs)))
    assert len(found) == 1
    np.testing.assert_allclose(found.keypoints_xy[0], want, atol=1.5)
    assert found.person_scores[0] > 0.6


def test_a_network_that_knows_masks_of_people_gives_them_where_asked_for(tmp_path: Path) -> None:
    inputs, outputs, _ = POSES['keypoint-rcnn with masks']
    file = str(write_network(tmp_path / 'network.onnx', inputs, outputs))
    assert people(file).masks == ()
    (mask,) = people(file, with_masks=True).masks
    # Half of 200 x 400 px, to a cell of 28 x 28.
    assert abs(mask.area - 100 * 400) < 8 * 400


def test_one_network_gives_boxes_of_people_and_another_of_the_same_form_does_not(
    tmp_path: Path,
) -> None:
    nobody = {name: np.zeros_like(a) for name, a in test_detectors.end_to_end().items()}
    detector = write_network(tmp_path / 'detector.onnx', {'input': (1, 3, 256, 320)}, nobody)
    crops = write_network(tmp_path / 'movenet.onnx', {'crop': (1, 192, 192, 3)}, MOVENET)
    assert len(people(f'{detector}+{crops}')) == 0


def left_half(side: int) -> np.ndarray:
    half = np.zeros((1, 1, side, side), np.float32)
    half[..., : side // 2] = 1.0
    return half


BOX = np.array([[100.0, 50, 300, 450]], np.float32)
SCORE, LABEL = np.array([0.9], np.float32), np.array([1.0], np.float32)
VOC = np.zeros((1, 21, 48, 64), np.float32)
VOC[:, 0] = 2.0
VOC[:, 15, 5:45, 10:20] = 5.0
SEGMENTATIONS: dict[str, tuple[dict[str, Shape], dict[str, np.ndarray], dict[str, str]]] = {
    'mask-rcnn': (
        {'image': (3, 480, 640)},
        {'boxes': BOX, 'labels': LABEL, 'scores': SCORE, 'masks': left_half(28)},
        {},
    ),
    'mask-rcnn-benchmark': (
        {'image': (3, 480, 640)},
        {'6568': BOX, '6570': LABEL, '6572': SCORE, '6887': left_half(28)},
        {},
    ),
    'rtmdet-ins': (
        {'input': (1, 3, 480, 640)},
        {
            'dets': np.concatenate((BOX, SCORE[None]), axis=1)[None],
            'labels': np.zeros((1, 1), np.float32),
            'masks': np.pad(
                np.ones((1, 1, 400, 100), np.float32), ((0, 0), (0, 0), (50, 30), (100, 440))
            ),
        },
        {},
    ),
    'semantic': ({'image': (1, 3, *ANY)}, {'out': VOC}, {}),
    'labels': (
        {'image': (1, 3, *ANY)},
        {'labels': VOC.argmax(axis=1).astype(np.float32) / 15},
        {'names': "{0: 'background', 1: 'person'}"},
    ),
}


@pytest.mark.parametrize('name', SEGMENTATIONS)
def test_a_segmentation_finds_the_left_half_of_a_person(name: str, tmp_path: Path) -> None:
    inputs, outputs, metadata = SEGMENTATIONS[name]
    found = masks(str(write_network(tmp_path / 'network.onnx', inputs, outputs, metadata)))
    assert found.class_names == ('person',)
    rows, columns = np.nonzero(found.masks[0].to_image(IMAGE))
    edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    # Half a cell of a mask of 28 x 28 cells is 7 px high.
    np.testing.assert_allclose(edges, [100, 50, 200, 450], atol=8)
