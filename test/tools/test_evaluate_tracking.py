"""Whether people keep their ids."""

from dataclasses import replace
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.pipeline.stages import Stages
from ros_vision_perception.tools.evaluate import command, tracking
from ros_vision_perception.tools.evaluate.followed import (
    Run,
    Tracked,
    figures,
    matches,
    switches,
)
from ros_vision_perception.tools.evaluate.mot import TrueFrame, read_sequences, read_truth
from test.core.people import IMAGE_SIZE, Scene, detect
from test.core.scenes import walker

FPS = 10.0
BOXES = np.array([[10.0, 10, 50, 110], [100, 10, 140, 110]])


@pytest.fixture
def library() -> None:
    pytest.importorskip('trackers', reason='trackers is not installed')


def true_frame(
    *people: int, counts: bool = True, visibility: float = 1.0, boxes: np.ndarray = BOXES
) -> TrueFrame:
    """Return people 0 and 1, or some of them, each in their own box."""
    return TrueFrame(
        ids=np.array(people, np.int64),
        boxes_xyxy=boxes[list(people)],
        counts=np.full(len(people), counts),
        visibility=np.full(len(people), visibility),
    )


def tracked(**ids: int) -> Tracked:
    """Return tracks on the boxes of the people `p0` and `p1`, by id."""
    rows = [int(name[1:]) for name in ids]
    return Tracked(np.array(list(ids.values()), np.int64), BOXES[rows].reshape(-1, 4))


def run(*images: tuple[TrueFrame, Tracked]) -> Run:
    truth, tracks = zip(*images, strict=True)
    return Run(truth, tracks, FPS)


@pytest.mark.usefixtures('library')
def test_whoever_is_followed_without_fault_scores_one() -> None:
    result = figures([run(*[(true_frame(0, 1), tracked(p0=7, p1=9))] * 5)], 0.5)
    assert [result[name] for name in ('MOTA', 'IDF1', 'HOTA', 'recall')] == pytest.approx([1] * 4)
    assert result['id_switches'] == result['fragmentations'] == result['occlusions'] == 0
    assert result['recall_occluded'] is None and result['rejoin_s'] is None


@pytest.mark.usefixtures('library')
def test_an_exchange_of_ids_is_two_switches_and_named() -> None:
    frame = true_frame(0, 1)
    exchanged = run(*[(frame, tracked(p0=7, p1=9))] * 3, *[(frame, tracked(p0=9, p1=7))] * 3)
    result = figures([exchanged], 0.5)
    assert result['id_switches'] == 2
    assert result['IDF1'] == pytest.approx(0.5)
    assert list(switches(exchanged, 0.5)) == [(3, 0, 7, 9), (3, 1, 9, 7)]


def test_another_track_that_overlaps_more_is_no_switch() -> None:
    frame = true_frame(0)
    rival = Tracked(np.array([7, 8]), np.stack((BOXES[0] + np.array([4, 0, 4, 0]), BOXES[0])))
    assert list(switches(run((frame, tracked(p0=7)), (frame, rival)), 0.5)) == []


@pytest.mark.usefixtures('library')
def test_who_does_not_count_is_neither_missed_nor_a_false_alarm() -> None:
    both = replace(true_frame(0, 1), counts=np.array([True, False]))
    for tracks in (tracked(p0=7), tracked(p0=7, p1=9)):
        assert figures([run(*[(both, tracks)] * 4)], 0.5)['MOTA'] == pytest.approx(1.0)


@pytest.mark.usefixtures('library')
def test_hidden_people_are_asked_for_on_their_own() -> None:
    hidden = true_frame(0, visibility=0.2)
    result = figures([run((hidden, tracked(p0=7)), (hidden, tracked()))], 0.5)
    assert result['recall_occluded'] == 0.5


OCCLUSIONS: dict[str, tuple[list[tuple[TrueFrame, Tracked]], tuple[int, int, float | None]]] = {
    'found at once': ([(true_frame(0), tracked(p0=7))], (1, 1, 0.0)),
    'found after two images': (
        [(true_frame(0), tracked())] * 2 + [(true_frame(0), tracked(p0=7))],
        (1, 1, 0.2),
    ),
    'taken for somebody else': ([(true_frame(0), tracked(p0=8))] * 3, (1, 0, None)),
}


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(('after', 'expected'), OCCLUSIONS.values(), ids=OCCLUSIONS.keys())
@pytest.mark.parametrize('hidden', [true_frame(), true_frame(0, visibility=0.1)])
def test_the_time_to_find_somebody_again_counts_from_where_they_show(
    hidden: TrueFrame,
    after: list[tuple[TrueFrame, Tracked]],
    expected: tuple[int, int, float | None],
) -> None:
    before = [(true_frame(0), tracked(p0=7))] * 3
    result = figures([run(*before, *[(hidden, tracked())] * 4, *after)], 0.5)
    occlusions, rejoined, rejoin_s = expected
    assert (result['occlusions'], result['rejoined']) == (occlusions, rejoined)
    assert result['rejoin_s'] == pytest.approx(rejoin_s)


