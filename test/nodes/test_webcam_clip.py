"""The webcam project on a real clip: the node as its launch file starts it, over DDS."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count, islice
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from sensor_msgs.msg import CompressedImage

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import humans_from_msg
from ros_vision_perception.nodes.conversions.images import jpeg_to_msg
from ros_vision_perception.nodes.conversions.stamps import make_header, stamp_from_header
from ros_vision_perception.nodes.launch_practice import WEBCAM_ARGUMENTS, plan_webcam
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.render.labels import doing
from ros_vision_perception.render.overlay import draw_overlay
from ros_vision_perception.tools import sources
from ros_vision_perception.zoo.resolve import resolve
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[2]
STAMP_NS, STEP_NS = 1_700_000_000_000_000_000, 83_400_000
IMAGES = 29  # 2.4 s: two jumping jacks


@pytest.fixture
def webcam(ros_domain: int) -> Iterator[Ros]:
    """Start the node with the parameter files and topics of the launch file."""
    try:
        for name in (DEFAULT_POSE, DEFAULT_SEGMENTATION):
            resolve(name, print)
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    arguments = {name: argument.default for name, argument in WEBCAM_ARGUMENTS.items()}
    (plan,) = plan_webcam(arguments).perception
    command = [sys.executable, '-m', 'ros_vision_perception', plan.executable, '--ros-args']
    for file in (plan.config, plan.preset):
        command += ['--params-file', str(ROOT / 'config' / file)]
    for ours, theirs in plan.remappings:
        command += ['-r', f'{ours}:={theirs}']
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
    process = subprocess.Popen(command, env={**os.environ, 'PYTHONPATH': path})
    ros = Ros()
    yield ros
    ros.close()
    process.kill()
    process.wait()


def is_about(heard: list[Any], stamp_ns: int) -> bool:
    """Return whether the last message is about the image of this stamp."""
    return bool(heard) and stamp_from_header(heard[-1].header) == stamp_ns


def test_the_label_says_that_somebody_jumps_and_raises_their_arms(
    webcam: Ros, assets: Path
) -> None:
    clip = sources.from_video(assets / 'videos' / 'jumpingjack_1.mp4').frames()
    pictures = list(islice(clip, 0, 2 * IMAGES, 2))
    humans = webcam.listen(HumanStateArray, 'humans')
    overlays = webcam.listen(CompressedImage, 'overlay/compressed')
    camera = webcam.publisher(CompressedImage, 'image_raw/compressed')

    def show(picture: np.ndarray, stamp_ns: int) -> None:
        camera.publish(jpeg_to_msg(picture, make_header(stamp_ns, 'camera')))

    stamps_ns = count(STAMP_NS, STEP_NS)

    def is_ready() -> bool:
        show(np.zeros_like(pictures[0]), next(stamps_ns))
        webcam.rest(0.1)
        return bool(overlays)

    webcam.until(is_ready, 'for the node')
    begin_ns, said = next(stamps_ns) + 10**9, dict[str, float]()
    for number, picture in enumerate(pictures):
        stamp_ns = begin_ns + number * STEP_NS
        show(picture, stamp_ns)
        webcam.until(partial(is_about, humans, stamp_ns), 'for people')
        webcam.until(partial(is_about, overlays, stamp_ns), 'for their picture')
        for human in humans[-1].humans:
            said |= dict(zip(human.activities, human.activity_confidences, strict=True))
    assert {'jumping', 'both_arms_raised'} <= set(said)
    result = humans_from_msg(humans[-1])
    (person,) = result.people
    assert doing(person)[0].startswith('standing ')
    assert 'jumping' in doing(person)[1]
    shown: Any = cv2.imdecode(np.frombuffer(overlays[-1].data, np.uint8), cv2.IMREAD_COLOR)
    # What the node says is drawn, not only told.
    silent = replace(result, people=(replace(person, activities=(), activity_confidences=()),))
    labelled, unlabelled = (draw_overlay(pictures[-1], each) for each in (result, silent))
    differs = (labelled != unlabelled).any(axis=2)
    assert np.count_nonzero(differs) > 100

    def error(drawn: np.ndarray) -> float:
        return float(np.abs(shown.astype(float) - drawn)[differs].mean())

    # JPEG makes edges of letters uncertain.
    assert error(labelled) < 0.2 * error(unlabelled)
