"""Timelines from bags of results: made-up people, and a real clip."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

import cv2
from rosbags.highlevel import AnyReader

from ros_vision_perception.core.activity import LAG_S
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import Event, Humans, HumanState, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.nodes.result_messages import Answer, Origin, ResultMessages
from ros_vision_perception.pipeline.perception import PerceptionResult
from ros_vision_perception.tools import sources
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.replay import command as replay
from ros_vision_perception.tools.timeline import command, recording
from ros_vision_perception.tools.timeline.recording import Recording
from ros_vision_perception.tools.timeline.totals import totals
from ros_vision_perception.tools.typestore import package_typestore
from test.core.known_people import SIZE, STAMP_NS, human, humans

ROOT = Path(__file__).parents[2]
STEP_NS, IMAGES = 100_000_000, 101
TYPES = {'humans': 'HumanStateArray', 'events': 'HumanEventArray'}
RUN = Event(1, 'running', STAMP_NS + 20 * STEP_NS, STAMP_NS + 40 * STEP_NS, 0.9, ('left_knee',))
KICK = Event(2, 'kicking', STAMP_NS + 10 * STEP_NS, STAMP_NS + 15 * STEP_NS, 0.8, ())


def somebody(track_id: int, at_m: tuple[float, float, float], sigma_m: float) -> HumanState:
    return replace(
        human(track_id, in_space=True),
        track_state=TrackState.CONFIRMED,
        position_m=np.array(at_m, np.float32),
        position_covariance=(sigma_m**2 * np.eye(3)).astype(np.float32),
        activities=(),
        activity_confidences=(),
    )


def match() -> list[Humans]:
    """Return 10 s: somebody walks 10 m, and somebody stands, is hidden, and lost."""
    noise = np.random.default_rng(0).normal(0, 1, (IMAGES, 2, 3))
    images = []
    for number in range(IMAGES):
        walks = somebody(1, (0.1 * number, 0, 8), 0.03)
        walks = replace(walks, position_m=walks.position_m + np.float32(0.03) * noise[number, 0])
        if number >= 90:
            walks = replace(walks, activities=('jumping',), activity_confidences=(0.75,))
        stands = somebody(2, tuple(0.1 * noise[number, 1] + (0, 0, 5)), 0.1)
        state = TrackState.CONFIRMED if number < 30 else TrackState.OCCLUDED
        stands = replace(stands, track_state=TrackState.LOST if number >= 50 else state)
        told = {41: (RUN,), 19: (KICK,)}.get(number, ())
        people = (walks, stands) if number < 60 else (walks,)
        stamp_ns = STAMP_NS + number * STEP_NS
        images.append(replace(humans(*people), stamp_ns=stamp_ns, events=told))
    return images


def write_bag(path: Path, results: list[Humans]) -> Path:
    recorder, messages = BagRecorder(path), ResultMessages(BLAZEPOSE33, 'pose', '')
    picture = np.zeros((*SIZE[::-1], 3), np.uint8)
    for number, result in enumerate(results):
        seen = PerceptionResult(Keypoints.empty(BLAZEPOSE33, SIZE), None, result)
        origin = Origin(result.stamp_ns, 'camera', result.stamp_ns)
        answer = Answer(origin, Frame(picture, 'bgr8', result.stamp_ns), seen)
        for topic, kind in TYPES.items():
            data = messages.write(topic, answer)
            if data is not None:
                name = f'ros_vision_perception/msg/{kind}'
                recorder.write(f'/field/{topic}', name, STAMP_NS + number, data)
    recorder.close()
    return path


def read(path: Path, topic: str | None = None) -> Recording:
    return recording.read(path, topic, lambda _done, _of: None)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def test_times_distances_and_counts_are_those_of_each_athlete(tmp_path: Path) -> None:
    walks, stands = totals(read(write_bag(tmp_path / 'match', match())), 1.0)
    assert (walks.seen_s, walks.hidden_s, walks.lost_s) == pytest.approx((10, 0, 0))
    assert walks.distance_m == pytest.approx(10, abs=0.7)  # the last step may be too short
    assert walks.running_m == pytest.approx(2, abs=0.5)
    assert walks.counts == {'running': 1, 'jumping': 1}
    assert (stands.seen_s, stands.hidden_s, stands.lost_s) == pytest.approx((3, 2, 1))
    assert stands.distance_m == 0
    assert stands.counts == {'kicking': 1}


def test_who_was_never_sure_to_be_there_or_only_for_a_moment_is_left_out(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'match', match())
    assert [total.track_id for total in totals(read(path), 4.0)] == [1]
    guesses = [
        replace(
            result,
            people=tuple(replace(one, track_state=TrackState.TENTATIVE) for one in result.people),
        )
        for result in match()
    ]
    assert not totals(read(write_bag(tmp_path / 'guesses', guesses)), 0.0)


def test_what_is_not_over_at_the_end_is_told_too(tmp_path: Path) -> None:
    whole = read(write_bag(tmp_path / 'match', match()))
    (jump,) = whole.going_on
    assert (jump.track_id, jump.activity, jump.confidence) == (1, 'jumping', 0.75)
    assert whole.seconds(jump.start_ns) == pytest.approx(9.0 - LAG_S)
    assert whole.seconds(jump.end_ns) == pytest.approx(10.0)


def test_positions_of_an_unusual_frame_do_not_count(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'match', match())
    every = [dict(vars(one)) for one in read(path).athletes]
    store = package_typestore()
    other = BagRecorder(tmp_path / 'other')
    with AnyReader([path], default_typestore=store) as reader:
        for number, (connection, time_ns, data) in enumerate(reader.messages()):
            message: Any = reader.deserialize(data, connection.msgtype)
            if connection.topic.endswith('humans') and number < 30:
                message.header.frame_id = 'map'
            again = bytes(store.serialize_cdr(message, connection.msgtype))
            other.write(connection.topic, connection.msgtype, time_ns, again)
    other.close()
    walks = read(tmp_path / 'other').athletes[0]
    unknown = ~np.isfinite(walks.positions_m).all(axis=1)
    assert 25 <= np.count_nonzero(unknown) <= 30
    assert np.array_equal(walks.positions_m[~unknown], every[0]['positions_m'][~unknown])


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'match', match()[:5])
    with pytest.raises(ConfigurationError, match=r"no people on topic '/x' .* be: /field/humans"):
        read(path, '/x')
    with pytest.raises(ConfigurationError, match='no bag'):
        read(tmp_path / 'none')
    (tmp_path / 'text.mcap').write_text('no bag at all')
    with pytest.raises(ConfigurationError, match='is not a bag that can be read'):
        read(tmp_path / 'text.mcap')
    with pytest.raises(ConfigurationError, match='several recordings'):
        read(write_bag(tmp_path / 'twice', match()[:5] * 2))


def test_a_real_match_has_a_lane_for_each_of_its_athletes_and_a_row_for_each_event(
    assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = sources.from_video(assets / 'videos' / 'mmaction2_struct.mp4')
    recorder = BagRecorder(tmp_path / 'match')
    for number, image in enumerate(source.frames()):
        stamp_ns = STAMP_NS + round(number / source.fps * 1e9)
        if number % 3 == 0 and number < 105:
            recorder.write_jpeg('/image/compressed', stamp_ns, (stamp_ns, 'camera'), image)
    recorder.close()
    told = (
        *('--bag', str(tmp_path / 'match'), '--output', str(tmp_path)),
        *('--params-file', str(ROOT / 'config' / 'sports.yaml')),
        *('--pose', str(assets / 'models' / 'yolo11n-pose_640.onnx')),
    )
    results = tmp_path / 'results'
    assert replay.main([*told[:3], str(results), *told[4:], '--topics', 'humans', 'events']) == 0
    folder = tmp_path / 'timeline'
    assert command.main([str(results / 'match'), '--output', str(folder)]) == 0
    athletes = rows_of(folder / 'athletes.csv')
    assert len(athletes) >= 2  # two players are close to the camera all the time
    assert sum(float(row['seen_s']) > 2.5 for row in athletes) == 2
    over = [row for row in rows_of(folder / 'events.csv') if row['is_over'] == 'yes']
    whole = read(results / 'match')
    assert len(over) == len(whole.events) > 3
    for event in whole.events:
        assert {
            **{'athlete': str(event.track_id), 'activity': event.activity, 'is_over': 'yes'},
            'begin_s': f'{whole.seconds(event.start_ns):.3f}',
            'end_s': f'{whole.seconds(event.end_ns):.3f}',
            'duration_s': f'{(event.end_ns - event.start_ns) / 1e9:.3f}',
            'probability': f'{event.confidence:.3f}',
            'joints_seen': ' '.join(event.joints_seen),
        } in over
    # Both throw, or defend: a hand is up.
    assert {row['athlete'] for row in over if 'arm' in row['activity']} == {'1', '2'}
    picture = cv2.imread(str(folder / 'timeline.png'))
    assert picture is not None and picture.shape[1] == 1100
    assert '2 athletes' in capsys.readouterr().out