def test_a_track_is_on_the_person_whom_it_overlaps_enough() -> None:
    frame = true_frame(0, 1)
    np.testing.assert_array_equal(matches(frame, tracked(p1=4), 0.5), [-1, 4])
    aside = Tracked(np.array([4]), BOXES[:1] + np.array([30, 0, 30, 0]))
    np.testing.assert_array_equal(matches(frame, aside, 0.5), [-1, -1])
    np.testing.assert_array_equal(matches(frame, aside, 0.1), [4, -1])


def test_truth_is_read_with_frames_and_pixels_counted_from_zero(tmp_path: Path) -> None:
    path = tmp_path / 'gt.txt'
    path.write_text('1,3,11,21,40,100,1,1,0.25\n1,4,1,1,5,5,0,1,1\n3,3,12,21,40,100,1,7,0.5\n')
    truth = read_truth(path)
    assert sorted(truth) == [0, 2]
    np.testing.assert_array_equal(truth[0].ids, [3, 4])
    np.testing.assert_array_equal(truth[0].boxes_xyxy[0], [10, 20, 50, 120])
    np.testing.assert_array_equal(truth[0].counts, [True, False])
    np.testing.assert_array_equal(truth[0].visibility, [0.25, 1.0])
    np.testing.assert_array_equal(truth[2].counts, [False])


def test_truth_without_class_and_visibility_counts(tmp_path: Path) -> None:
    path = tmp_path / 'gt.txt'
    path.write_text('1,3,11,21,40,100,1\n')
    frame = read_truth(path)[0]
    assert frame.counts.all() and np.isnan(frame.visibility).all()


@pytest.mark.parametrize('text', ['', '1,2,3\n', 'a,b,c,d,e,f,g\n'])
def test_truth_in_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / 'gt.txt'
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r'gt\.txt'):
        read_truth(path)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='no annotations at'):
        read_truth(tmp_path / 'gt.txt')
    with pytest.raises(ConfigurationError, match='no sequences in'):
        list(read_sequences(tmp_path))


class Walkers:
    """Finds the two people of a scene in image after image."""

    skeleton = COCO17
    model_name = 'walkers'

    def look_ahead(self, stages: Stages) -> None:
        pass

    def reset(self) -> None:
        pass

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        return detect(meeting(frame.stamp_ns * 1e-9), noise_px=0.5)


def meeting(time_s: float) -> Scene:
    return Scene((walker(60, 60, feet_y=200, height=135)(time_s), walker(260, -60)(time_s)))


@pytest.fixture
def sequences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one sequence, in which two people cross."""
    home = tmp_path / 'sequences' / 'crossing'
    (home / 'img1').mkdir(parents=True)
    (home / 'gt').mkdir()
    (home / 'seqinfo.ini').write_text(f'[Sequence]\nframeRate={FPS}\n')
    lines = []
    for index in range(round(3.4 * FPS)):
        pixels = np.full((*IMAGE_SIZE[::-1], 3), index, np.uint8)
        cv2.imwrite(str(home / 'img1' / f'{index + 1:06}.png'), pixels)
        scene = meeting(index / FPS)
        for person, joints in enumerate(scene.figures):
            (left, top), (right, bottom) = joints.min(axis=0) + 1, joints.max(axis=0) + 1
            shown = scene.is_seen[person].mean()
            lines.append(
                f'{index + 1},{person + 1},{left},{top},{right - left},{bottom - top},1,1,{shown}'
            )
    (home / 'gt' / 'gt.txt').write_text('\n'.join(lines))
    monkeypatch.setattr(tracking, 'load_pose', lambda *_, **__: Walkers())
    return home.parent


@pytest.mark.usefixtures('library')
def test_a_folder_of_sequences_is_followed_compared_and_drawn(
    sequences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, pictures = tmp_path / 'figures.json', tmp_path / 'pictures'
    arguments = ['--annotations', str(sequences), '--segmentation', '', '--output', str(pictures)]
    assert command.main(['tracking', *arguments, '--json', str(path)]) == 0
    result = json.loads(path.read_text())
    assert (result['model'], result['sequences'], result['frames']) == ('walkers', 1, 34)
    assert result['id_switches'] == 0
    assert result['MOTA'] > 0.9
    assert set(result['baseline']) <= set(result)
    assert 'baseline.IDF1' in capsys.readouterr().out
    assert (pictures / 'crossing_ids.png').stat().st_size > 1000


@pytest.mark.usefixtures('library')
def test_switches_are_shown_before_and_after(sequences: Path, tmp_path: Path) -> None:
    (sequence,) = read_sequences(sequences)
    truth = [sequence.truth_at(index) for index in range(34)]
    tracks = [
        Tracked(frame.ids + 10 * (index > 20), frame.boxes_xyxy)
        for index, frame in enumerate(truth)
    ]
    tracking.draw_switches(sequence.source, Run(truth, tracks, FPS), tmp_path / 'a', 0.5)
    sheet = cv2.imread(str(tmp_path / 'a_switches.jpg'))
    assert sheet is not None and sheet.shape == (2 * 360, 2 * 480, 3)


@pytest.mark.usefixtures('library')
def test_a_single_file_needs_its_images(tmp_path: Path) -> None:
    file = tmp_path / 'gt.txt'
    file.write_text('1,3,11,21,40,100,1\n')
    with pytest.raises(ConfigurationError, match='give --video or --images'):
        command.main(['tracking', '--annotations', str(file), '--segmentation', ''])
