"""Poses as a node of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_networks import write_network

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image

from ros_vision_perception.msg import PersonKeypointsArray, Skeleton
from ros_vision_perception.nodes.conversions.keypoints import keypoints_from_msg
from ros_vision_perception.nodes.pose_node import PoseNode
from test.nodes.images import message
from test.nodes.models import StickPose, pixels, stamp_ns
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


def image(step: int) -> Image:
    return message('bgr8', pixels(), stamp_ns=stamp_ns(step))


def answer(ros: Ros, camera: Any, heard: list[Any], step: int) -> Any:
    count = len(heard)
    camera.publish(image(step))
    ros.until(lambda: len(heard) > count, f'for the poses of image {step}')
    return heard[-1]


def test_poses_have_the_header_of_their_image_and_name_their_model(ros: Ros) -> None:
    ros.start(PoseNode, lambda *_: StickPose())
    heard = ros.listen(PersonKeypointsArray, 'keypoints')
    skeletons = ros.listen(Skeleton, 'skeleton', latched=True)
    poses = answer(ros, ros.publisher(Image, 'image'), heard, 1)
    assert poses.header == image(1).header
    assert (poses.model, poses.skeleton) == ('sticks', 'coco17')
    assert len(keypoints_from_msg(poses)) == 2
    ros.until(lambda: skeletons, 'for the skeleton')
    assert skeletons[0].name == poses.skeleton


def test_the_model_may_look_ahead_after_each_answer(ros: Ros) -> None:
    pose = StickPose()
    ros.start(PoseNode, lambda *_: pose)
    heard = ros.listen(PersonKeypointsArray, 'keypoints')
    camera = ros.publisher(Image, 'image')
    for step in (1, 2, 3):
        answer(ros, camera, heard, step)
    assert pose.looks_ahead == [1, 2, 3]


def test_a_bag_played_again_makes_the_model_forget_once(ros: Ros) -> None:
    pose = StickPose()
    node = ros.start(PoseNode, lambda *_: pose)
    heard = ros.listen(PersonKeypointsArray, 'keypoints')
    camera = ros.publisher(Image, 'image')
    for step in (1, 2, 3):
        answer(ros, camera, heard, step)
    camera.publish(image(1))
    assert node.image is not None
    image_input = node.image
    ros.until(lambda: image_input.counts()['frames_in'] == 4, 'for the node to see the image')
    for step in (2, 3):
        answer(ros, camera, heard, step)
    assert pose.resets == [0, 3]


def test_the_model_is_loaded_with_the_parameters(ros: Ros) -> None:
    given = []

    def load(parameters: Any, networks: Any) -> StickPose:
        networks.report('loading')
        given.append((parameters.pose_model, parameters.max_people))
        return StickPose()

    ros.start(PoseNode, load, pose_model='my.onnx', max_people=2)
    assert given == [('my.onnx', 2)]


def test_diagnostics_tell_what_runs_the_networks(ros: Ros, tmp_path: Path) -> None:
    file = write_network(tmp_path / 'net.onnx', {'x': (1,)}, {'y': np.zeros(1, np.float32)})

    def load(parameters: Any, networks: Any) -> StickPose:
        networks(file, 1)
        return StickPose()

    ros.start(PoseNode, load, backend='onnxruntime-cpu')
    heard = ros.listen(DiagnosticArray, '/diagnostics')
    ros.until(lambda: heard, 'for a status')
    values = {entry.key: entry.value for entry in heard[0].status[0].values}
    assert values[f'{tmp_path.name}/net.onnx'].endswith('on the CPU, 1 threads')
