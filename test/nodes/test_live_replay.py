"""`replay --live` as a process: what somebody hears who takes the time from /clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
import json
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.msg import HumanStateArray, Skeleton
from ros_vision_perception.pipeline.load import DEFAULT_POSE
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.zoo.resolve import resolve
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

IMAGES = '/camera/image/compressed'
BEGIN_NS, STEP_NS, COUNT = 1_700_000_000_000_000_000, 50_000_000, 8
SENSOR = QoSProfile(depth=500, reliability=ReliabilityPolicy.BEST_EFFORT)
KEPT = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture(scope='module', autouse=True)
def model() -> None:
    """Skip where the default model cannot be had."""
    try:
        resolve(DEFAULT_POSE, print)
    except PerceptionError as error:
        pytest.skip(f'the default model cannot be had: {error}')


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Return a bag of a photograph of a person, of what somebody said, and of foreign things."""
    data = pytest.importorskip('skimage.data', reason='needs a photograph of scikit-image')
    bgr = data.astronaut()[..., ::-1]
    recorder = BagRecorder(tmp_path / 'walk')
    said, text = serialize_message(String(data='map')), 'std_msgs/msg/String'
    recorder.write('/said', text, BEGIN_NS, said, latched=True)
    recorder.write('/humans', text, BEGIN_NS, said)
    for step in range(COUNT):
        picture = np.ascontiguousarray(bgr[:300, 60 - 4 * step :][:, :300])
        stamp_ns = BEGIN_NS + step * STEP_NS
        recorder.write_jpeg(IMAGES, stamp_ns + 5_000_000, (stamp_ns, 'camera'), picture)
    recorder.close()
    return tmp_path / 'walk'


@contextmanager
def replaying(bag: Path, *options: str) -> Iterator[subprocess.Popen]:
    """Run the command in a process that does not outlive the test."""
    arguments = ['replay', '--bag', str(bag), '--live', '--segmentation', '', *options]
    process = subprocess.Popen(
        [sys.executable, '-m', 'ros_vision_perception', *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def listen(ros: Ros, kind: type, topic: str, quality: QoSProfile, heard: list[Any]) -> None:
    ros.node.create_subscription(
        kind, topic, lambda message: heard.append((topic, message)), quality
    )


def nanoseconds(time: Any) -> int:
    return int(time.sec) * 10**9 + int(time.nanosec)


def test_the_bag_and_its_people_come_in_time_and_the_clock_never_runs_ahead(
    bag: Path, tmp_path: Path, ros: Ros
) -> None:
    heard: list[Any] = []
    for kind, topic in ((Clock, '/clock'), (CompressedImage, IMAGES), (HumanStateArray, 'humans')):
        listen(ros, kind, topic, SENSOR, heard)
    listen(ros, Skeleton, 'skeleton', KEPT, heard)
    listen(ros, String, '/said', KEPT, heard)
    figures = tmp_path / 'figures'
    with replaying(bag, '--rate', '0.5', '--json', str(figures)) as process:
        ros.until(lambda: process.poll() is not None, 'for the end of the bag')
        ros.rest(0.3)
        assert (process.returncode, json.loads(figures.read_text())['results']) == (0, COUNT)
    by_topic = {name: [m for topic, m in heard if topic == name] for name in dict(heard)}
    assert [len(by_topic[name]) for name in (IMAGES, 'humans', 'skeleton', '/said')] == [
        8,
        8,
        1,
        1,
    ]
    assert len(by_topic['humans'][-1].humans) == 1
    stamps = [nanoseconds(image.header.stamp) for image in by_topic[IMAGES]]
    assert stamps == [nanoseconds(people.header.stamp) for people in by_topic['humans']]
    clock = [nanoseconds(message.clock) for message in by_topic['/clock']]
    assert clock == sorted(set(clock))
    assert BEGIN_NS <= clock[0] < clock[-1] == stamps[-1] + 5_000_000
    assert len(clock) >= 30, 'the bag lasts 0.7 s at this rate'


def test_in_a_loop_the_clock_jumps_back_once_a_round_until_told_to_end(
    bag: Path, ros: Ros
) -> None:
    heard: list[Any] = []
    listen(ros, Clock, '/clock', SENSOR, heard)
    humans: list[Any] = []
    listen(ros, HumanStateArray, '/robot/humans', SENSOR, humans)
    options = ('--rate', '4', '--loop', '--ros-args', '-r', '/humans:=/robot/humans')
    with replaying(bag, *options) as process:
        ros.until(lambda: len(humans) > 3 * COUNT, 'for the fourth round')
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert 'Traceback' not in said
    clock = [nanoseconds(message.clock) for _, message in heard]
    back = [b for a, b in pairwise(clock) if b < a]
    assert len(back) >= 2 and set(back) == {BEGIN_NS}
    people = [message for _, message in humans]
    begin = [nanoseconds(message.header.stamp) for message in people].index(BEGIN_NS)
    first, second = people[begin : begin + COUNT], people[begin + COUNT : begin + 2 * COUNT]
    assert repr(first) == repr(second), 'NaN is not equal to itself'


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        (['--live', '--output', 'out'], '--output and --live'),
        (['--live', '-j', '2'], '-j and --live'),
        (['--output', 'out', '--loop'], '--loop and no --live'),
        ([], 'expected --output PATH or --live'),
        (['--live', '--rate', '0'], 'got 0.0, expected more than 0'),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from ros_vision_perception.tools.replay import command

    with pytest.raises(SystemExit):
        command.main(['--bag', 'walk', *options])
    assert reason in capsys.readouterr().err
