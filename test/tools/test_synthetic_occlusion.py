from dataclasses import replace

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17
from ros_vision_perception.tools.demo.cutouts import Cutout
from ros_vision_perception.tools.evaluate.synthetic import Staging, stage
from ros_vision_perception.tools.truth import Truth

SIZE = (200, 160)
FPS = 20.0
FRAMES = 60
BY_OTHERS = (JointState.OCCLUDED_BY_PERSON, JointState.OCCLUDED_BY_OBJECT)


def clip() -> list[Truth]:
    """Return the truth of a person who walks from the left to the right."""
    points = np.random.default_rng(1).uniform((0, 0), (50, 110), (1, len(COCO17), 2))
    truth = Truth(
        COCO17,
        points,
        np.full((1, len(COCO17)), JointState.VISIBLE, np.uint8),
        np.full((1, len(COCO17)), -1),
        np.array([3000.0]),
        is_measured=np.zeros((1, len(COCO17)), bool),
    )
    return [
        replace(truth, joints_xy=points + np.array([20 + frame, 30])) for frame in range(FRAMES)
    ]


def passer() -> Cutout:
    """Return an elliptic person whose nose is in the middle."""
    alpha: np.ndarray = np.zeros((120, 60), np.uint8)
    cv2.ellipse(alpha, (30, 60), (28, 58), 0, 0, 360, 255, -1)
    joints = np.full((len(BLAZEPOSE33), 2), np.nan)
    joints[0] = 30, 60
    states = np.where(np.isfinite(joints[:, 0]), JointState.VISIBLE, JointState.UNKNOWN)
    return Cutout(np.repeat(alpha[..., None], 3, axis=2), alpha, joints, states.astype(np.uint8))


def staging(seed: int) -> Staging:
    return stage(clip(), SIZE, FPS, [passer()], seed)


def clean_image() -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), 7, np.uint8)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first, again, other = (staging(seed).image(clean_image(), 40) for seed in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_the_clean_frame_is_left_as_it_was() -> None:
    clean = clean_image()
    for seed in range(4):
        staging(seed).image(clean, 40)
    assert (clean == 7).all()


@pytest.mark.parametrize('seed', range(6))
def test_hidden_joints_are_exactly_those_painted_over(seed: int) -> None:
    made, checked = staging(seed), 0
    for index, clean in enumerate(clip()):
        truth = made.truth(clean, index)
        # Where black and white behind it look different, nothing is painted over.
        black, white = (
            made.image(np.full((*SIZE[::-1], 3), value, np.uint8), index)[..., 0].astype(int)
            for value in (0, 255)
        )
        painted = white - black < 128
        for joint in np.flatnonzero(truth.states[0] != JointState.OUT_OF_IMAGE):
            x, y = np.rint(truth.joints_xy[0, joint]).astype(int)
            around = painted[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
            # At the edge of what hides it, a joint is half hidden.
            if around.all() == around.any():
                assert (truth.states[0, joint] in BY_OTHERS) == around.any()
                checked += 1
    assert checked > 200


@pytest.mark.parametrize('seed', range(6))
def test_joint_hidden_by_a_person_names_the_one_who_passes(seed: int) -> None:
    made = staging(seed)
    for index, clean in enumerate(clip()):
        truth = made.truth(clean, index)
        by_person = truth.states == JointState.OCCLUDED_BY_PERSON
        np.testing.assert_array_equal(truth.occluders >= 0, by_person)
        rows, _ = np.nonzero(by_person)
        # Those who come later in the list pass in front.
        assert (truth.occluders[by_person] > rows).all()


def test_every_frame_has_the_same_people() -> None:
    made = staging(1)
    passers = sum(figure.number >= 0 for figure in made.figures)
    counts = {len(made.truth(clean, index).states) for index, clean in enumerate(clip())}
    assert passers > 0
    assert counts == {1 + passers}


def test_what_is_cut_off_is_out_of_the_image_and_its_place_stays_known() -> None:
    window = np.array([0, 0, SIZE[0], 80])
    made = Staging(window, (), FPS)
    clean = clip()[0]
    truth = made.truth(clean, 0)
    assert made.image(clean_image(), 0).shape == (80, SIZE[0], 3)
    below = clean.joints_xy[0, :, 1] >= 79.5
    assert 0 < below.sum() < len(below)
    np.testing.assert_array_equal(truth.states[0] == JointState.OUT_OF_IMAGE, below)
    np.testing.assert_array_equal(truth.joints_xy, clean.joints_xy)


def test_seeds_hide_joints_by_things_and_people_and_for_a_short_time() -> None:
    states = np.stack(
        [
            [made.truth(clean, index).states[0] for index, clean in enumerate(clip())]
            for made in map(staging, range(12))
        ]
    )
    share_hidden = np.isin(states, BY_OTHERS).mean()
    assert (states == JointState.OCCLUDED_BY_PERSON).any()
    assert (states == JointState.OCCLUDED_BY_OBJECT).any()
    assert (states == JointState.OUT_OF_IMAGE).any()
    assert 0.05 < share_hidden < 0.5


def test_a_clip_without_anybody_has_nothing_to_pass_before() -> None:
    empty = Truth(
        COCO17,
        np.empty((0, 17, 2)),
        np.empty((0, 17), np.uint8),
        np.empty((0, 17), np.int64),
        np.empty(0),
        np.empty((0, 17), bool),
    )
    assert stage([empty] * 30, SIZE, FPS, [passer()], seed=0).figures == ()
