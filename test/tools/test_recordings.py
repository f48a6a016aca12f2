"""Recordings are read as their formats have it, and damaged ones are refused in one line."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from recording_files import (
    NAME,
    STAND,
    WALK,
    annotation,
    colour_px,
    kinect_joints,
    only,
    skeleton_text,
    upright_px,
    write_kinetics,
    write_pickle,
    write_skeleton,
)

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.recordings import annotations, kinect, kinetics
from ros_vision_perception.tools.recordings.clip import Clip, ClipError, Entry
from ros_vision_perception.tools.recordings.people import follow, liveliest

ANY_FILE = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def joint(name: str) -> int:
    return COCO17.joint_names.index(name)


def seen_points(clip: Clip, person: int) -> np.ndarray:
    return clip.points_xy[person, :, 5:]


def test_a_skeleton_file_says_who_does_what_and_where_joints_are(tmp_path: Path) -> None:
    path = write_skeleton(tmp_path, NAME, [WALK])
    entry = only(kinect.entries(path))
    assert (entry.data_set, entry.label, entry.source) == ('ntu', 'A013', 'ntu P003')
    clip = entry.load()
    np.testing.assert_allclose(seen_points(clip, 0), upright_px(WALK)[None, :, 5:][0], atol=0.01)
    assert clip.image_size == (1920, 1080)
    assert (clip.seen[0, :, 5:] == 0.9).all()
    assert not clip.seen[0, :, 1:5].any()  # a Kinect has no eyes and no ears


def test_somebody_who_faces_the_kinect_has_the_left_arm_on_the_right_and_the_head_up(
    tmp_path: Path,
) -> None:
    for clip in (
        kinect.read(write_skeleton(tmp_path, NAME, [STAND])),
        kinect.projected(kinect_joints(STAND)[None]),
    ):
        points = clip.points_xy[0, 0]
        assert points[joint('left_shoulder'), 0] > points[joint('right_shoulder'), 0] + 20
        assert points[joint('nose'), 1] < points[joint('left_ankle'), 1] - 200


def test_joints_that_are_inferred_or_not_tracked_are_not_seen(tmp_path: Path) -> None:
    states = np.full((40, 25), 2)
    states[:, 14], states[:, 18] = 1, 0
    clip = kinect.read(write_skeleton(tmp_path, NAME, [WALK], states=states))
    assert (clip.seen[0, :, joint('left_ankle')] == 0.3).all()
    assert not clip.seen[0, :, joint('right_ankle')].any()
    assert np.isnan(clip.points_xy[0, :, joint('right_ankle')]).all()


def test_bodies_keep_their_id_and_frames_may_be_empty(tmp_path: Path) -> None:
    clip = kinect.read(write_skeleton(tmp_path, NAME, [WALK, STAND], absent=range(10, 15)))
    assert len(clip.points_xy) == 2
    assert not clip.seen[:, 10:15].any()
    np.testing.assert_allclose(seen_points(clip, 1)[20:], upright_px(STAND)[20:, 5:], atol=0.01)


def test_pixels_without_depth_are_unknown(tmp_path: Path) -> None:
    path = write_skeleton(tmp_path, NAME, [WALK])
    lines = path.read_text().splitlines()
    words = lines[4 + 5].split()
    words[5:7] = ['-Infinity', 'NaN']
    lines[4 + 5] = ' '.join(words)
    path.write_text('\n'.join(lines))
    clip = kinect.read(path)
    assert clip.seen[0, 0, joint('left_elbow')] == 0
    assert clip.seen[0, 1, joint('left_elbow')] > 0


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda lines: lines[:50], r'line 50 \(frame 2 of 40\): .* of a joint; .* ends'),
        (lambda lines: [*lines[:3], '20', *lines[4:]], r'line 4 \(frame 1.*25 joints; got 20'),
        (lambda lines: [*lines[:4], '1 2 3', *lines[5:]], r'line 5 .* 12 numbers .*; got 3'),
        (lambda lines: [*lines[:4], lines[4] + 'x', *lines[5:]], r'line 5 .* of a joint; '),
        (lambda lines: ['nan', *lines[1:]], r'line 1 \(head\): expected how many frames; got nan'),
        (lambda lines: [*lines, '1'], r'expected the end of the file'),
        (lambda lines: ['2', '0', '0'], r'no body in 2 frames'),
        (lambda lines: [], r'line 0 \(head\): .*the file ends'),
    ],
)  # fmt: skip
def test_a_damaged_skeleton_file_is_refused_with_its_line(
    tmp_path: Path, change: object, message: str
) -> None:
    path = write_skeleton(tmp_path, NAME, [WALK])
    path.write_text('\n'.join(change(path.read_text().splitlines())))  # type: ignore[operator]
    with pytest.raises(ClipError, match=message) as error:
        kinect.read(path)
    assert NAME in str(error.value)
    assert '\n' not in str(error.value)


def test_a_skeleton_file_must_be_named_as_those_of_ntu(tmp_path: Path) -> None:
    path = write_skeleton(tmp_path, 'somebody', [WALK])
    with pytest.raises(ClipError, match='expected a name like S001C002P003R002A013'):
        list(kinect.entries(path))


def test_a_clip_of_kinetics_is_read_and_people_are_followed(tmp_path: Path) -> None:
    path = write_kinetics(tmp_path, 'abc_def', 'jogging', [upright_px(WALK), upright_px(STAND)])
    entry = only(kinetics.entries(path))
    assert (entry.data_set, entry.label) == ('kinetics', 'jogging')
    clip = entry.load()
    assert clip.points_xy.shape[:2] == (2, 40)
    scale = np.array((340, 256)) / (1920, 1080)
    for person, body in enumerate((WALK, STAND)):
        np.testing.assert_allclose(clip.points_xy[person], upright_px(body) * scale, atol=0.05)
    assert (clip.seen == 0.8).all()


def test_joints_of_kinetics_that_were_not_found_and_lost_frames_are_unknown(
    tmp_path: Path,
) -> None:
    path = write_kinetics(tmp_path, 'abc', 'jogging', [upright_px(WALK)])
    document = json.loads(path.read_text())
    document['data'][3]['skeleton'][0]['score'][0] = 0.0
    del document['data'][10:13]
    path.write_text(json.dumps(document))
    clip = only(kinetics.entries(path)).load()
    assert clip.points_xy.shape[:2] == (1, 40)
    assert np.isnan(clip.points_xy[0, 3, joint('nose')]).all()
    assert not clip.seen[0, 10:13].any()
    assert clip.seen[0, 13:].all()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda d: d['data'][2]['skeleton'][0]['pose'].pop(), r'frame 3 of 40: .*36.*; got 35'),
        (lambda d: d['data'][2]['skeleton'][0]['score'].pop(), r'frame 3 of 40: .*18.*and 17'),
        (lambda d: d['data'][2]['skeleton'][0].pop('score'), r'frame 3 of 40.*score'),
        (lambda d: d['data'][2].update(skeleton=3), r'frame 3 of 40'),
        (lambda d: d['data'][2].update(frame_index=1), r'frame 3 .* another frame_index; got 1'),
        (lambda d: d['data'][2]['skeleton'][0]['pose'].__setitem__(0, 'x'), r'frame 3 of 40'),
        (lambda d: d['data'].clear(), 'no skeleton in 0 frames'),
        (lambda d: d.update(label='unknown'), 'expected a label'),
        (lambda d: d.pop('data'), 'expected data, label'),
    ],
)  # fmt: skip
def test_a_damaged_clip_of_kinetics_is_refused_with_its_frame(
    tmp_path: Path, change: object, message: str
) -> None:
    path = write_kinetics(tmp_path, 'abc', 'jogging', [upright_px(WALK)])
    document = json.loads(path.read_text())
    change(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))
    with pytest.raises(ClipError, match=message):
        only(kinetics.entries(path)).load()


@ANY_FILE
@given(cut=st.integers(0, 3000), junk=st.binary(max_size=12), at=st.floats(0, 1))
def test_cut_and_garbled_files_are_read_or_refused_in_one_line(
    tmp_path: Path, cut: int, junk: bytes, at: float
) -> None:
    skeleton = tmp_path / f'{NAME}.skeleton'
    skeleton.write_text(skeleton_text([kinect_joints(WALK[:4])]))
    clip = write_kinetics(tmp_path, 'abc', 'jogging', [upright_px(WALK[:4])])
    told = [annotation('abc', 3, upright_px(WALK[:4])[None])]
    table = write_pickle(tmp_path / 'gym.pkl', told)
    readers = {skeleton: kinect.entries, clip: kinetics.entries, table: annotations.entries}
    for path, entries in readers.items():
        whole = path.read_bytes()
        place = int(at * len(whole))
        for damaged in (whole[:cut], whole[:place] + junk + whole[place + len(junk) :]):
            path.write_bytes(damaged)
            try:
                for entry in entries(path):
                    if isinstance(entry, Entry):
                        assert entry.load().seen.max(initial=0.0) <= 1.0
            except ClipError as error:
                assert '\n' not in str(error)
                assert path.name in str(error)


@ANY_FILE
@given(junk=st.binary(max_size=200))
def test_garbage_is_refused_in_one_line(tmp_path: Path, junk: bytes) -> None:
    for name, entries in (
        (f'{NAME}.skeleton', kinect.entries),
        ('x.json', kinetics.entries),
        ('x.pkl', annotations.entries),
    ):
        path = tmp_path / name
        path.write_bytes(junk)
        with pytest.raises(ClipError, match=name):
            only(entries(path)).load()


def test_who_comes_back_soon_is_the_same_and_who_comes_elsewhere_is_not() -> None:
    points, seen = upright_px(STAND), np.full((40, 17), 0.9)
    frames = [(points[row : row + 1], seen[row : row + 1]) for row in range(40)]
    none = points[:0], seen[:0]
    whole, _ = follow([*frames[:10], none, none, *frames[12:]])
    assert len(whole) == 1
    elsewhere = [(place + 900, likely) for place, likely in frames[12:]]
    assert len(follow([*frames[:12], none, none, *elsewhere])[0]) == 2
    assert len(follow([*frames[:10], none, none, *elsewhere])[0]) == 1  # too short to be somebody


def test_who_moves_most_comes_first_and_what_never_moves_is_nobody() -> None:
    chair = np.repeat(upright_px(STAND)[:1], 40, axis=0) + 300
    points = np.stack([chair, upright_px(STAND), upright_px(WALK)])
    seen = np.full(points.shape[:-1], 0.9)
    assert liveliest(points, seen, 3) == [2, 1]
    assert liveliest(points, seen, 1) == [2]


def test_test_files_hold_what_the_format_says() -> None:
    lines = skeleton_text([kinect_joints(WALK)]).splitlines()
    assert len(lines) == 1 + 40 * (1 + 2 + 25)
    assert len(lines[2].split()) == 10
    assert {len(line.split()) for line in lines[4:29]} == {12}
    # A published line of NTU RGB+D: where x grows, the column grows too.
    (x, y, z), (u, v) = (0.2181153, 0.1725972, 3.785547), (1036.233, 519.1677)
    np.testing.assert_allclose(colour_px(np.array([x, y, z])), (u, v), atol=30)
