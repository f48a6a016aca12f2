"""What nodes say about themselves on `/diagnostics`, with the cure."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.clock_watch import ClockWatch, stamp_problem
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.health import Health, Level, Problem
from test.nodes.images import message
from test.nodes.models import pixels, stamp_ns
from test.nodes.perception import Perception, image
from test.nodes.ros import Ros

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Part:
    """A source that says what a test tells it to."""

    def __init__(self) -> None:
        self.frames, self.wrong = 0, list[Problem]()

    def counts(self) -> dict[str, int]:
        return {'frames_in': self.frames}

    def values(self) -> dict[str, str]:
        return {'about': 'this'}

    def problems(self) -> list[Problem]:
        return self.wrong


def test_counters_become_rates_and_the_worst_problem_is_the_level() -> None:
    part = Part()
    health = Health()
    part.frames = 30
    for latency_ms in range(1, 21):
        health.note_result(latency_ms * 10**6)
    report = health.report((part,), 2.0)
    assert (report.level, report.summary) == (Level.OK, '10 results per second')
    assert (report.values['rate_in_hz'], report.values['rate_out_hz']) == ('15.0', '10.0')
    assert (report.values['latency_p50_ms'], report.values['latency_p95_ms']) == ('10.50', '19.05')
    part.wrong = [Problem('a', 'first'), Problem('b', 'second', Level.STALE)]
    report = health.report((part,), 2.0)
    assert (report.level, report.summary) == (Level.STALE, 'first; second')
    assert report.values['rate_in_hz'] == '0.0'


def test_each_cause_is_said_once_a_minute_and_all_are_counted() -> None:
    said: list[str] = []
    now_s = [0.0]
    faults = Faults(said.append, lambda: now_s[0])
    for second in range(130):
        now_s[0] = float(second)
        faults.note(FrameError('zero_stamp', 'no stamp'), 'image')
        if second == 0:
            faults.note(FrameError('corrupt', 'bad'), 'image')
    assert [line.partition('[')[2] for line in said] == [
        'zero_stamp, the first; counted in /diagnostics]',
        'corrupt, the first; counted in /diagnostics]',
        'zero_stamp, 61 so far; counted in /diagnostics]',
        'zero_stamp, 121 so far; counted in /diagnostics]',
    ]
    assert {problem.text for problem in faults.news()} == {
        '130 of image: no stamp',
        '1 of image: bad',
    }
    assert faults.news() == []


@pytest.mark.parametrize('jump_s', [-3.0, 3600.0])
def test_a_clock_that_is_set_is_noticed_once(jump_s: float) -> None:
    wall, steady = [10**18], [5]
    watch = ClockWatch(lambda: wall[0], lambda: steady[0])
    for second in range(5):
        wall[0] += 10**9 + 10**6  # a clock that is slewed drifts
        steady[0] += 10**9
        if second == 3:
            wall[0] += int(jump_s * 1e9)
        assert bool(watch.problem()) == (second == 3)
    assert watch.jumps == 1


def test_stamps_of_another_clock_are_noticed() -> None:
    assert stamp_problem(0.03) == stamp_problem(-0.05) == ''
    assert '3600.0 s old on arrival: synchronise' in stamp_problem(3600.0)
    assert '2.0 s in the future' in stamp_problem(-2.0)


class Doctor:
    """Hears `/diagnostics` of one node."""

    def __init__(self, ros: Ros) -> None:
        self._ros = ros
        self._heard = ros.listen(DiagnosticArray, '/diagnostics')

    @property
    def status(self) -> Any:
        return self._heard[-1].status[0]

    @property
    def values(self) -> dict[str, str]:
        return {pair.key: pair.value for pair in self.status.values}

    def until(self, condition: Callable[[], Any], what: str) -> None:
        self._ros.until(lambda: self._heard and condition(), what)


@pytest.mark.ros
def test_diagnostics_tell_how_the_node_is_doing(ros: Ros) -> None:
    perception, doctor = Perception(ros), Doctor(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(1))
    perception.show(camera, message('bgr8', pixels(), stamp_ns=0))
    doctor.until(lambda: 'dropped_zero_stamp' in doctor.values, 'for the drop')
    status, values = doctor.status, doctor.values
    assert (status.name, status.level) == ('/perception_node', DiagnosticStatus.WARN)
    assert '1 of /image: the header has no stamp; set header.stamp in the driver' in status.message
    assert (values['frames_in'], values['frames_out']) == ('2', '1')
    assert values['dropped_zero_stamp'] == '1'
    assert (values['pose_model'], values['segmentation_model']) == ('sticks', 'sticks')
    assert (values['image_topic'], values['qos']) == ('/image', 'sensor')
    assert float(values['latency_p50_ms']) > 0.0
    assert 0.0 <= float(values['last_frame_age_s']) < 60.0
    assert {'rate_in_hz', 'rate_out_hz', 'stamp_age_s', 'clock_jumps'} <= set(values)


@pytest.mark.ros
def test_the_status_goes_stale_with_the_camera_and_comes_back_with_it(
    ros: Ros, logged: list[str]
) -> None:
    perception, doctor = Perception(ros), Doctor(ros)
    camera = ros.publisher(Image, 'image')
    perception.answer(camera, image(1))
    doctor.until(lambda: doctor.status.level == DiagnosticStatus.STALE, 'to go stale')
    assert 'no image on /image for' in doctor.status.message
    assert 'it has 1 publishers' in doctor.status.message
    perception.answer(camera, image(2))
    doctor.until(lambda: doctor.status.level != DiagnosticStatus.STALE, 'to come back')
    assert len([line for line in logged if 'no image on' in line]) == 1


@pytest.mark.ros
def test_who_cannot_be_heard_is_named_with_the_cure(ros: Ros, logged: list[str]) -> None:
    Perception(ros, qos='reliable', transport='raw')
    doctor = Doctor(ros)
    ros.node.create_publisher(Image, 'image', BEST_EFFORT)
    told = 'publisher /test of /image is BEST_EFFORT, we asked for RELIABLE: set `qos: sensor`'
    doctor.until(lambda: told in doctor.status.message, 'for the publisher to be named')
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    ros.node.create_subscription(HumanStateArray, 'humans', print, latched)
    told = (
        'subscriber /test of /humans asks for TRANSIENT_LOCAL, we offer VOLATILE: '
        'ask for VOLATILE there'
    )
    doctor.until(lambda: told in doctor.status.message, 'for the subscriber to be named')
    assert len([line for line in logged if '`qos: sensor`' in line]) == 1


@pytest.mark.ros
def test_the_quality_of_one_topic_can_be_overridden(ros: Ros, logged: list[str]) -> None:
    depth = {'qos_overrides./image.subscription.depth': 3}
    perception = Perception(ros, transport='raw', **depth)
    (image_input,) = (
        each for each in perception.node.subscriptions if each.topic_name == '/image'
    )
    assert image_input.qos_profile.depth == 3
    assert not any('not known' in line for line in logged)


@pytest.mark.ros
def test_depth_that_never_fits_is_a_problem_with_a_cure(ros: Ros) -> None:
    perception, doctor = Perception(ros, use_depth=True, join_deadline_ms=20.0), Doctor(ros)
    camera, range_finder = ros.publisher(Image, 'image'), ros.publisher(Image, 'depth/image')
    samples = np.full((240, 320), 3.0, np.float32)
    range_finder.publish(message('32FC1', samples, stamp_ns=stamp_ns(1) + 5))
    perception.answer(camera, image(1))
    told = '1 of 1 stamps went on without depth: let its stamps equal'
    doctor.until(lambda: 'missed_depth' in doctor.values, 'for the miss')
    assert told in doctor.status.message
