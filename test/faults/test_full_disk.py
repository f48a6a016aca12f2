"""A disk that fills up while `replay` writes."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from test.faults.conftest import ROOT
from test.tools.test_replay import models, photographs, write_bag

__all__ = ['models']

# A small disk that is gone with the shell; it grows meanwhile.
SCRIPT = """
mount -t tmpfs -o size=4k none "$DISK" || exit 77
for size in 4k 160k 64m; do
    mount -o remount,size=$size "$DISK"
    "$@" --output "$DISK/out"; echo "$size: $?"
    find "$DISK" -type f -printf '%f\\n' | sort
done
"""


@pytest.mark.ros
def test_a_replay_onto_a_full_disk_says_so_leaves_nothing_and_can_be_done_again(
    tmp_path: Path,
) -> None:
    if shutil.which('unshare') is None:
        pytest.skip('needs unshare')
    disk = tmp_path / 'disk'
    disk.mkdir()
    bag = write_bag(tmp_path / 'bag', photographs(6))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
    replay = [sys.executable, '-m', 'ros_vision_perception', 'replay', '--bag', str(bag)]
    done = subprocess.run(
        ['unshare', '-Urm', 'sh', '-c', SCRIPT, 'sh', *replay, '--inputs'],
        env={**os.environ, 'PYTHONPATH': path, 'DISK': str(disk)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    if not done.stdout:
        pytest.skip(f'this machine gives us no small disk: {done.stderr.strip()}')
    told = f'replay: {disk}/out/bag cannot be written: No space left on device\n'
    assert done.stderr.count(told) == 2
    assert 'Traceback' not in done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith(('bag: ', ' '))]
    left = ['64m: 0', 'bag.mcap', 'metadata.yaml', 'replay.json']
    assert [line for line in lines if ' s, ' not in line] == ['4k: 1', '160k: 1', *left]
