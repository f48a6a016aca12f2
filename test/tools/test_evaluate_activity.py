"""`evaluate activity`: figures from labels, and jumping jacks counted on a real clip."""

import json
from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError, PerceptionError
from ros_vision_perception.tools.evaluate.activity import (
    Label,
    count,
    figures,
    judge,
    read_labels,
)
from ros_vision_perception.tools.evaluate.command import main

LABELS = Path(__file__).with_name('activities.yaml')


def test_labels_are_read_and_nonsense_is_refused(tmp_path: Path) -> None:
    labels = read_labels(LABELS)
    assert labels['jumpingjack_1.mp4']['arm_raised'].times == 11
    assert labels['intel_classroom.gif']['arm_raised'] == Label()
    path = tmp_path / 'labels.yaml'
    for text in (
        'clip: {waving: {whenever: 1}}', 'clip: {waving: {during: [1]}}', '- 1', 'clip: [1',
        'clip: {waving: {during: [[a, b]]}}', 'clip: 3',
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=r'labels\.yaml'):
            read_labels(path)


def test_frames_near_a_begin_or_an_end_are_left_out_and_so_are_unclear_ones() -> None:
    times = np.arange(0, 4, 0.1).tolist()
    label = Label(during=((1.0, 2.0),), unclear=((3.0, 4.0),), times=1)
    said: list[set[str]] = [{'waving'} if 1.05 <= time <= 2.15 else set() for time in times]
    judged = judge('waving', label, times, said)
    assert judged.truths.sum() == 7
    assert (judged.truths == judged.said).mean() > 0.98
    assert len(judged.truths) < 30
    assert judged.times == (1, 1)


def test_figures_are_over_all_clips() -> None:
    times = np.arange(0, 1, 0.1).tolist()
    always, never = Label(during=((0.0, 1.0),)), Label()
    judged = [
        judge('waving', always, times, [{'waving'}] * 5 + [set()] * 5),
        judge('waving', never, times, [set()] * 9 + [{'waving'}]),
        judge('pointing', never, times, [set()] * 10),
    ]
    table = figures(judged)
    assert table['waving']['precision'] == pytest.approx(5 / 6)
    assert table['waving']['recall'] == pytest.approx(5 / 10)
    assert table['pointing']['precision'] is None
    assert table['pointing']['f1'] is None


def test_something_that_pauses_for_a_moment_goes_on() -> None:
    times = np.arange(0, 2, 0.05)
    on = (times < 0.5) | ((times > 0.62) & (times < 0.8)) | (times > 1.5)
    assert count(times, on) == 2
    assert count(times, np.zeros(len(times), bool)) == 0


def test_jumping_jacks_are_counted(assets: Path, tmp_path: Path) -> None:
    labels = tmp_path / 'labels.yaml'
    text = LABELS.read_text(encoding='utf-8')
    labels.write_text(text.partition('mmpose_body3d_demo')[0], encoding='utf-8')
    videos, table = str(assets / 'videos'), tmp_path / 'figures'
    try:
        main(['activity', '--labels', str(labels), '--videos', videos, '--json', str(table)])
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    raised = json.loads(table.read_text())['arm_raised']
    assert abs(raised['times_said'] - raised['times']) <= 1
    assert raised['f1'] > 0.9
