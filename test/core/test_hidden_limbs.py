"""Limbs of people who walk are hidden for a while: how far off is what is made up for them?"""

import numpy as np
import pytest

from ros_vision_perception.core.body_prior import body_of
from ros_vision_perception.core.filters import absorb, begin, predict, published_variances
from ros_vision_perception.core.skeleton import COCO17
from test.core.people import figure

BODY, SCALES, FPS = body_of(COCO17), np.array([60.0]), 20.0
# When a limb is hidden: from so many frames on, for 0.7 s of every 1.7 s.
FIRST, HIDDEN, PERIOD, LAST = 30, 14, 34, 200
LIMBS = {
    'arm': ('left_elbow', 'left_wrist'),
    'leg': ('right_knee', 'right_ankle'),
    'arms': ('left_elbow', 'left_wrist', 'right_elbow', 'right_wrist'),
    'lower half': (
        'left_hip',
        'right_hip',
        'left_knee',
        'right_knee',
        'left_ankle',
        'right_ankle',
    ),
}


def walk(frame: int) -> np.ndarray:
    """Return the joints (17, 2) px of somebody who walks to and fro with swinging limbs."""
    x = 160 + 100 * np.sin(frame / FPS / 2)
    return figure(x, phase=6.0 * frame / FPS)


def play(limb: str, seed: int) -> dict[str, np.ndarray]:
    """Return errors (M, 2) px of hidden joints, ours and of those who know less; `deviations`."""
    noise = np.random.default_rng(seed)
    joints = [COCO17.index(name) for name in LIMBS[limb]]
    errors: dict[str, list[np.ndarray]] = {name: [] for name in ('ours', 'raw', 'last', 'going')}
    deviations = []
    motion = begin(walk(0)[None], BODY, SCALES)
    previous = last = walk(0)[joints]
    for frame in range(LAST):
        age = (frame - FIRST) % PERIOD + 1 if frame >= FIRST else PERIOD
        detected = walk(frame) + noise.normal(0, 1.5, (17, 2))
        probabilities = np.tile([0.97, 0.01, 0.01, 0.01, 0.0], (1, 17, 1))
        if age <= HIDDEN:  # the model takes another part of the body for them
            detected[joints] += noise.normal([20.0, -15.0], 8.0, (len(joints), 2))
            probabilities[0, joints] = [0.05, 0.03, 0.02, 0.9, 0.0]
        motion = predict(motion, BODY, SCALES, 1 / FPS) if frame else motion
        motion = absorb(
            motion, detected[None], probabilities, BODY, SCALES, 1 / FPS if frame else 0.0
        )
        truth = walk(frame)[joints]
        if age <= HIDDEN:
            guesses = {
                'ours': motion.positions_xy[0, joints],
                'raw': detected[joints],
                'last': last,
                'going': last + (last - previous) * age,
            }
            for name, guess in guesses.items():
                errors[name].append(guess - truth)
            deviations.append(np.sqrt(published_variances(motion, BODY, SCALES)[0, joints]))
        else:
            previous, last = last, detected[joints]
    table = {name: np.concatenate(values) for name, values in errors.items()}
    return {**table, 'deviations': np.concatenate(deviations)}


@pytest.mark.parametrize('limb', LIMBS)
def test_hidden_limbs_are_nearer_to_the_truth_than_any_simple_guess(limb: str) -> None:
    results = play(limb, seed=0)
    distance = {
        name: np.hypot(*results[name].T).mean() for name in ('ours', 'raw', 'last', 'going')
    }
    assert distance['ours'] < 0.6 * distance['raw']
    assert distance['ours'] < 0.75 * distance['last']
    assert distance['ours'] < 0.75 * distance['going']


def test_hidden_limbs_are_never_said_to_be_surer_than_they_are() -> None:
    results = [play(limb, seed) for seed, limb in enumerate(LIMBS)]
    scores = np.concatenate(
        [np.abs(result['ours']) / result['deviations'][:, None] for result in results]
    )
    # These limbs swing less than those of most people.
    assert (scores < 1).mean() > 0.68
    assert (scores < 2).mean() > 0.95
