"""YOLO networks on real photographs."""

from pathlib import Path

import pytest

from ros_vision_perception.pipeline.load import load_pose, load_segmentation
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.evaluate.instances import evaluate_instances
from ros_vision_perception.tools.evaluate.pose import evaluate_pose

# A reference decoder reaches the figures below on the same files; this much is rounding.
NOISE = 0.01


@pytest.fixture(scope='module')
def pose(assets: Path) -> PosePipeline:
    return load_pose(
        str(assets / 'models' / 'yolo11n-pose_640.onnx'),
        threads=2,
        max_people=20,
        with_masks=False,
        skeleton='coco17',
        report=print,
        min_score=coco.MIN_SCORE,
    )


def test_poses_of_large_people_are_as_accurate_as_the_network(
    pose: PosePipeline, assets: Path
) -> None:
    folder = assets / 'images' / 'mmpose' / 'coco'
    figures = evaluate_pose(pose, folder / 'test_coco.json', folder)
    assert figures['images'] == 4 and figures['people'] == 12
    assert figures['AP'] > 0.691 - NOISE
    assert figures['AP50'] > 1.0 - NOISE


def test_poses_of_small_and_crowded_people_are_as_accurate_as_the_network(
    pose: PosePipeline, assets: Path
) -> None:
    folder = assets / 'images' / 'coco_keypoints_mini'
    figures = evaluate_pose(
        pose,
        folder / 'annotations' / 'person_keypoints_val2017.json',
        folder / 'images' / 'val2017',
    )
    assert figures['AP'] > 0.506 - NOISE
    assert figures['AP50'] > 0.744 - NOISE


def test_masks_are_as_accurate_as_the_network(assets: Path) -> None:
    folder = assets / 'images' / 'coco128_val_person'
    segmentation = load_segmentation(
        str(assets / 'models' / 'yolov8n-seg_640.onnx'),
        threads=2,
        report=print,
        min_score=coco.MIN_SCORE,
    )
    figures = evaluate_instances(segmentation, folder / 'person_instances.json', folder / 'images')
    assert figures['images'] == 38 and figures['instances'] == 180
    assert figures['AP'] > 0.393 - NOISE
