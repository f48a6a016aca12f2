"""The nodes as processes, with the default models; and how they refuse to start."""

from collections.abc import Iterator
import itertools
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.images import image_to_msg
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.zoo.cache import FOLDER_VARIABLE
from ros_vision_perception.zoo.resolve import ResolvedModel, resolve
from test.nodes.images import message
from test.nodes.ros import Ros, shared_memory_of

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[2]
STAMP_NS, STEP_NS = 1_700_000_000_000_000_000, 40_000_000


@pytest.fixture(scope='module')
def models() -> dict[str, ResolvedModel]:
    """Return the default models."""
    try:
        return {name: resolve(name, print) for name in (DEFAULT_POSE, DEFAULT_SEGMENTATION)}
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')


def command(node: str, *arguments: str) -> list[str]:
    """Return the command line of a node, or of a node and its own arguments in one string."""
    module = [sys.executable, '-m', 'ros_vision_perception']
    return [*module, *node.split(), '--ros-args', *arguments]


def environment(**variables: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
    return {**os.environ, 'PYTHONPATH': path, **variables}


@pytest.fixture
def start(ros_domain: int) -> Iterator[Any]:
    """Return a function that starts a node; all are ended after the test."""
    processes: list[subprocess.Popen] = []

    def start(node: str, *arguments: str) -> subprocess.Popen:
        processes.append(subprocess.Popen(command(node, *arguments), env=environment()))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def photographs(count: int) -> list[np.ndarray]:
    """Return views (400, 400, 3) uint8 BGR of a photograph of a person, as the camera pans.

    They fit into the shared memory that Fast DDS has by default, as that of this process.
    """
    data = pytest.importorskip('skimage.data', reason='needs a photograph of scikit-image')
    bgr = data.astronaut()[..., ::-1]
    return [np.ascontiguousarray(bgr[:400, 40 - 4 * step :][:, :400]) for step in range(count)]


def results_of(
    ros: Ros, namespace: str, nodes: int, pictures: list[np.ndarray]
) -> list[HumanStateArray]:
    """Return the results of pictures, each shown when the one before has its result.

    Empty pictures come before, until all nodes listen to each other: what a node says earlier is
    lost. Then the stamps go back, and all begin anew.

    Args:
        ros: of the test.
        namespace: of the nodes under test.
        nodes: how many of them take images.
        pictures: (H, W, 3) uint8 BGR.
    """
    humans = ros.listen(HumanStateArray, f'/{namespace}/humans')
    camera = ros.publisher(Image, f'/{namespace}/image')
    ros.until(lambda: camera.get_subscription_count() == nodes, f'for {nodes} nodes')
    later_ns = itertools.count(STAMP_NS + 10**12, STEP_NS)
    nobody = np.zeros_like(pictures[0])

    def are_all_there() -> bool:
        camera.publish(picture_to_msg(nobody, next(later_ns)))
        return bool(humans) and not humans[-1].degraded

    ros.until(are_all_there, 'for a result to which all nodes gave')
    # A stream begins anew with its second picture; a busy node may lose the first.
    for _ in range(3):
        camera.publish(picture_to_msg(nobody, STAMP_NS - 2 * STEP_NS))
        ros.rest(0.1)
    return [
        result_at(ros, camera, humans, picture, STAMP_NS + step * STEP_NS)
        for step, picture in enumerate([nobody, *pictures], -1)
    ][1:]


def result_at(
    ros: Ros, camera: Publisher, humans: list[HumanStateArray], bgr: np.ndarray, at_ns: int
) -> HumanStateArray:
    """Show a picture until it has its result; a node that has it drops the next."""

    def results() -> list[HumanStateArray]:
        return [result for result in humans if stamp_from_header(result.header) == at_ns]

    def is_answered() -> bool:
        camera.publish(picture_to_msg(bgr, at_ns))
        return bool(results())

    ros.until(is_answered, f'for the result at {at_ns} ns')
    return results()[0]


def picture_to_msg(bgr: np.ndarray, at_ns: int) -> Image:
    return image_to_msg(bgr, 'bgr8', message('mono8', stamp_ns=at_ns).header)


@pytest.mark.timeout(600)
def test_one_process_finds_a_person_as_separate_processes_do(
    ros: Ros, start: Any, models: dict[str, ResolvedModel]
) -> None:
    pictures = photographs(6)
    (one,) = processes = [start('perception_node', '-r', '__ns:=/one')]
    processes += [
        start(node, '-r', '__ns:=/separate', '-p', f'join_deadline_ms:={10_000}')
        if node == 'fusion_node'
        else start(node, '-r', '__ns:=/separate')
        for node in ('pose_node', 'segmentation_node', 'fusion_node')
    ]
    answers = {}
    for namespace, nodes in (('one', 1), ('separate', 2)):
        answers[namespace] = results_of(ros, namespace, nodes, pictures)
    assert len(answers['one'][-1].humans) == 1
    assert not answers['one'][-1].degraded
    for got, want in zip(answers['separate'], answers['one'], strict=True):
        assert repr(got.humans) == repr(want.humans)
        assert got.header == want.header
        assert (got.inputs, got.degraded_reason) == (want.inputs, want.degraded_reason)
    one.send_signal(signal.SIGINT)
    assert one.wait(timeout=30) == 0
    for process in processes[1:]:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.mark.timeout(600)
def test_several_cameras_in_one_process_each_have_people_of_their_own(
    ros: Ros, start: Any, models: dict[str, ResolvedModel]
) -> None:
    node = start('multi_camera_node left right', '-r', '__ns:=/robot')
    nobody = np.zeros((400, 400, 3), np.uint8)
    right = results_of(ros, 'robot/right', 1, [nobody] * 3)
    left = results_of(ros, 'robot/left', 1, photographs(3))
    again = results_of(ros, 'robot/right', 1, [nobody])
    assert [len(result.humans) for result in left] == [1, 1, 1]
    assert [len(result.humans) for result in right + again] == [0, 0, 0, 0]
    node.send_signal(signal.SIGINT)
    assert node.wait(timeout=30) == 0


def test_of_several_cameras_one_that_cannot_be_configured_ends_the_process(
    ros_domain: int, models: dict[str, ResolvedModel], tmp_path: Path
) -> None:
    parameters = tmp_path / 'parameters.yaml'
    parameters.write_text(
        '/right/perception_node: {ros__parameters: {pose_model: no-such-model}}\n'
    )
    line = refusal('multi_camera_node left right', '--params-file', str(parameters))
    assert "no model and no file 'no-such-model'; available" in line
    assert 'expected a name of its own' in refusal('multi_camera_node left left')


@pytest.mark.parametrize('ending', [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_told_to_end_leaves_nothing_in_shared_memory(
    ros: Ros, start: Any, ending: signal.Signals
) -> None:
    node = start('fusion_node')
    ros.until(lambda: 'fusion_node' in ros.node.get_node_names(), 'for the node')
    shared = shared_memory_of(node.pid)
    if not shared:
        pytest.skip('the middleware of this machine uses no shared memory')
    node.send_signal(ending)
    assert node.wait(timeout=30) == 0
    assert [path for path in shared if path.exists()] == []


def test_a_node_that_is_told_to_end_while_it_loads_ends_at_once_and_leaves_nothing(
    ros: Ros, start: Any, tmp_path: Path
) -> None:
    endless = tmp_path / 'endless.onnx'
    os.mkfifo(endless)
    node = start('pose_node', '-p', f'pose_model:={endless}')
    ros.until(lambda: 'pose_node' in ros.node.get_node_names(), 'for the node')
    heard = ros.listen(DiagnosticArray, '/diagnostics')
    ros.until(lambda: heard and 'loading' in heard[-1].status[0].message, 'for the load')
    shared = shared_memory_of(node.pid)
    node.send_signal(signal.SIGTERM)
    assert node.wait(timeout=30) == 0
    assert [path for path in shared if path.exists()] == []


def refusal(node: str, *arguments: str, **variables: str) -> str:
    """Return the one line that a node (see `command`) says before it refuses to start."""
    done = subprocess.run(
        command(node, *arguments),
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    name = node.split()[0]
    lines = [line for line in done.stderr.splitlines() if line.startswith(f'{name}: ')]
    assert len(lines) == 1, done.stderr
    assert 'Traceback' not in done.stderr
    return lines[0]


@pytest.mark.parametrize(
    ('node', 'parameter', 'words'),
    [
        ('pose_node', 'max_people:=0', 'parameter max_people: got 0, expected int .1, 100.'),
        ('perception_node', 'transport:=rwa', "'rwa', expected str one of: 'auto', 'raw'"),
        ('fusion_node', 'join_deadline_ms:=soon', "got 'soon', expected float"),
        ('pose_node', 'pose_model:=/no/such.onnx', "no model and no file '/no/such.onnx'; avail"),
        ('segmentation_node', 'segmentation_model:=blazepose-full', 'expected a segmentation'),
        ('perception_node', 'pose_model:=selfie-segmentation', 'expected a pose model'),
        ('perception_node', 'backend:=none', "'none', expected str one of: 'auto', 'gpu'"),
        ('segmentation_node', 'precision:=fp16', 'precision fp16: available: onnxruntime-cpu; '),
    ],
)
def test_a_node_that_cannot_be_configured_says_why_in_one_line(
    ros_domain: int, models: dict[str, ResolvedModel], node: str, parameter: str, words: str
) -> None:
    assert re.search(words, refusal(node, '-p', parameter))


def test_a_truncated_model_is_refused(
    ros_domain: int, models: dict[str, ResolvedModel], tmp_path: Path
) -> None:
    (whole,) = models[DEFAULT_SEGMENTATION].files.values()
    damaged = tmp_path / 'damaged.onnx'
    damaged.write_bytes(whole.read_bytes()[:5000])
    line = refusal('segmentation_node', '-p', f'segmentation_model:={damaged}')
    assert str(damaged) in line


def test_a_cache_that_cannot_be_written_is_refused(ros_domain: int, tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    folder = tmp_path / 'file' / 'cache'
    line = refusal('pose_node', **{FOLDER_VARIABLE: str(folder)})
    assert str(folder) in line


def test_ros_arguments_that_ros_does_not_know_are_refused(ros_domain: int) -> None:
    assert '--no-such' in refusal('fusion_node', '--no-such')
    assert '/no/such.yaml' in refusal('fusion_node', '--params-file', '/no/such.yaml')


def test_other_arguments_are_refused_and_help_lists_the_parameters(ros_domain: int) -> None:
    base = [sys.executable, '-m', 'ros_vision_perception', 'fusion_node']
    refused = subprocess.run(
        [*base, '--verbose'], env=environment(), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "got ['--verbose'], expected --help or --ros-args" in refused.stderr
    helped = subprocess.run(
        [*base, '--help'], env=environment(), capture_output=True, text=True, check=True
    )
    assert 'join_deadline_ms: 100.0' in helped.stdout
