"""What killed processes leave in shared memory."""

import fcntl
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from ros_vision_perception.nodes.shared_memory import remove_dead_segments

HOUR_S = 3600
NODE = """
import os, rclpy, sys, time
from ros_vision_perception.nodes import transport
transport.prepare()
rclpy.init()
node = rclpy.create_node('to_be_killed')
print('ready', flush=True)
time.sleep(60)
"""


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour have passed since all files were made."""
    now = time.time()
    monkeypatch.setattr('time.time', lambda: now + HOUR_S)


def segment(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b'data')
    path.with_name(f'{name}_el').touch()
    return path


@pytest.mark.usefixtures('later')
def test_segments_of_ended_processes_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead = segment(tmp_path, 'fastdds_0123456789abcdef')
    alive = segment(tmp_path, 'fastdds_fedcba9876543210')
    with alive.with_name(f'{alive.name}_el').open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert remove_dead_segments(tmp_path) == 1
    assert not dead.exists()
    assert alive.exists()


@pytest.mark.usefixtures('later')
def test_what_is_no_segment_with_a_lock_stays(tmp_path: Path) -> None:
    (tmp_path / 'fastdds_0123456789abcdef').touch()
    segment(tmp_path, 'fastdds_port7000')
    segment(tmp_path, 'someone_elses')
    before = sorted(tmp_path.iterdir())
    assert remove_dead_segments(tmp_path) == 0
    assert sorted(tmp_path.iterdir()) == before


def test_a_segment_that_is_being_made_stays(tmp_path: Path) -> None:
    new = segment(tmp_path, 'fastdds_0123456789abcdef')
    assert remove_dead_segments(tmp_path) == 0
    assert new.exists()


def test_without_shared_memory_there_is_nothing_to_remove(tmp_path: Path) -> None:
    assert remove_dead_segments(tmp_path / 'none') == 0


@pytest.mark.ros
def test_what_a_killed_process_leaves_is_found_and_removed(
    ros_domain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('rclpy', reason='needs ROS 2')
    from test.nodes import ros as ros_helpers

    root = Path(__file__).parents[2]
    paths = os.pathsep.join(filter(None, (str(root), os.environ.get('PYTHONPATH'))))
    process = subprocess.Popen(
        [sys.executable, '-c', NODE],
        env={**os.environ, 'PYTHONPATH': paths},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == 'ready\n'
    left = ros_helpers.shared_memory_of(process.pid)
    if not left:
        process.kill()
        pytest.skip('the middleware of this machine uses no shared memory')
    now = time.time()
    monkeypatch.setattr('time.time', lambda: now + HOUR_S)
    remove_dead_segments()
    assert all(path.exists() for path in left)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert all(path.exists() for path in left)
    assert remove_dead_segments() >= len(left)
    assert not any(path.exists() for path in left)
