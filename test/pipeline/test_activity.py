"""The network that tells activities: it is loaded, refused, left out; what it tells of motion."""

from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.activity import ACTIVITIES, FEATURES, STEPS
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.tools.evaluate.made_up import figures
from ros_vision_perception.tools.train.network import write

# Weights of the smallest network of this kind.
ONE = {
    '0.weight': np.zeros((4, FEATURES, 3), np.float32), '0.bias': np.zeros(4, np.float32),
    '1.weight': np.zeros((len(ACTIVITIES), 4 * STEPS), np.float32),
    '1.bias': np.zeros(len(ACTIVITIES), np.float32),
}  # fmt: skip


def test_everyone_is_told_in_one_batch_as_if_alone() -> None:
    classify = load_activity('built-in')
    assert classify is not None
    windows = np.random.default_rng(0).normal(size=(20, STEPS, FEATURES)).astype(np.float32)
    together = classify(windows)
    assert together.shape == (20, len(ACTIVITIES))
    alone = np.concatenate([classify(window[None]) for window in windows])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert classify(windows[:0]).shape == (0, len(ACTIVITIES))


def test_a_network_of_ones_own_is_taken_and_none_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / 'own.onnx'
    path.write_bytes(write(ONE, {'activities': ','.join(ACTIVITIES)}))
    classify = load_activity(str(path))
    assert classify is not None
    np.testing.assert_allclose(classify(np.zeros((1, STEPS, FEATURES), np.float32)), 0.5)
    assert load_activity('') is None


def test_other_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / 'own.onnx'
    path.write_bytes(write(ONE, {'activities': 'dancing'}))
    with pytest.raises(ModelError, match=r'expected activities walking,.* got dancing$'):
        load_activity(str(path))
    with pytest.raises(ModelError, match='no model file'):
        load_activity(str(tmp_path / 'missing.onnx'))


def test_kicks_and_jumps_are_told_in_clips_from_which_nothing_was_learned() -> None:
    classify = load_activity('built-in')
    assert classify is not None
    told = figures(classify, 60)
    for name in ('kicking', 'jumping'):
        assert told[name]['events']['true'] > 10
        assert told[name]['events']['f1'] >= 0.9, name
