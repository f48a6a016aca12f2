from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.tools.demo import cutouts
from ros_vision_perception.tools.demo.cutouts import Cutout
from ros_vision_perception.tools.demo.scene import PERIOD_FRAMES, Scene

pytestmark = pytest.mark.skipif(find_spec('skimage') is None, reason='needs scikit-image')

BY_OTHERS = JointState.OCCLUDED_BY_PERSON, JointState.OCCLUDED_BY_OBJECT
# From back to front; the counter is layer 1, the pillar layer 4.
LAYER_OF_PERSON = (0, 2, 3)
FRAMES = range(0, PERIOD_FRAMES, 10)


@pytest.fixture(scope='module')
def scene() -> Scene:
    return Scene()


def test_scene_is_a_function_of_the_frame_number_alone(scene: Scene) -> None:
    scene.frame(5)
    image, truth = scene.frame(77)
    other_image, other_truth = Scene().frame(77)
    np.testing.assert_array_equal(image, other_image)
    np.testing.assert_array_equal(truth.states, other_truth.states)
    np.testing.assert_array_equal(truth.joints_xy, other_truth.joints_xy)


def test_scene_goes_on_without_a_jump(scene: Scene) -> None:
    np.testing.assert_array_equal(scene.image(0), scene.image(PERIOD_FRAMES))
    last, first = scene.truth(PERIOD_FRAMES - 1), scene.truth(PERIOD_FRAMES)
    steps = np.linalg.norm(last.joints_xy - first.joints_xy, axis=-1)
    assert np.nanmax(steps) < 8.0


@pytest.mark.parametrize('frame', FRAMES)
def test_hidden_joints_are_exactly_those_painted_over(scene: Scene, frame: int) -> None:
    image, truth = scene.frame(frame)
    checked = 0
    for person, joint in np.argwhere(truth.states != JointState.UNKNOWN):
        if truth.states[person, joint] == JointState.OUT_OF_IMAGE:
            continue
        without_what_is_in_front = scene.image(frame, layers=LAYER_OF_PERSON[person] + 1)
        x, y = np.rint(truth.joints_xy[person, joint]).astype(int)
        around = slice(max(y - 2, 0), y + 3), slice(max(x - 2, 0), x + 3)
        painted_over = (image[around] != without_what_is_in_front[around]).any(axis=2)
        # At the edge of what hides it, a joint is half hidden.
        if painted_over.any() == painted_over.all():
            assert (truth.states[person, joint] in BY_OTHERS) == painted_over.any()
            checked += 1
    assert checked > 10


def test_joint_behind_a_person_names_the_person_in_front(scene: Scene) -> None:
    seen = set()
    for frame in FRAMES:
        truth = scene.truth(frame)
        by_person = truth.states == JointState.OCCLUDED_BY_PERSON
        np.testing.assert_array_equal(truth.occluders >= 0, by_person)
        for person, joint in np.argwhere(by_person):
            assert truth.occluders[person, joint] > person  # people are ordered from the back
            seen.add((int(person), int(truth.occluders[person, joint])))
    assert {(0, 1), (1, 2)} <= seen


def test_everyone_is_nearly_wholly_seen_once_and_behind_the_pillar_once(
    scene: Scene,
) -> None:
    states = np.stack([scene.truth(frame).states for frame in FRAMES])  # (F, N, K)
    known = states != JointState.UNKNOWN
    in_view = np.isin(states, (JointState.VISIBLE, JointState.OCCLUDED_BY_SELF))
    shares = in_view.sum(axis=2) / known.sum(axis=2)  # (F, N)
    assert (shares.max(axis=0) > 0.8).all()  # the counter hides the lower arms of one
    assert (states == JointState.OCCLUDED_BY_OBJECT).any(axis=(0, 2)).all()


def test_mirrored_cutout_swaps_left_and_right() -> None:
    man = cutouts.cameraman()
    mirrored = man.mirrored()
    left, right = (BLAZEPOSE33.index(f'{side}_wrist') for side in ('left', 'right'))
    width = man.alpha.shape[1]
    assert mirrored.joints_xy[left, 0] == width - 1 - man.joints_xy[right, 0]
    assert mirrored.joints_xy[left, 1] == man.joints_xy[right, 1]
    np.testing.assert_array_equal(mirrored.mirrored().joints_xy, man.joints_xy)
    np.testing.assert_array_equal(mirrored.mirrored().colors, man.colors)


@pytest.mark.parametrize('make', [cutouts.astronaut, cutouts.cameraman])
def test_joints_lie_on_the_person(make: Callable[[], Cutout]) -> None:
    cutout = make()
    known = cutout.states != JointState.UNKNOWN
    columns, rows = np.rint(cutout.joints_xy[known]).astype(int).T
    assert (cutout.alpha[rows, columns] > 127).all()
    assert np.isnan(cutout.joints_xy[~known]).all()


def test_missing_photo_is_one_clear_line() -> None:
    with pytest.raises(ConfigurationError, match=r'nobody\.png of scikit-image'):
        cutouts.read_photo('nobody.png')
