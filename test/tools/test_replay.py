"""Bags in, bags out: the same bytes every time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rosbags.highlevel import AnyReader

from ros_vision_perception.core.errors import ConfigurationError, PerceptionError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.replay import command, job, rerun_file, stream
from ros_vision_perception.tools.replay.job import REPORT
from ros_vision_perception.zoo.resolve import resolve

TOPIC = '/camera/image/compressed'
STEP_NS = 40_000_000
BEGIN_NS = 1_700_000_000_000_000_000


@pytest.fixture(scope='module', autouse=True)
def models() -> None:
    """Skip where the default models cannot be had."""
    try:
        for name in (DEFAULT_POSE, DEFAULT_SEGMENTATION):
            resolve(name, print)
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')


def photographs(count: int) -> list[np.ndarray]:
    """Return views (300, 300, 3) uint8 BGR of a photograph of a person, as the camera pans."""
    data = pytest.importorskip('skimage.data', reason='needs a photograph of scikit-image')
    bgr = data.astronaut()[..., ::-1]
    return [np.ascontiguousarray(bgr[:300, 60 - 4 * step :][:, :300]) for step in range(count)]


def write_bag(path: Path, pictures: list[np.ndarray], begin_ns: int = BEGIN_NS) -> Path:
    recorder = BagRecorder(path)
    for step, picture in enumerate(pictures):
        stamp_ns = begin_ns + step * STEP_NS
        recorder.write_jpeg(TOPIC, stamp_ns + 5_000_000, (stamp_ns, 'camera'), picture)
    recorder.close()
    return path


def replay(bag: Path, output: Path, *arguments: str) -> int:
    return command.main(['--bag', str(bag), '--output', str(output), *arguments])


def contents(bag: Path) -> bytes:
    (file,) = bag.glob('*.mcap')
    return file.read_bytes()


def humans_of(bag: Path) -> list[bytes]:
    with AnyReader([bag]) as reader:
        connections = [c for c in reader.connections if c.topic == '/humans']
        return [bytes(data) for _, _, data in reader.messages(connections)]


def test_two_replays_one_after_the_other_or_side_by_side_give_the_same_bytes(
    tmp_path: Path,
) -> None:
    bags = tmp_path / 'bags'
    write_bag(bags / 'one', photographs(4))
    write_bag(bags / 'two', photographs(5)[::-1])
    topics = ('--topics', 'humans', 'keypoints', 'masks', 'overlay/compressed')
    assert replay(bags, tmp_path / 'first', *topics, '--json', str(tmp_path / 'figures')) == 0
    assert replay(bags, tmp_path / 'second', *topics, '-j', '2') == 0
    for name in ('one', 'two'):
        assert contents(tmp_path / 'first' / name) == contents(tmp_path / 'second' / name)
    assert len(humans_of(tmp_path / 'first' / 'two')) == 5
    figures = json.loads((tmp_path / 'figures').read_text())
    assert (figures['frames'], figures['results'], figures['dropped']) == (9, 9, {})
    assert figures['bags']['one']['tracks'] == 1
    assert not list(tmp_path.glob('*/.begun'))


def test_what_is_done_is_not_done_again_and_what_is_foreign_is_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(2))
    replay(bag, tmp_path / 'out')
    (file,) = (tmp_path / 'out' / 'bag').glob('*.mcap')
    made_ns = file.stat().st_mtime_ns
    replay(bag, tmp_path / 'out')
    assert file.stat().st_mtime_ns == made_ns
    assert 'done before' in capsys.readouterr().err
    with pytest.raises(ConfigurationError, match=r'not made by this replay'):
        replay(bag, tmp_path / 'out', '--from', '0.01')
    (tmp_path / 'out' / 'bag' / REPORT).unlink()
    with pytest.raises(ConfigurationError, match=r'not made by this replay'):
        replay(bag, tmp_path / 'out')


def test_a_replay_that_is_interrupted_leaves_no_bag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(3))
    step = stream.Perception.step
    calls: list[int] = []

    def interrupted(self: object, *arguments: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return step(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(stream.Perception, 'step', interrupted)
        replay(bag, tmp_path / 'out')
    assert list((tmp_path / 'out').iterdir()) == []
    assert replay(bag, tmp_path / 'out') == 0
    assert len(humans_of(tmp_path / 'out' / 'bag')) == 3


def test_damaged_and_repeated_images_are_counted_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = photographs(3)
    recorder = BagRecorder(tmp_path / 'bag')
    for step, picture in enumerate(pictures):
        stamp_ns = BEGIN_NS + step * STEP_NS
        recorder.write_jpeg(TOPIC, stamp_ns, (stamp_ns, 'camera'), picture)
        if step == 1:
            recorder.write_jpeg(TOPIC, stamp_ns, (stamp_ns, 'camera'), picture)
            recorder.write(TOPIC, 'sensor_msgs/msg/CompressedImage', stamp_ns, b'\0\1\0\0 no')
    recorder.close()
    replay(tmp_path / 'bag', tmp_path / 'out', '--json', str(tmp_path / 'figures'))
    figures = json.loads((tmp_path / 'figures').read_text())
    assert figures['dropped'] == {'repeated_stamp': 1, 'corrupt_message': 1}
    assert (figures['frames'], figures['results']) == (5, 3)
    assert 'corrupt_message' in capsys.readouterr().err


def test_each_result_is_recorded_for_a_viewer_where_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag, file = write_bag(tmp_path / 'bags' / 'bag', photographs(2)), tmp_path / 'bag.rrd'
    asked: list[tuple[Path | None, str]] = []
    answers: list[stream.Answer] = []

    @contextmanager
    def recording(path: Path | None, name: str) -> Iterator[Callable[[stream.Answer], None]]:
        asked.append((path, name))
        yield answers.append

    monkeypatch.setattr(job, 'recording', recording)
    monkeypatch.setattr(rerun_file, 'require', lambda: None)
    replay(bag, tmp_path / 'out', '--rerun', str(file))
    assert asked == [(file, 'bag')]
    assert [answer.origin.stamp_ns for answer in answers] == [BEGIN_NS, BEGIN_NS + STEP_NS]
    assert [answer.frame.size for answer in answers] == [(300, 300)] * 2
    with pytest.raises(ConfigurationError, match=r'was made before, without .*bag\.rrd'):
        replay(bag, tmp_path / 'out', '--rerun', str(file))
    write_bag(tmp_path / 'bags' / 'other', photographs(2))
    with pytest.raises(ConfigurationError, match='got 2 bags, expected one'):
        replay(tmp_path / 'bags', tmp_path / 'both', '--rerun', str(file))


def test_a_stretch_of_time_with_the_inputs(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(5))
    replay(bag, tmp_path / 'out', '--from', '0.04', '--to', '0.13', '--inputs')
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        counts = {c.topic: c.msgcount for c in reader.connections}
    assert counts == {TOPIC: 3, '/humans': 3, '/skeleton': 1}


def test_the_picture_of_the_result_can_be_written_too(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(2))
    replay(bag, tmp_path / 'out', '--topics', 'overlay/compressed')
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        messages: list[Any] = [
            reader.deserialize(data, connection.msgtype)
            for connection, _, data in reader.messages()
            if connection.topic == '/overlay/compressed'
        ]
    for message, picture in zip(messages, photographs(2), strict=True):
        drawn = cv2.imdecode(message.data, cv2.IMREAD_COLOR)
        assert drawn is not None and drawn.shape == picture.shape
        changed = np.abs(drawn.astype(int) - picture).max(axis=2) > 60
        assert 0.002 < changed.mean() < 0.5


def test_a_check_says_and_draws_the_first_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = photographs(4)
    golden = tmp_path / 'golden' / 'bag'
    replay(write_bag(tmp_path / 'bag', pictures), tmp_path / 'golden')
    assert replay(tmp_path / 'bag', tmp_path / 'out', '--check', str(golden)) == 0
    changed = [*pictures[:2], np.roll(pictures[2], 12, axis=1), pictures[3]]
    other = write_bag(tmp_path / 'other' / 'bag', changed)
    capsys.readouterr()
    assert replay(other, tmp_path / 'new', '--check', str(golden)) == 1
    said = capsys.readouterr().out
    assert '/humans, message 2 of 1700000000.080000000 s, humans[0]' in said
    drawn = np.asarray(cv2.imread(str(tmp_path / 'new' / 'bag.difference.png')))
    assert drawn.shape == (300, 608, 3)
    assert not np.array_equal(drawn[:, :300], drawn[:, 308:])


def test_a_check_is_of_what_comes_out_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(2))
    golden = tmp_path / 'golden' / 'bag'
    replay(bag, tmp_path / 'golden')
    assert replay(bag, tmp_path / 'out', '--check', str(golden)) == 0
    step = stream.Perception.step
    monkeypatch.setattr(
        stream.Perception, 'step', lambda self, frame, *others: step(self, _black(frame), *others)
    )
    assert replay(bag, tmp_path / 'out', '--check', str(golden)) == 1
    with pytest.raises(ConfigurationError, match=r'--check: no bag .*none'):
        replay(bag, tmp_path / 'out', '--check', str(tmp_path / 'none'))


def _black(frame: Frame) -> Frame:
    return replace(frame, pixels=np.zeros_like(frame.pixels))


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (('--from', '9'), r'--from: got 9, .*bag is 0.0 s long'),
        (('--image', '/other'), r"no image topic '/other'.*/camera/image/compressed"),
        (('--depth', '/depth'), r"no topic '/depth'.*available: /camera/image/compressed"),
        (('--pose', 'none-such'), r"no model and no file 'none-such'"),
        (('--params-file', 'none.yaml'), r'none.yaml is not a parameter file'),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(1))
    with pytest.raises(PerceptionError, match=reason):
        replay(bag, tmp_path / 'out', *arguments)
    assert not (tmp_path / 'out').exists() or list((tmp_path / 'out').iterdir()) == []


def test_a_folder_without_bags_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'text.mcap').write_text('no bag')
    with pytest.raises(ConfigurationError, match=r'no bag in .*empty'):
        replay(tmp_path / 'empty', tmp_path / 'out')
    with pytest.raises(ConfigurationError, match=r'text.mcap is not a bag'):
        replay(tmp_path / 'text.mcap', tmp_path / 'out')


def test_parameters_come_from_a_parameter_file(
    tmp_path: Path, write: Callable[[str], Path]
) -> None:
    from ros_vision_perception.tools.replay.parameters import read

    given = read(
        write('/**/perception_node:\n  ros__parameters:\n    hidden_s: 4\n    skeleton: coco17'),
        {'pose_model': 'mine'},
    )
    assert (given.hidden_s, given.skeleton, given.pose_model) == (4.0, 'coco17', 'mine')
    with pytest.raises(ConfigurationError, match=r'parameters hidden are not known; available'):
        read(write('perception_node: {ros__parameters: {hidden: 4}}'), {})
    with pytest.raises(ConfigurationError, match=r'has no parameters of perception_node'):
        read(write('pose_node: {ros__parameters: {threads: 4}}'), {})
    with pytest.raises(ConfigurationError, match=r"parameter threads: got 'two', expected int"):
        read(write('/**: {ros__parameters: {threads: two}}'), {})


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a parameter file."""

    def write(text: str) -> Path:
        path = tmp_path / 'parameters.yaml'
        path.write_text(text)
        return path

    return write


def test_people_stay_in_the_frame_of_the_camera_and_that_is_said(
    tmp_path: Path, write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path / 'bag', photographs(1))
    robot = write('perception_node: {ros__parameters: {target_frame: map}}')
    replay(bag, tmp_path / 'out', '--params-file', str(robot))
    assert 'target_frame map is not used' in capsys.readouterr().out
    replay(bag, tmp_path / 'plain')
    assert humans_of(tmp_path / 'out' / 'bag') == humans_of(tmp_path / 'plain' / 'bag')
