"""Cameras that stall, die, come back, and give more than can be taken; nodes that are killed."""

from collections.abc import Callable
import signal
import statistics
import subprocess

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from test.faults.node_process import OK, STALE, NodeProcess
from test.faults.stick_node import TAKE_S
from test.nodes.ros import Ros, shared_memory_of

pytestmark = pytest.mark.ros

Spawn = Callable[..., subprocess.Popen]
CAMERA, NODE, NAME = 'test.faults.camera', 'test.faults.stick_node', '/perception_node'


def test_a_camera_that_stalls_is_told_and_forgotten_when_it_returns(
    ros: Ros, spawn: Spawn
) -> None:
    camera = spawn(CAMERA, '320', '240', '30')
    node = NodeProcess(ros, spawn(NODE), NAME)
    node.until_results(30)
    node.remember_memory()
    camera.send_signal(signal.SIGSTOP)
    node.until_level(STALE)
    assert 'no image on /image for' in node.status.message
    results = len(node.humans)
    camera.send_signal(signal.SIGCONT)
    node.until_results(30)
    node.until_level(OK)
    assert len(node.humans[results].humans) == 2
    camera.kill()
    ros.rest(0.2)
    node.assert_well()


def test_a_camera_that_dies_and_returns_with_another_resolution_is_taken_as_it_is(
    ros: Ros, spawn: Spawn
) -> None:
    first = spawn(CAMERA, '320', '240', '30')
    node = NodeProcess(ros, spawn(NODE), NAME)
    node.until_results(30)
    node.remember_memory()
    first.kill()
    results = len(node.humans)
    second = spawn(CAMERA, '640', '480', '30')
    node.until(lambda: node.humans[-1].image_width == 640, 'for images of the other size')
    node.until_results(30)
    sizes = [(each.image_width, each.image_height) for each in node.humans]
    assert (sizes[results - 1], sizes[-1]) == ((320, 240), (640, 480))
    assert len(node.humans[-1].humans) == 2
    second.kill()
    ros.rest(0.2)
    node.assert_well()


def test_a_node_that_is_killed_at_work_leaves_a_gap_and_nothing_else(
    ros: Ros, spawn: Spawn
) -> None:
    spawn(CAMERA, '640', '480', '60')
    killed = NodeProcess(ros, spawn(NODE, **{TAKE_S: '0.02'}), NAME)
    killed.until_results(30)
    shared = shared_memory_of(killed.process.pid)
    killed.process.kill()
    killed.process.wait()
    ros.rest(0.5)
    results = len(killed.humans)
    node = NodeProcess(ros, spawn(NODE, **{TAKE_S: '0.02'}), NAME)
    node.until_results(30)
    stamps = [stamp_from_header(each.header) for each in killed.humans]
    assert stamps == sorted(set(stamps))
    assert stamps[results] - stamps[results - 1] > 500_000_000
    for before, after in zip(killed.humans[:5], killed.humans[results:][:5], strict=True):
        assert [h.track_id for h in after.humans] == [h.track_id for h in before.humans]
    assert [path for path in shared if path.exists()] == []
    node.process.send_signal(signal.SIGINT)
    assert node.process.wait(timeout=30) == 0


def test_ten_times_too_many_images_never_make_a_queue(ros: Ros, spawn: Spawn) -> None:
    take_s, rate_hz = 0.08, 125
    camera = spawn(CAMERA, '320', '240', str(rate_hz))
    node = NodeProcess(ros, spawn(NODE, **{TAKE_S: str(take_s)}), NAME)
    node.until_results(10)
    node.remember_memory()
    node.until_results(30)
    camera.kill()
    ros.rest(0.5)
    # Twice as long as one inference and one frame: of a queue of k images it would be k times.
    assert statistics.median(node.ages_s[10:]) < 2 * (take_s + 1 / rate_hz)
    node.assert_well()
    assert node.drops['superseded'] > 3 * len(node.humans)
    assert set(node.drops) <= {'superseded', 'lost_in_transport'}
