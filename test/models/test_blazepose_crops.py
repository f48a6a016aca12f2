"""BlazePose's landmark network on a detector's boxes."""

from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.geometry import apply_affine, crop_matrix
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.blazepose_crops import BlazePoseCrops, recognise
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.evaluate.pose import evaluate_pose
from ros_vision_perception.zoo.cache import cache_folder

IMAGE: dict[str, Shape] = {'image': (None, 3, 256, 256)}
OUTPUTS: dict[str, Shape] = {
    'landmarks': (None, 195),
    'person_flag': (None, 1),
    'heatmap': (None, 39, 64, 64),
    'world_landmarks': (None, 117),
}


def test_planted_joints_come_back_with_all_that_the_network_says() -> None:
    random = np.random.default_rng(1)
    boxes = np.array([[100.0, 50, 200, 350], [300, 100, 360, 180]])
    crops = np.array([crop_matrix(box, (256, 256)) for box in boxes])
    corner, size = boxes[:, None, :2], boxes[:, None, 2:] - boxes[:, None, :2]
    want = corner + random.uniform(0, 1, (2, 33, 2)) * size
    landmarks = np.zeros((2, 39, 5), np.float32)
    landmarks[:, :33, :2] = apply_affine(crops, want) + 0.5
    landmarks[..., 3:] = 2.0, -1.0
    world = random.normal(0, 0.5, (2, 39, 3)).astype(np.float32)
    outputs = {
        'landmarks': landmarks.reshape(2, -1),
        'person_flag': np.array([[0.9], [0.2]], np.float32),
        'heatmap': np.full((2, 39, 64, 64), -20, np.float32),
        'world_landmarks': world.reshape(2, -1),
    }
    found = BlazePoseCrops().decode(outputs, crops)
    np.testing.assert_allclose(found.points_xy, want, atol=1e-2)
    seen, present = 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(1))
    assert found.visibility is not None and found.presence is not None
    assert found.points_3d is not None
    np.testing.assert_allclose(found.visibility, np.full((2, 33), seen), atol=1e-6)
    np.testing.assert_allclose(found.presence, np.full((2, 33), present), atol=1e-6)
    want_scores = seen * np.array([[0.9], [0.2]]) * np.ones(33)
    np.testing.assert_allclose(found.scores, want_scores, atol=1e-6)
    np.testing.assert_allclose(found.points_3d, world[:, :33], atol=1e-6)


@pytest.mark.parametrize('more', [{}, {'mask': (None, 1, 256, 256)}])
def test_the_network_is_recognised_with_and_without_its_mask(more: dict[str, Shape]) -> None:
    found = recognise(Signature(IMAGE, OUTPUTS | more), DetectionConfig(0.1))
    assert found == BlazePoseCrops() and found.skeleton == BLAZEPOSE33
    fewer = {name: shape for name, shape in OUTPUTS.items() if name != 'heatmap'}
    assert recognise(Signature(IMAGE, fewer | more), DetectionConfig(0.1)) is None


def test_accuracy_on_the_boxes_of_a_detector(assets: Path) -> None:
    landmark = cache_folder() / 'models' / 'blazepose-full' / 'landmark.onnx'
    if not landmark.is_file():
        pytest.skip(f'needs {landmark}: models fetch blazepose-full')
    pipeline = load_pose(
        f'{assets}/models/rtmdet_nano_person_end2end.onnx+{landmark}',
        threads=2,
        max_people=20,
        with_masks=False,
        skeleton='coco17',
        report=print,
        min_score=coco.MIN_SCORE,
    )
    folder = assets / 'images' / 'mmpose' / 'coco'
    figures = evaluate_pose(pipeline, folder / 'test_coco.json', folder)
    # A reference decoder on upright boxes reaches .382 and .911; ours .47 and .91.
    assert figures['AP'] > 0.42 and figures['AP50'] > 0.88
