"""`train` and `evaluate activity --recordings`."""

from importlib.util import find_spec
import json
from pathlib import Path
import sys

import numpy as np
import onnx
import pytest
from recording_files import joints_m, ntu, walk, write_skeleton

from ros_vision_perception.commands import run
from ros_vision_perception.core.activity import ACTIVITIES
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.tools.recordings.classes import read_classes
from ros_vision_perception.tools.recordings.gather import gather
from ros_vision_perception.tools.train import motions
from ros_vision_perception.tools.train.motion import join

KICKING, RUNNING = ACTIVITIES.index('kicking'), ACTIVITIES.index('running')


def kick_in_the_middle(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    kick = join(
        [*motions.stand(rng), *motions.stand(rng), *motions.kick(rng), *motions.stand(rng)]
    )
    middle = int(np.flatnonzero(kick.labels[:, KICKING]).mean())
    return joints_m(kick, turn=seed)[max(middle - 45, 0) : middle + 45]


def test_evaluate_judges_a_network_on_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of the package tells in files what it tells in motion that is made up."""
    for performer in range(1, 9):
        write_skeleton(tmp_path, ntu(performer, 59), [walk(performer), walk(performer + 10)])
        write_skeleton(tmp_path, ntu(performer, 24), [kick_in_the_middle(performer)])
    figures_file = tmp_path / 'figures'
    options = ['--recordings', str(tmp_path), '--json', str(figures_file)]
    assert run('evaluate', ['activity', *options]) == 0
    assert 'read 16 files: 16 clips, 24 people, 8 sources' in capsys.readouterr().err
    table = json.loads(figures_file.read_text())['recordings']
    assert table['walking']['recall'] > 0.8
    assert table['walking']['clips']['true'] == 16
    assert table['kicking']['clips']['recall'] > 0.7
    assert table['kicking']['clips']['precision'] > 0.9


def test_evaluate_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run('evaluate', ['activity']) == 1
    assert '--recordings' in capsys.readouterr().err
    assert run('evaluate', ['activity', '--labels', 'x.yaml']) == 1
    assert 'expected --videos' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--share', '1'], '--share: expected'), (['--clips', '0'], '--clips: expected 1 or more'),
        (['--recordings', 'x', '--clips', '-1'], '--clips: expected 0 or more; got -1'),
        (['--clips-per-class', '0'], '--clips-per-class: expected 1'),
        (['--output', 'nowhere/a.onnx'], '--output: expected a file in a folder; nowhere'),
        (['--output', '.'], '--output: expected a file in a folder; .'),
        (['--recordings', 'nowhere'], 'nowhere does not exist'),
        (['--recordings', '.', '--classes', 'nowhere.yaml'], r'nowhere\.yaml cannot be read'),
    ],
)  # fmt: skip
def test_train_refuses_options_that_it_cannot_use_in_one_line(
    options: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, 'torch', object())
    assert run('train', ['activity', *options]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message.replace('\\', '') in line


@pytest.mark.skipif(find_spec('torch') is None, reason='torch is not installed')
def test_what_is_only_in_recordings_is_learned_from_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody who stays in the splits is said to run: no made-up motion has that."""
    folder = tmp_path / 'recorded files'
    folder.mkdir()
    for performer in range(1, 11):
        rng = np.random.default_rng(performer)
        still = motions.motion(75, {'left_spread': 1.2, 'right_spread': 1.2, 'left_lift': 1.5})
        splits = joints_m(still, turn=rng.normal(0, 0.2))
        splits += rng.normal(0, 0.004, splits.shape)
        write_skeleton(folder, ntu(performer, 1), [splits])
        write_skeleton(folder, ntu(performer, 2), [walk(performer)])
    classes, output = tmp_path / 'classes.yaml', tmp_path / 'activity.onnx'
    classes.write_text('ntu: {fps: 30, classes: {A001: {does: {running: [0, 1]}}, A002: {}}}')
    options = ['--recordings', str(folder), '--classes', str(classes), '--output', str(output)]
    assert run('train', ['activity', '--clips', '4', '--epochs', '12', *options]) == 0
    out, told = capsys.readouterr()
    assert 'held out: 4 people of 2 sources' in told
    row = next(line.split() for line in out.splitlines() if line.split()[:1] == ['running'])
    assert float(row[1]) > 0.9
    assert float(row[2]) > 0.9

    properties = {entry.key: entry.value for entry in onnx.load(output).metadata_props}
    assert '--clips 4 --epochs 12 --recordings ' in properties['made_by']
    assert f"'{folder}'" in properties['made_by']
    assert '16 people of ntu (8 sources)' in properties['learned_from']
    classify = load_activity(str(output))
    assert classify is not None
    recorded = gather([folder], read_classes(classes), 100, 0, lambda line: None)
    does = recorded.samples.labels[:, RUNNING]
    probabilities = classify(recorded.samples.windows)[:, RUNNING]
    assert probabilities[does].mean() > probabilities[~does].mean() + 0.5
