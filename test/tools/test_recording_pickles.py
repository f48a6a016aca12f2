"""Pickles of PYSKL are read whatever they hold, and nothing in them runs."""

import io
from pathlib import Path
import pickle
import tracemalloc

import numpy as np
import pytest
from recording_files import (
    NAME,
    STAND,
    WALK,
    annotation,
    kinect_joints,
    only,
    upright_px,
    write_pickle,
)

from ros_vision_perception.tools.recordings import annotations
from ros_vision_perception.tools.recordings.clip import ClipError, Entry
from ros_vision_perception.tools.recordings.unpickle import load


@pytest.mark.parametrize('protocol', range(6))
def test_pickles_of_pyskl_are_read_whatever_their_protocol(tmp_path: Path, protocol: int) -> None:
    flat = np.stack([upright_px(WALK), upright_px(STAND)])
    solid = kinect_joints(WALK)[None]
    told = [annotation('v_abc', 3, flat), annotation(NAME, 12, solid)]
    first, second = annotations.entries(write_pickle(tmp_path / 'gym_2d.pkl', told, protocol))
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.data_set, first.label) == ('gym', '3')
    assert (second.data_set, second.label, second.source) == ('ntu', 'A013', 'ntu P003')
    clip = first.load()
    np.testing.assert_allclose(clip.points_xy[1], flat[1], atol=0.6)  # half precision
    assert clip.image_size == (1920, 1080)
    upright = upright_px(WALK)[:, 5:]
    np.testing.assert_allclose(second.load().points_xy[0, :, 5:], upright, atol=2.0)


def test_clips_cut_out_of_one_video_are_of_one_source(tmp_path: Path) -> None:
    names = ('a_film_walk_0', 'a_film_walk_1', 'v_Jump_g01_c02', 'v_Jump_g02_c02')
    told = [annotation(name, 1, upright_px(WALK)[None]) for name in names]
    entries = annotations.entries(write_pickle(tmp_path / 'films.pkl', told))
    sources = [entry.source for entry in entries if isinstance(entry, Entry)]
    assert sources == [
        'films a_film_walk', 'films a_film_walk', 'films v_Jump_g01', 'films v_Jump_g02'
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'keypoint': np.zeros((1, 40, 20, 2))}, r'annotation 1 of 1: .*got \(1, 40, 20, 2\)'),
        ({'keypoint': np.zeros((1, 40, 25, 2))}, r'expected keypoint'),
        ({'keypoint': [1, 2]}, r'expected an array keypoint; got list'),
        ({'keypoint_score': np.zeros((1, 39, 17))}, r'expected keypoint_score \(1, 40, 17\)'),
        ({'total_frames': 41}, r'expected 41 frames; got 40'),
        ({'img_shape': None}, r'expected img_shape'),
        ({'img_shape': ('a', 'b')}, r'expected img_shape in px'),
        ({'label': 'walk'}, r"expected frame_dir, a name, and label, a number; .*'walk'"),
        ({'frame_dir': NAME}, r'S001C002P003R002A013 is no 3, which is A004'),
        ({'keypoint_score': np.zeros((1, 40, 17))}, 'nobody in 40 frames'),
    ],
)
def test_a_damaged_annotation_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    told = {**annotation('v_abc', 3, upright_px(WALK)[None]), **change}
    (entry,) = annotations.entries(write_pickle(tmp_path / 'gym.pkl', [told]))
    with pytest.raises(ClipError, match=message):
        if isinstance(entry, ClipError):
            raise entry
        entry.load()


