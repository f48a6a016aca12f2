"""Made-up motion is that of a body, and the network learns from it where torch is installed."""

from importlib.util import find_spec
from pathlib import Path
import sys

import numpy as np
import onnx
import pytest

from ros_vision_perception.commands import run
from ros_vision_perception.core.activity import ACTIVITIES, FEATURES, STEPS
from ros_vision_perception.core.anatomy import anatomy_of
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.pipeline.activity import BUILT_IN, load_activity
from ros_vision_perception.tools.train import motions
from ros_vision_perception.tools.train.body import ANGLES, COLUMN, place
from ros_vision_perception.tools.train.motion import FPS, Motion, join
from ros_vision_perception.tools.train.network import write
from ros_vision_perception.tools.train.samples import make

USUAL = np.ones(6)
ANATOMY = anatomy_of(COCO17)


def figure(motion: Motion) -> np.ndarray:
    return place(motion.angles, USUAL, motion.flights)


def joint(joints: np.ndarray, name: str) -> np.ndarray:
    return joints[:, COCO17.joint_names.index(name)]


def during(motion: Motion, activity: str) -> np.ndarray:
    return motion.labels[:, ACTIVITIES.index(activity)]


def test_somebody_who_does_nothing_stands_upright() -> None:
    joints = place(np.zeros((1, len(ANGLES))), USUAL, np.zeros(1))
    assert joint(joints, 'nose')[0, 2] == pytest.approx(0.89, abs=0.02)
    assert joint(joints, 'left_ankle')[0, 2] == pytest.approx(0.0, abs=1e-9)
    assert joint(joints, 'left_wrist')[0, 1] > 0 > joint(joints, 'right_wrist')[0, 1]


def test_angles_turn_limbs_the_way_that_people_move_them() -> None:
    angles = np.zeros((4, len(ANGLES)))
    angles[0, COLUMN['left_arm']] = np.pi / 2
    angles[1, [COLUMN['left_lift'], COLUMN['left_twist'], COLUMN['left_elbow']]] = np.pi / 2
    angles[2, COLUMN['right_knee']] = 1.0
    angles[3, COLUMN['fall']] = np.pi / 2
    joints = place(angles, USUAL, np.zeros(4))
    assert joint(joints, 'left_wrist')[0, 0] > 0.3
    assert joint(joints, 'left_wrist')[1, 2] - joint(joints, 'left_elbow')[1, 2] > 0.14
    assert joint(joints, 'right_ankle')[2, 0] < -0.1
    assert np.ptp(joints[3, :, 2]) < 0.3


@pytest.mark.parametrize('seed', range(4))
def test_bones_keep_their_length_nobody_is_in_the_ground_and_nothing_leaps(seed: int) -> None:
    motion = motions.script(np.random.default_rng(seed), 20.0)
    joints = figure(motion)
    lengths = np.linalg.norm(joints[:, ANATOMY.bones] - joints[:, ANATOMY.parents], axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-9
    assert joints[..., 2].min() > -1e-9
    # A thrown ball leaves a hand with 40 m/s; hands and feet of people like us stay far below.
    speeds_mps = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * FPS * 1.7
    assert speeds_mps.max() < 14


def test_somebody_who_jumps_falls_as_gravity_has_it() -> None:
    parts = motions.jump(np.random.default_rng(1))
    motion = join(parts)
    in_air = motion.flights > 1e-6
    assert in_air.any()
    assert during(motion, 'jumping')[in_air].all()
    inside = in_air[:-2] & in_air[1:-1] & in_air[2:]
    pulls = np.diff(motion.flights, 2)[inside] * FPS**2 * 1.7
    np.testing.assert_allclose(pulls, -9.81, atol=1e-6)


def test_who_falls_ends_low_and_who_sits_down_lower_than_before() -> None:
    rng = np.random.default_rng(2)
    falling, sitting = join(motions.fall(rng)), join(motions.sit(rng))
    noses = joint(figure(falling), 'nose')[:, 2]
    assert noses[during(falling, 'fallen')].max() < 0.45
    hips = joint(figure(sitting), 'left_hip')[during(sitting, 'sitting_down'), 2]
    assert hips[0] - hips[-1] > 0.15


def test_kicks_and_runs_are_faster_than_walks() -> None:
    def ankles(parts: list[Motion], activity: str) -> float:
        motion = join(parts)
        joints = figure(motion) - joint(figure(motion), 'left_hip')[:, None]
        feet = [joint(joints, f'{side}_ankle') for side in ('left', 'right')]
        speeds = np.linalg.norm(np.diff(feet, axis=1), axis=-1).max(axis=0) * FPS * 1.7
        return float(np.percentile(speeds[during(motion, activity)[1:]], 90))

    for seed in range(3):
        rng = np.random.default_rng(seed)
        walking = ankles(motions.walk(rng), 'walking')
        assert ankles(motions.kick(rng), 'kicking') > walking
        assert ankles(motions.run(rng), 'running') > walking


def test_samples_are_the_same_for_a_seed_and_others_for_another_one() -> None:
    first, again, other = make(1, 3), make(1, 3), make(1, 4)
    np.testing.assert_array_equal(first.windows, again.windows)
    assert first.windows.shape[1:] == (STEPS, FEATURES)
    assert np.isfinite(first.windows).all()
    assert first.known.all()
    assert (first.weights == 1).all()
    assert not np.array_equal(first.windows[:50], other.windows[:50])


def test_a_file_is_small_and_says_who_made_it(tmp_path: Path) -> None:
    assert BUILT_IN.stat().st_size < 2_000_000
    properties = {entry.key: entry.value for entry in onnx.load(BUILT_IN).metadata_props}
    assert properties['made_by'].startswith('ros-vision-perception train activity --seed ')


def test_without_torch_one_line_says_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, 'torch', None)
    assert run('train', ['activity']) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert 'pip install torch' in line


@pytest.mark.skipif(find_spec('torch') is None, reason='torch is not installed')
def test_what_is_learned_comes_out_of_the_file_again(tmp_path: Path) -> None:
    import torch

    from ros_vision_perception.tools.train import network

    samples, lines = make(2, 0), list[str]()
    network.learn(samples, 1, 0, lines.append)
    assert len(lines) == 1
    torch.manual_seed(1)
    net = network.layers(torch)
    windows = torch.from_numpy(samples.windows.transpose(0, 2, 1).copy())
    with torch.no_grad():
        net(windows)  # which it is normalised by
        ours = torch.sigmoid(net.eval()(windows)).numpy()
    path = tmp_path / 'network.onnx'
    path.write_bytes(write(network.folded(net), {'activities': ','.join(ACTIVITIES)}))
    classify = load_activity(str(path))
    assert classify is not None
    np.testing.assert_allclose(classify(samples.windows), ours, atol=1e-5)
