"""A replay says bit by bit what the live node says."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rclpy.serialization import deserialize_message, serialize_message
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import CompressedImage

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.perception_node import PerceptionNode
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.replay import command
from ros_vision_perception.tools.replay.compare import Tolerances, first_difference
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

EXACT = Tolerances(0.0, 0.0)
IMAGES = '/image/compressed'
BEGIN_NS, STEP_NS = 1_700_000_000_000_000_000, 40_000_000


def record(path: Path, count: int) -> Path:
    """Write a bag of a photograph of a person before which the camera pans."""
    data = pytest.importorskip('skimage.data', reason='needs a photograph of scikit-image')
    bgr = data.astronaut()[..., ::-1]
    recorder = BagRecorder(path)
    for step in range(count):
        picture = np.ascontiguousarray(bgr[:300, 60 - 4 * step :][:, :300])
        stamp_ns = BEGIN_NS + step * STEP_NS
        recorder.write_jpeg(IMAGES, stamp_ns, (stamp_ns, 'camera'), picture)
    recorder.close()
    return path


def images_of(bag: Path) -> list[CompressedImage]:
    with AnyReader([bag]) as reader:
        messages = reader.messages(reader.connections)
        return [deserialize_message(bytes(data), CompressedImage) for _, _, data in messages]


def has_length(items: list, length: int) -> bool:
    return len(items) == length


def test_a_replay_says_what_the_live_node_says(tmp_path: Path, ros: Ros) -> None:
    bag = record(tmp_path / 'bag', 6)
    try:
        command.main(['--bag', str(bag), '--output', str(tmp_path / 'replayed')])
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    ros.start(PerceptionNode)
    humans = ros.listen(HumanStateArray, 'humans')
    camera = ros.publisher(CompressedImage, 'image/compressed')
    live = BagRecorder(tmp_path / 'live')
    for step, image in enumerate(images_of(bag)):
        camera.publish(image)
        ros.until(partial(has_length, humans, step + 1), f'for the result of image {step}')
        data = serialize_message(humans[-1])
        live.write('/humans', 'ros_vision_perception/msg/HumanStateArray', step, data)
    live.close()
    assert len(humans[-1].humans) == 1
    assert first_difference(tmp_path / 'live', tmp_path / 'replayed' / 'bag', EXACT) is None