def test_joints_of_kinetics_400_are_in_other_files_of_which_most_hold_crowds(
    tmp_path: Path,
) -> None:
    told = {
        'frame_dir': 'abc', 'label': 168, 'total_frames': 42, 'img_shape': (1080, 1920),
        'raw_file': 'data/k400/kpfiles/1.pkl', 'frame_inds': np.repeat(np.arange(40), 3),
        'box_score': np.tile([0.9, 0.8, 0.3], 40),
    }  # fmt: skip
    entry = only(annotations.entries(write_pickle(tmp_path / 'k400_hrnet.pkl', [told])))
    with pytest.raises(ClipError, match=r'no data/k400/kpfiles/1\.pkl in '):
        entry.load()
    points = np.stack([upright_px(WALK), upright_px(STAND), upright_px(STAND) + 9], axis=1)
    joints = np.concatenate([points, np.full((*points.shape[:-1], 1), 0.7)], axis=-1)
    (tmp_path / 'kpfiles').mkdir()
    path = tmp_path / 'kpfiles' / '1.pkl'
    path.write_bytes(pickle.dumps({'abc': {'keypoint': joints.reshape(-1, 17, 3)}}))
    clip = entry.load()
    assert clip.points_xy.shape[:2] == (2, 42)
    np.testing.assert_allclose(clip.points_xy[1, :40], upright_px(STAND))
    assert not clip.seen[:, 40:].any()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            {'frame_inds': np.arange(39)},
            r'expected frame_inds and box_score \(40,\), total_frames; got \(39,\)',
        ),
        ({'frame_inds': np.arange(1, 41)}, r'expected 40 frames; frame_inds differ'),
        ({'total_frames': 10**12}, r'frame_inds differ'),
        ({'keypoint': np.zeros((40, 17, 2))}, r'17 or 18 joints of 3 numbers'),
        ({'box_score': np.zeros(40)}, 'nobody in 40 frames'),
        ({'box_score': np.ones(3)}, r'got \(40,\), \(3,\), 40'),
    ],
)
def test_damaged_joints_of_crowds_are_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    told = annotation('abc', 3, upright_px(WALK)[None])
    told |= {'keypoint': np.ones((40, 17, 3)), 'frame_inds': np.arange(40), **change}
    entry = only(annotations.entries(write_pickle(tmp_path / 'gym.pkl', [told])))
    with pytest.raises(ClipError, match=message):
        entry.load()


class _Evil:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> object:  # type: ignore[override]
        return self.call


@pytest.mark.parametrize(
    'thing',
    [
        _Evil(exec, 'raise SystemExit'), _Evil(Path.unlink, Path('x')), {1: _Evil(open, 'x')},
        np.array([1, 'a'], object), np.zeros(2, 'U3'), np.zeros(2, [('a', 'f4')]), Path,
        io.StringIO(),
    ],
)  # fmt: skip
@pytest.mark.parametrize('protocol', [2, 4, 5])
def test_nothing_in_a_pickle_runs(tmp_path: Path, thing: object, protocol: int) -> None:
    path = tmp_path / 'x.pkl'
    path.write_bytes(pickle.dumps([{'keypoint': thing}], protocol))
    with pytest.raises(ClipError, match=r'x\.pkl: expected arrays and plain values; it asks for '):
        load(path)


def test_a_message_is_one_line_whatever_a_file_says(tmp_path: Path) -> None:
    told = {**annotation('a', 1, upright_px(WALK)[None]), 'img_shape': '\x1b[2J\n' * 1000}
    entry = only(annotations.entries(write_pickle(tmp_path / 'gym.pkl', [told])))
    with pytest.raises(ClipError) as error:
        entry.load()
    assert str(error.value).isprintable()
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize(
    'claim',
    [
        pickle.FRAME + b'\xff' * 7 + b'\x00', pickle.BINBYTES8 + b'\xff' * 7 + b'\x00',
        pickle.BYTEARRAY8 + b'\xff' * 7 + b'\x00', pickle.BINUNICODE8 + b'\xff' * 7 + b'\x00',
        pickle.NONE + pickle.LONG_BINPUT + b'\xff\xff\xff\x7f' + pickle.MARK,
    ],
)  # fmt: skip
def test_a_pickle_gets_no_more_memory_than_it_is_large(tmp_path: Path, claim: bytes) -> None:
    path = tmp_path / 'x.pkl'
    path.write_bytes(b'\x80\x05' + claim)
    tracemalloc.start()
    with pytest.raises(ClipError, match=r'x\.pkl: the file ends too early'):
        load(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def test_a_pickle_cannot_change_what_reads_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / 'x.pkl'
    # numpy.dtype, then a state for it as if it were an object.
    path.write_bytes(b'\x80\x02cnumpy\ndtype\n}X\x05\x00\x00\x00_makeK\x01sb.')
    with pytest.raises(ClipError, match='a function has no state'):
        load(path)
