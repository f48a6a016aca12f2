"""Every family that finds people and joints in one call works from the path of a file."""

from pathlib import Path

import numpy as np
import pytest
from small_networks import Shape, write_network

from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.stages import no_stages

# What the networks see: a picture of 64 x 64 px that fills their input.
FRAME = Frame(np.zeros((64, 64, 3), np.uint8), 'bgr8', 0)
# One person: a box, and joints on a line, at the middles of cells of 2 px and of 4 px.
BOX = np.array([8.0, 4.0, 56.0, 60.0])
JOINTS = np.column_stack((np.arange(17) * 2 + 16.0, np.arange(17) * 2 + 14.0))
SCORE = 0.9
Outputs = dict[str, np.ndarray]


def rtmo() -> Outputs:
    joints = np.column_stack((JOINTS, np.full(17, SCORE)))
    return {'dets': np.array([[[*BOX, SCORE]]]), 'keypoints': joints[None, None]}


def movenet_multi() -> Outputs:
    rows = np.zeros((1, 6, 56))
    joints = (JOINTS[:, ::-1] + 0.5) / 64
    rows[0, 2, :51] = np.column_stack((joints, np.full(17, SCORE))).ravel()
    rows[0, 2, 51:] = [*(BOX[[1, 0, 3, 2]] / 64), SCORE]
    return {'output_0': rows}


def yolo_end_to_end() -> Outputs:
    rows = np.zeros((1, 300, 57))
    rows[0, 0] = [*BOX, SCORE, 0, *np.column_stack((JOINTS, np.full(17, SCORE))).ravel()]
    return {'output0': rows}


def associative() -> Outputs:
    coarse, fine = np.zeros((1, 34, 16, 16)), np.zeros((1, 17, 32, 32))
    for joint, (x, y) in enumerate(JOINTS):
        coarse[0, joint, int(y) // 4, int(x) // 4] = SCORE
        fine[0, joint, int(y) // 2, int(x) // 2] = SCORE
    return {'heatmaps_and_tags': coarse, 'fine': fine}


def keypoint_rcnn() -> Outputs:
    joints = np.column_stack((JOINTS, np.ones(17)))
    person = {'boxes': BOX[None], 'labels': np.ones(1), 'scores': np.array([SCORE])}
    masks = {'masks': np.ones((1, 1, 28, 28))}
    logits = np.full((1, 17), np.log(SCORE / (1 - SCORE)))
    return {**person, **masks, 'keypoints': joints[None], 'keypoints_scores': logits}


@pytest.mark.parametrize(
    ('input_name', 'shape', 'outputs', 'within'),
    [
        ('input', (1, 3, 64, 64), rtmo(), 0.01),
        ('input', (1, 64, 64, 3), movenet_multi(), 0.01),
        ('images', (1, 3, 64, 64), yolo_end_to_end(), 0.01),
        ('input', (1, 3, 64, 64), associative(), 1.5),
        ('image', (3, 64, 64), keypoint_rcnn(), 0.01),
    ],
    ids=['rtmo', 'movenet-multi', 'yolo26', 'associative', 'keypoint-rcnn'],
)
def test_a_pose_network_works_from_its_path(
    tmp_path: Path, input_name: str, shape: Shape, outputs: Outputs, within: float
) -> None:
    planted = {name: value.astype(np.float32) for name, value in outputs.items()}
    metadata = {'skeleton': 'coco17'}
    path = write_network(tmp_path / 'net.onnx', {input_name: shape}, planted, metadata)
    pipeline = load_pose(
        str(path), threads=1, max_people=3, with_masks=True, skeleton='', report=print
    )
    found = pipeline.estimate(FRAME, no_stages)
    assert len(found) == 1
    np.testing.assert_allclose(found.keypoints_xy[0], JOINTS, atol=within)
    if 'masks' in planted:
        assert found.masks[0].area == (BOX[2] - BOX[0]) * (BOX[3] - BOX[1])
