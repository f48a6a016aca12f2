"""Engines built ahead are those that a node looks for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_tensorrt import FakeTensorRt
import numpy as np
import pytest
from small_networks import write_network
import yolo_outputs

from ros_vision_perception import commands
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes import pose_node, segmentation_node
from ros_vision_perception.nodes.parameters import PoseParameters, SegmentationParameters
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools import models

Install = Callable[..., FakeTensorRt]
BOX = np.array([[100.0, 180.0, 200.0, 480.0]])
FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 'bgr8', 0)


@pytest.fixture
def pose_file(tmp_path: Path) -> Path:
    output = yolo_outputs.raw(BOX, np.array([[0.8]]), np.full((1, 51), 0.5))
    return write_network(
        tmp_path / 'my-pose.onnx', {'images': (1, 3, 640, 640)}, {'output0': output}
    )


def load_pose(file: Path, **more: Any) -> tuple[Any, Networks]:
    parameters = PoseParameters(pose_model=str(file), **more)
    networks = Networks(parameters.backends, print)
    return pose_node.load(parameters, networks), networks


def test_a_node_takes_the_engine_that_was_built_ahead(
    install: Install, pose_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trt = install()
    assert models.main(['build-engine', str(pose_file)]) == 0
    told = capsys.readouterr().out
    assert 'my-pose.onnx: Building Engine: 100 %' in told
    assert told.endswith('runs on TensorRT 10.3.0 on Orin (compute capability 8.7), fp16\n')
    assert trt.builds == 1

    pose, networks = load_pose(pose_file)
    assert trt.builds == 1
    found = pose.estimate(FRAME, no_stages)
    on_cpu, _ = load_pose(pose_file, backend='onnxruntime-cpu')
    want = on_cpu.estimate(FRAME, no_stages)
    assert len(found) == len(want) == 1
    np.testing.assert_array_equal(found.keypoints_xy, want.keypoints_xy)
    assert next(iter(networks.where.values())).startswith('TensorRT 10.3.0')


def test_a_segmentation_model_has_engines_too(install: Install, tmp_path: Path) -> None:
    trt = install()
    outputs = {
        'output0': yolo_outputs.raw(BOX, np.eye(1, 80) * 0.6, np.eye(1, 32)),
        'output1': np.ones((1, 32, 160, 160), np.float32),
    }
    file = write_network(tmp_path / 'masks.onnx', {'images': (1, 3, 640, 640)}, outputs)
    assert models.main(['build-engine', str(file), '--precision', 'fp32']) == 0
    parameters = SegmentationParameters(segmentation_model=str(file), precision='fp32')
    segmentation_node.load(parameters, Networks(parameters.backends, print))
    assert trt.builds == 1


def test_an_engine_is_a_model_by_its_path(
    install: Install, pose_file: Path, cache: Path, tmp_path: Path
) -> None:
    install()
    models.main(['build-engine', str(pose_file)])
    (plan,) = cache.rglob('*.plan')
    pose, _ = load_pose(plan.rename(tmp_path / 'mine.engine'))
    assert (pose.model_name, len(pose.estimate(FRAME, no_stages))) == ('mine', 1)


def test_without_tensorrt_it_says_what_is_missing(
    cache: Path, pose_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run('models', ['build-engine', str(pose_file)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('models: backend tensorrt, precision auto: available: onnxruntime-cpu')
