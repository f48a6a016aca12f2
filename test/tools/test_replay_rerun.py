"""A replay for the viewer of Rerun, which is a stand-in where the real one is not installed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import HumanState, JointState, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes.result_messages import Answer, Origin
from ros_vision_perception.render.figures import figure
from ros_vision_perception.render.palette import STATE_COLORS
from ros_vision_perception.tools.replay.command import main
from ros_vision_perception.tools.replay.rerun_file import recording
from test.core.known_people import STAMP_NS, human, humans

_FRAME = Frame(np.zeros((48, 64, 3), np.uint8), 'bgr8', STAMP_NS)


class Shape(SimpleNamespace):
    """What an archetype was made of."""


class Stream:
    """Keeps what is logged."""

    def __init__(self, application_id: str, recording_id: str) -> None:
        self.logged: list[tuple[int | None, str, Any]] = []
        self.name = recording_id
        self.path = Path()
        self._now: int | None = None

    def save(self, path: Path, default_blueprint: Any) -> None:
        self.path = path
        path.write_bytes(b'whole')

    def set_time(self, timeline: str, *, timestamp: np.datetime64) -> None:
        assert timeline == 'stamp'
        self._now = int(timestamp.astype(np.int64))

    def log(self, entity: str, shape: Any, *, static: bool = False) -> None:
        self.logged.append((None if static else self._now, entity, shape))

    def flush(self) -> None:
        pass

    def disconnect(self) -> None:
        pass


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Stream]:
    """Put a stand-in in the place of `rerun`; gives the recordings that it makes."""
    made: list[Stream] = []

    def stream(*arguments: Any, **named: Any) -> Stream:
        made.append(Stream(*arguments, **named))
        return made[-1]

    def archetype(name: str) -> Callable[..., Shape]:
        return lambda *places, **fields: Shape(name=name, places=places, **fields)

    names = ('Points2D', 'Points3D', 'LineStrips3D', 'Ellipsoids3D', 'EncodedImage', 'Clear')
    views = ('Blueprint', 'Horizontal', 'Spatial2DView', 'Spatial3DView')
    module = SimpleNamespace(
        RecordingStream=stream,
        ViewCoordinates=SimpleNamespace(RDF='right down forward'),
        blueprint=SimpleNamespace(**{name: archetype(name) for name in views}),
        **{name: archetype(name) for name in names},
    )
    monkeypatch.setitem(sys.modules, 'rerun', module)
    return made


def somebody(track_id: int, *, in_space: bool = True) -> HumanState:
    return replace(human(track_id, in_space=in_space), track_state=TrackState.CONFIRMED)


def answer(after_ns: int, *people: HumanState) -> Answer:
    result = SimpleNamespace(humans=humans(*people))
    stamp_ns = STAMP_NS + after_ns
    return Answer(Origin(stamp_ns, 'camera', stamp_ns), _FRAME, result)  # type: ignore[arg-type]


def test_people_are_logged_at_their_stamps_and_cleared_when_they_go(
    tmp_path: Path, streams: list[Stream]
) -> None:
    file = tmp_path / 'new' / 'walk.rrd'
    with recording(file, 'walk') as record:
        record(answer(0, somebody(1), somebody(2, in_space=False)))
        record(answer(40, somebody(2, in_space=False)))
        assert not file.exists(), 'it is not whole yet'
    assert file.read_bytes() == b'whole'
    assert [path.name for path in file.parent.iterdir()] == ['walk.rrd']
    (stream,) = streams
    assert stream.name == 'walk'
    first = {entity: shape for now, entity, shape in stream.logged if now == STAMP_NS}
    parts = ('joints', 'bones', 'covariances', 'label', 'paths')
    assert set(first) == {
        *('camera/overlay', 'camera/1/joints', 'camera/2/joints'),
        *(f'space/1/{part}' for part in parts),
    }
    second = {entity: shape.name for now, entity, shape in stream.logged if now == STAMP_NS + 40}
    assert {entity for entity, kind in second.items() if kind == 'Clear'} == {
        *('camera/1/joints', *(f'space/1/{part}' for part in parts))
    }
    assert first['camera/overlay'].contents[:2] == b'\xff\xd8', 'a JPEG'


def test_joints_and_halves_of_bones_have_the_colours_of_their_states(
    tmp_path: Path, streams: list[Stream]
) -> None:
    person = somebody(1)
    with recording(tmp_path / 'walk.rrd', 'walk') as record:
        record(answer(0, person))
    logged = {entity: shape for _, entity, shape in streams[0].logged}
    colors = [STATE_COLORS[JointState(state)] for state in person.joints.states]
    assert list(map(tuple, logged['camera/1/joints'].colors.tolist())) == colors
    drawn = figure(person, BLAZEPOSE33)
    assert drawn is not None
    (halves,), bones = logged['space/1/bones'].places, drawn.bones_m
    np.testing.assert_array_equal(halves[:, 0], np.concatenate((bones[:, 0], bones[:, 1])))
    np.testing.assert_allclose(halves[:, 1], np.tile(bones.mean(axis=1), (2, 1)))
    states = np.concatenate((drawn.bone_states[:, 0], drawn.bone_states[:, 1]))
    of_halves = [STATE_COLORS[JointState(state)] for state in states]
    assert list(map(tuple, logged['space/1/bones'].colors.tolist())) == of_halves
    assert [color[3] for color in logged['space/1/paths'].colors] == [191]


def test_without_a_file_nothing_is_recorded(streams: list[Stream]) -> None:
    with recording(None, 'walk') as record:
        record(answer(0, somebody(1)))
    assert streams == []


def test_a_recording_that_is_interrupted_leaves_no_file(
    tmp_path: Path, streams: list[Stream]
) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        recording(tmp_path / 'walk.rrd', 'walk') as record,
    ):
        record(answer(0))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_recorded_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'file').touch()
    with (
        pytest.raises(ConfigurationError, match=r'walk\.rrd cannot be written'),
        recording(tmp_path / 'file' / 'walk.rrd', 'walk'),
    ):
        pass
    monkeypatch.setitem(sys.modules, 'rerun', None)
    bag = tmp_path / 'walk.mcap'
    arguments = ['--bag', str(bag), '--output', str(tmp_path), '--rerun', str(tmp_path / 'a.rrd')]
    with pytest.raises(ConfigurationError, match=r'needs rerun-sdk: .*; cure: pip install'):
        main(arguments)


def test_the_viewer_reads_what_is_recorded(tmp_path: Path) -> None:
    pytest.importorskip('rerun', reason='needs rerun-sdk')
    chunk = pytest.importorskip('rerun.chunk', reason='needs rerun-sdk 0.41')
    file = tmp_path / 'walk.rrd'
    with recording(file, 'walk') as record:
        record(answer(0, somebody(1)))
        record(answer(40, somebody(1)))
    entities = {str(part.entity_path) for part in chunk.RrdReader(file).stream()}
    assert {'/camera/overlay', '/camera/1/joints', '/space/1/bones'} <= entities
