"""What is done in recordings: the table of classes, windows, and figures."""

from pathlib import Path

import numpy as np
import pytest
from recording_files import (
    annotation,
    joints_m,
    kinect_joints,
    ntu,
    upright_px,
    walk,
    write_kinetics,
    write_pickle,
    write_skeleton,
)

from ros_vision_perception.core.activity import ACTIVITIES, joints_of
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.tools.evaluate.recorded import figures
from ros_vision_perception.tools.recordings.classes import BUILT_IN, Doing, read_classes
from ros_vision_perception.tools.recordings.gather import Recorded, gather, split
from ros_vision_perception.tools.train import motions
from ros_vision_perception.tools.train.mixture import mixed
from ros_vision_perception.tools.train.motion import join
from ros_vision_perception.tools.train.samples import make

KICKING, WALKING, STANDING = (
    ACTIVITIES.index(name) for name in ('kicking', 'walking', 'standing_still')
)


def read(*paths: Path, classes: Path = BUILT_IN, most: int = 100) -> Recorded:
    return gather(paths, read_classes(classes), most, 0, lambda line: None)


def test_the_table_of_the_package_is_of_all_classes_of_ntu_and_of_activities_we_know() -> None:
    table = read_classes(BUILT_IN)
    assert set(table) == {'ntu', 'kinetics', 'k400', 'hmdb51'}
    numbers = [int(label[1:]) for label in table['ntu'].classes]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= set(range(1, 121))
    assert table['ntu'].others is not None
    assert table['kinetics'].others is None
    # Mutual actions are of two people.
    two = {number for number in numbers if table['ntu'].classes[f'A{number:03}'].people == 2}
    assert two == {*range(50, 61), *range(106, 121)}


def test_a_class_tells_what_goes_on_what_does_not_and_what_nobody_knows() -> None:
    doing = Doing({'kicking': (0.4, 0.6)}, frozenset(['kicking']), frozenset(['standing_still']))
    labels, known = doing.at(np.array([0.0, 0.5, 1.0]))
    assert labels[:, KICKING].tolist() == [False, True, False]
    assert known[:, KICKING].tolist() == [False, True, False]
    assert not known[:, STANDING].any()
    assert known[:, WALKING].all()
    assert not labels[:, WALKING].any()
    happens, known_of_clip = doing.in_clip
    assert happens.tolist() == [name == 'kicking' for name in ACTIVITIES]
    assert known_of_clip.tolist() == [name != 'standing_still' for name in ACTIVITIES]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('ntu: {fps: 30, classes: {A008: {does: {sitting: [0, 1]}}}}', 'no activity .sitting.;'),
        ('ntu: {fps: 30, classes: {A008: {does: {walking: [1, 0]}}}}', r'shares of the clip; got'),
        ('ntu: {fps: 30, classes: {A008: {does: {walking: 1}}}}', r'shares of the clip; got 1'),
        ('ntu: {fps: 30, classes: {A008: {dose: {}}}}', r'A008: got dose; available: does'),
        ('ntu: {fps: 0}', r'ntu\.fps: expected frames per second; got 0'),
        ('ntu: {fps: 30, others: {people: 0}}', r'ntu\.others\.people: expected 1 to 10; got 0'),
        ('ntu: {fps: 30, others: {does: {walking: [0, 1]}, perhaps: [walking]}}', 'sure and perh'),
        ('ntu: {fps: 30, others: {perhaps: walking}}', 'expected a list'),
        ('- 1', 'the table: expected a mapping'), ('a: [', 'cannot be read'),
        ('ntu: 3', 'ntu: expected a mapping'),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / 'classes.yaml'
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as error:
        read_classes(path)
    assert 'classes.yaml' in str(error.value)


def test_labels_of_several_classes_may_stand_together(tmp_path: Path) -> None:
    path = tmp_path / 'classes.yaml'
    path.write_text('x: {fps: 30, classes: {A001 A002: {}, walking the dog: {}, 7: {}}}')
    assert set(read_classes(path)['x'].classes) == {'A001', 'A002', 'walking the dog', '7'}


