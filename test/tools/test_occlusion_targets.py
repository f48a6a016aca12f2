"""What is promised of the states of joints, on real photographs."""

from pathlib import Path

import pytest

from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.pipeline.load import load_pose, load_segmentation
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.tools.evaluate.clips import photo_clips
from ros_vision_perception.tools.evaluate.occlusion import measure

pytest.importorskip('pycocotools', reason='needs the extra `tools`')


def test_fusion_tells_hidden_joints_where_a_model_without_visibility_cannot(
    assets: Path,
) -> None:
    pose = load_pose(
        str(assets / 'models/yolo11n-pose_640.onnx'),
        threads=2,
        max_people=20,
        with_masks=True,
        skeleton='',
        report=print,
    )
    masks = load_segmentation(str(assets / 'models/yolov8n-seg_640.onnx'), threads=2, report=print)
    images = assets / 'images'
    clips = photo_clips(
        images / 'coco_keypoints_mini/annotations/person_keypoints_val2017.json',
        images / 'coco_keypoints_mini/images/val2017',
    ) + photo_clips(images / 'mmpose/coco/test_coco.json', images / 'mmpose/coco')
    figures = measure(clips, Perception(pose, masks, FusionConfig()))
    assert figures['joints_not_visible'] > 20
    assert figures['auc_visible'] > figures['auc_model_score'] + 0.05
    assert figures['auc_visible'] > 0.75
