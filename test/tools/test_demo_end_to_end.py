"""The whole demo as its user runs it: real nodes, DDS, default models."""

from collections.abc import Iterator
from importlib.util import find_spec
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from rosbags.highlevel import AnyReader

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.human import JointState
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.zoo.resolve import resolve

pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(find_spec('skimage') is None, reason='needs scikit-image'),
]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120


@pytest.fixture(scope='module', autouse=True)
def models() -> None:
    """Fetch the default models, so that no test waits for the network."""
    try:
        for name in (DEFAULT_POSE, DEFAULT_SEGMENTATION):
            resolve(name, print)
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')


@pytest.fixture
def demo(ros_domain: int, tmp_path: Path) -> Iterator[Any]:
    """Return a function that starts the demo; it writes to `tmp_path / 'out'`."""
    started: list[subprocess.Popen] = []

    def start(*options: str) -> subprocess.Popen:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
        started.append(
            subprocess.Popen(
                [
                    *(sys.executable, '-m', 'ros_vision_perception', 'demo'),
                    *('--output', str(tmp_path / 'out'), *options),
                ],
                env={**os.environ, 'PYTHONPATH': path},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def node_of(process: subprocess.Popen) -> psutil.Process:
    """Return the perception node of a demo, once it is there."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for child in psutil.Process(process.pid).children(recursive=True):
            if 'perception_node' in child.cmdline():
                return child
        time.sleep(0.05)
    raise TimeoutError('no perception_node was started')


def wait_for_first_overlay(folder: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not (folder / 'first_overlay.png').exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def messages(bag: Path, topic: str) -> list[Any]:
    with AnyReader([bag]) as reader:
        connections = [c for c in reader.connections if c.topic == topic]
        return [reader.deserialize(data, c.msgtype) for c, _, data in reader.messages(connections)]


def stamp(message: Any) -> tuple[int, int]:
    return message.header.stamp.sec, message.header.stamp.nanosec


@pytest.mark.timeout(2 * PATIENCE_S)
@pytest.mark.parametrize('wiring', [[], ['--separate']])
def test_demo_finds_people_and_keeps_everything(
    demo: Any, tmp_path: Path, wiring: list[str]
) -> None:
    process = demo('--duration', '3', '--fps', '10', *wiring)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    out = tmp_path / 'out'
    for told in ('First overlay', 'Agreement', str(out / 'contact_sheet.png'), str(out / 'bag')):
        assert told in output

    capture = cv2.VideoCapture(str(next(out.glob('overlay.*'))))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) >= 1
    sheet = cv2.imread(str(out / 'contact_sheet.png'))
    assert sheet is not None
    assert (sheet.std(axis=(0, 1)) > 10).all()

    humans = messages(out / 'bag', '/humans')
    images = {stamp(message) for message in messages(out / 'bag', '/image/compressed')}
    assert len(images) == 30
    assert {stamp(message) for message in humans} <= images
    states = {
        joint.state for message in humans for human in message.humans for joint in human.joints
    }
    assert JointState.VISIBLE in states
    (skeleton,) = {message.name for message in messages(out / 'bag', '/skeleton')}
    assert {message.skeleton for message in humans} == {skeleton}
    assert messages(out / 'bag', '/masks')


@pytest.mark.timeout(2 * PATIENCE_S)
def test_interrupted_demo_closes_its_files_and_leaves_no_node(demo: Any, tmp_path: Path) -> None:
    process = demo('--loop')
    node = node_of(process)
    wait_for_first_overlay(tmp_path / 'out', process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert 'Written' in output
    assert messages(tmp_path / 'out' / 'bag', '/humans')
    assert not node.is_running()


@pytest.mark.timeout(2 * PATIENCE_S)
def test_death_of_a_node_ends_the_demo_with_one_line(demo: Any, tmp_path: Path) -> None:
    process = demo('--loop')
    node = node_of(process)
    wait_for_first_overlay(tmp_path / 'out', process)
    node.kill()
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    (line,) = [line for line in errors.splitlines() if line.startswith('demo: ')]
    assert 'perception_node ended with status -9' in line
    assert 'Traceback' not in errors


@pytest.mark.timeout(2 * PATIENCE_S)
def test_video_of_the_user_is_played_through(demo: Any, tmp_path: Path) -> None:
    path = tmp_path / 'grey.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (320, 240))
    for _ in range(15):
        writer.write(np.full((240, 320, 3), 128, np.uint8))
    writer.release()
    process = demo('--video', str(path))
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert '15 sent' in output
    assert 'Agreement' not in output
    sizes = {
        (message.image_width, message.image_height)
        for message in messages(tmp_path / 'out' / 'bag', '/humans')
    }
    assert sizes == {(320, 240)}
