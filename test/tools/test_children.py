"""Processes of the demo; the 'node' is a shell script."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.tools.children import Children

_PATIENCE_S = 20.0


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that runs in place of Python; a test fills it."""
    path = tmp_path / 'python'
    path.touch(mode=0o755)
    monkeypatch.setattr(sys, 'executable', str(path))
    return path


def wait_until_exists(path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f'{path} did not appear'
        time.sleep(0.02)


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f'/proc/{process_id}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def test_end_of_a_node_is_told_with_its_last_line(script: Path, tmp_path: Path) -> None:
    script.write_text('#!/bin/sh\necho first\necho no such model >&2\nexit 3\n')
    children = Children(tmp_path, os.environ)
    children.start('perception_node', {})
    deadline = time.monotonic() + _PATIENCE_S
    with pytest.raises(PerceptionError, match=r'perception_node .* status 3 .* no such model'):
        while time.monotonic() < deadline:
            children.check()
            time.sleep(0.02)


def test_parameters_and_environment_reach_the_node(script: Path, tmp_path: Path) -> None:
    script.write_text('#!/bin/sh\necho "$@" $FRUIT > $(dirname $0)/got\n')
    children = Children(tmp_path, {**os.environ, 'FRUIT': 'apple'})
    children.start('pose_node', {'pose_model': 'a/b.onnx', 'threads': 2})
    wait_until_exists(tmp_path / 'got')
    children.stop()
    assert (tmp_path / 'got').read_text().split() == [
        *('-m', 'ros_vision_perception', 'pose_node', '--ros-args'),
        *('-p', 'pose_model:=a/b.onnx', '-p', 'threads:=2', 'apple'),
    ]


def test_node_is_interrupted_before_anything_worse(script: Path, tmp_path: Path) -> None:
    script.write_text(
        '#!/bin/sh\nfolder=$(dirname $0)\ntrap "echo bye > $folder/bye; exit" INT\n'
        'echo $$ > $folder/pid\nwhile :; do sleep 0.05; done\n'
    )
    children = Children(tmp_path, os.environ)
    children.start('perception_node', {})
    wait_until_exists(tmp_path / 'pid')
    children.check()
    children.stop()
    assert (tmp_path / 'bye').exists()


def test_node_that_does_not_listen_is_ended_all_the_same(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('ros_vision_perception.tools.children._PATIENCE_S', 0.2)
    script.write_text(
        '#!/bin/sh\ntrap "" INT\necho $$ > $(dirname $0)/pid\nwhile :; do sleep 0.05; done\n'
    )
    children = Children(tmp_path, os.environ)
    children.start('perception_node', {})
    wait_until_exists(tmp_path / 'pid')
    children.stop()
    assert not is_alive(int((tmp_path / 'pid').read_text()))


@pytest.mark.skipif(sys.platform != 'linux', reason='the system call is of Linux')
def test_killed_demo_leaves_no_node_behind(tmp_path: Path) -> None:
    script = tmp_path / 'python'
    script.write_text(
        '#!/bin/sh\ntrap "" INT\necho $$ > $(dirname $0)/pid\nwhile :; do sleep 0.05; done\n'
    )
    script.chmod(0o755)
    demo = subprocess.Popen(
        [
            sys.executable,
            '-c',
            'import os, sys, time\nfrom pathlib import Path\n'
            'from ros_vision_perception.tools.children import Children\n'
            f'sys.executable = {str(script)!r}\n'
            f'Children(Path({str(tmp_path)!r}), os.environ).start("perception_node", {{}})\n'
            'time.sleep(60)\n',
        ]
    )
    wait_until_exists(tmp_path / 'pid')
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    process_id = int((tmp_path / 'pid').read_text())
    deadline = time.monotonic() + _PATIENCE_S
    while is_alive(process_id):
        assert time.monotonic() < deadline, 'the node outlived the demo'
        time.sleep(0.02)
