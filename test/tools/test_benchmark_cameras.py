"""Several cameras in one process, measured."""

import json
from pathlib import Path
import subprocess
import sys

import cv2
import numpy as np
import pytest
from small_networks import write_network

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

pytestmark = pytest.mark.ros


def test_what_two_cameras_cost_is_printed_and_written(ros_domain: int, tmp_path: Path) -> None:
    image, crop = (1, 3, 320, 320), ('N', 3, 256, 192)
    outputs = {'dets': np.zeros((1, 1, 5), np.float32), 'labels': np.zeros((1, 1), np.float32)}
    detector = write_network(tmp_path / 'a.onnx', {'input': image}, outputs)
    maps = {'output': np.zeros((1, 17, 64, 48), np.float32)}
    pose = write_network(tmp_path / 'b.onnx', {'input': crop}, maps)
    scores = {'output': np.zeros((1, 21, 65, 65), np.float32)}
    masks = write_network(tmp_path / 'c.onnx', {'image': (1, 3, 65, 65)}, scores)
    cv2.imwrite(str(tmp_path / 'x.png'), np.zeros((320, 320, 3), np.uint8))
    file = tmp_path / 'figures.json'
    models = ['--pose', f'{detector}+{pose}', '--segmentation', str(masks)]
    pace = ['--frames', '10', '--rate', '10', '--cameras', '2']
    out = ['--images', str(tmp_path), '--json', str(file)]
    # A process of its own, as users start it: Fast DDS reads how much memory images may share when
    # its first node is made, and that was another test's here.
    command = [sys.executable, '-m', 'ros_vision_perception', 'benchmark', 'cameras']
    ran = subprocess.run(
        [*command, *out, *models, *pace], capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(file.read_text())
    assert figures['images_per_camera'] == 10
    assert figures['cpu_ratio'] == pytest.approx(
        figures['cpu_ms_per_result'] / figures['bare_cpu_ms']
    )
    results = [int(number) for number in figures['results'].split()]
    assert len(results) == 2 and all(1 <= number <= 10 for number in results)
    assert 'cpu_ratio' in ran.stdout