def test_windows_of_a_recording_are_those_of_what_was_recorded(tmp_path: Path) -> None:
    write_skeleton(tmp_path, ntu(1, 59), [walk(0)])
    recorded = read(tmp_path)
    samples = recorded.samples
    assert 10 < len(samples.windows) < 25  # 2.5 s, looks of 0.1 s, but for the first ones
    assert recorded.labels.tolist() == ['ntu A059']
    assert samples.labels[:, WALKING].any()
    # The last look of each window: the hips in the middle, ankles below, in heights / 4.
    last = joints_of(samples.windows)[:, -1]
    trust = last[..., 3]
    assert trust.max() == pytest.approx(0.9)
    ankles = last[:, -2:, 1] / trust[:, -2:]
    np.testing.assert_allclose(ankles, 4 * 0.49, atol=0.5)
    # It walks to the sensor's right: the hips come from the left.
    assert (samples.windows[-1, :10, -2] < -0.5).all()


def test_the_same_motion_gives_nearly_the_same_windows_in_all_formats(tmp_path: Path) -> None:
    one = walk(0)
    flat, solid = upright_px(one)[None], kinect_joints(one)[None]
    sets = [
        [write_skeleton(tmp_path, ntu(1, 59), [one])],
        [write_pickle(tmp_path / 'flat.pkl', [annotation(ntu(1, 59), 58, flat)])],
        [write_pickle(tmp_path / 'solid.pkl', [annotation(ntu(1, 59), 58, solid)])],
        [write_kinetics(tmp_path, 'abc', 'walking the dog', [flat[0]])],
    ]
    seen = []
    for paths in sets:
        joints = joints_of(read(*paths).samples.windows)[10]
        known = joints[..., 3] > 0
        places = np.where(known[..., None], joints[..., :2], 0) / joints[..., 3:].clip(0.1)
        seen.append(places)
    for other in seen[1:]:
        # The height of the window is not that of the other image: heights / 4.
        np.testing.assert_allclose(other, seen[0], atol=0.25)


def test_joints_that_are_not_seen_are_not_believed_and_get_unsure(tmp_path: Path) -> None:
    states = np.full((75, 25), 2)
    states[30:, 14] = 1
    write_skeleton(tmp_path, ntu(1, 59), [walk(0)], states=states)
    last = joints_of(read(tmp_path).samples.windows)[-1]
    assert last[-1, -2, 3] == pytest.approx(0.3)
    sure, unsure = (last[-1, joint, 2] / last[-1, joint, 3] for joint in (-1, -2))
    assert unsure > 4 * sure


def test_the_nose_of_a_kinect_is_less_sure_than_that_of_a_camera(tmp_path: Path) -> None:
    write_skeleton(tmp_path, ntu(1, 59), [walk(0)])
    path = write_kinetics(tmp_path / '..', 'abc', 'walking the dog', [upright_px(walk(0))])
    noses = [joints_of(read(one).samples.windows)[-1, -1, 0] for one in (tmp_path, path)]
    doubt, none = (nose[2] / nose[3] for nose in noses)
    assert doubt > 1.5 * none


def test_it_is_told_what_was_read_and_what_was_not_and_why(tmp_path: Path) -> None:
    for performer in range(1, 4):
        write_skeleton(tmp_path, ntu(performer, 59), [walk(performer), walk(9)])
    write_skeleton(tmp_path, ntu(1, 1), [walk(4)])
    write_skeleton(tmp_path, ntu(2, 1), [walk(5)[:6]])
    (tmp_path / f'{ntu(2, 8)}.skeleton').write_text('12\n1\n')
    (tmp_path / f'{ntu(3, 8)}.skeleton').write_text('13\n1\n')
    write_kinetics(tmp_path, 'abc', 'archery', [upright_px(walk(0))])
    (tmp_path / 'kinetics_train_label.json').write_text('{}')
    write_pickle(tmp_path / 'gym.pkl', [annotation('a', 1, upright_px(walk(0))[None])])
    told = read(tmp_path, most=2).told
    assert told[0].startswith('read 9 files: 3 clips, 5 people, ')
    assert set(told[1:3]) == {'  ntu A001: 1 clips', '  ntu A059: 2 clips'}
    skipped = '\n'.join(told[3:])
    assert len(told) == 8
    assert 'skipped 2, truncated; the first: S001C001P00' in skipped
    assert 'skipped 1, enough of the class; the first: ntu A059, 2 clips' in skipped
    assert 'skipped 1, too short' in skipped
    assert (
        'no such class of kinetics in the table of classes; the first: abc.json, arch' in skipped
    )
    assert 'no data set gym in the table of classes; the first: a; available: ntu, k' in skipped


def test_paths_without_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'nowhere does not exist; expected files that'):
        read(tmp_path / 'nowhere')
    with pytest.raises(ConfigurationError, match='no recordings in '):
        read(tmp_path)
    path = tmp_path / f'{ntu(1, 8)}.skeleton'
    path.write_text('7\n')
    with pytest.raises(ConfigurationError, match=r'no clip can be used of 1 files: .* line 1 \('):
        read(tmp_path)


def test_nobody_is_both_learned_from_and_judged_by(tmp_path: Path) -> None:
    for performer in range(1, 6):
        for repeat in (1, 2):
            write_skeleton(tmp_path, ntu(performer, 59, repeat), [walk(performer)])
    recorded = read(tmp_path)
    learned, held = (recorded.take(people) for people in split(recorded, 0))
    assert (len(learned.labels), len(held.labels)) == (8, 2)
    assert not set(learned.sources) & set(held.sources)
    assert set(held.samples.clips) == {0, 1}
    assert len(learned.samples.clips) + len(held.samples.clips) == len(recorded.samples.clips)
    alone = recorded.take(recorded.sources == 'ntu P001')
    assert not split(alone, 0)[1].any()


def test_a_share_of_what_is_learned_is_recorded_but_no_look_counts_too_often(
    tmp_path: Path,
) -> None:
    write_skeleton(tmp_path, ntu(1, 59), [walk(0)])
    recorded, made_up = read(tmp_path).samples, make(1, 0)
    samples = mixed(made_up, recorded, 0.25)
    ours = samples.weights[len(made_up.weights) :]
    assert ours.sum() / samples.weights.sum() == pytest.approx(0.25)
    assert set(samples.clips) == {0, 1}
    assert mixed(made_up, recorded, 0.9).weights.max() == 10


def test_figures_are_over_looks_and_over_people_of_which_it_is_known(tmp_path: Path) -> None:
    for performer in range(1, 5):
        write_skeleton(
            tmp_path,
            ntu(performer, 24),
            [joints_m(join(motions.kick(np.random.default_rng(performer))))],
        )
        write_skeleton(tmp_path, ntu(performer, 59), [walk(performer)])
    recorded = read(tmp_path)
    samples = recorded.samples

    def knows(windows: np.ndarray) -> np.ndarray:
        row = next(
            row
            for row in range(len(samples.windows))
            if (samples.windows[row] == windows[0]).all()
        )
        return samples.labels[row : row + len(windows)].astype(float)

    table = figures(recorded, knows)
    assert table['kicking']['precision'] == table['kicking']['recall'] == 1.0
    assert table['kicking']['of'] < len(samples.windows)
    assert table['kicking']['clips'] == {
        'precision': 1.0, 'recall': 1.0, 'f1': 1.0, 'true': 4, 'of': 8
    }  # fmt: skip
    assert table['standing_still']['of'] == 0
    always = figures(recorded, lambda windows: np.ones((len(windows), len(ACTIVITIES))))
    assert always['kicking']['clips']['precision'] == 0.5
    assert always['running']['precision'] == 0.0
    assert 'waving' not in always
