"""Skeletons: the promises that every one of them keeps."""

import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import (
    BLAZEPOSE33,
    COCO17,
    HALPE26,
    SKELETONS,
    Skeleton,
    get_skeleton,
)

each = pytest.mark.parametrize('skeleton', SKELETONS.values(), ids=SKELETONS.keys())


@each
def test_mirroring_twice_changes_nothing(skeleton: Skeleton) -> None:
    joints = np.arange(len(skeleton))
    np.testing.assert_array_equal(joints[skeleton.flip_indices][skeleton.flip_indices], joints)


@each
def test_mirroring_swaps_left_and_right_and_nothing_else(skeleton: Skeleton) -> None:
    for joint, mirrored in enumerate(skeleton.flip_indices):
        name = skeleton.joint_names[joint]
        swapped = name.replace('left', '?').replace('right', 'left').replace('?', 'right')
        assert skeleton.joint_names[mirrored] == swapped


@each
def test_mirrored_bones_are_bones(skeleton: Skeleton) -> None:
    bones = {frozenset(edge) for edge in skeleton.edges}
    flip = skeleton.flip_indices
    assert {frozenset((int(flip[a]), int(flip[b]))) for a, b in skeleton.edges} == bones


@each
def test_left_and_right_have_the_same_sigma(skeleton: Skeleton) -> None:
    np.testing.assert_array_equal(skeleton.sigmas[skeleton.flip_indices], skeleton.sigmas)


@pytest.mark.parametrize(
    ('skeleton', 'joints'), [(COCO17, 17), (BLAZEPOSE33, 33), (HALPE26, 26)], ids=lambda v: str(v)
)
def test_each_skeleton_has_the_joints_its_name_says(skeleton: Skeleton, joints: int) -> None:
    assert len(skeleton) == len(set(skeleton.joint_names)) == len(skeleton.oks_sigmas) == joints


def test_blazepose_holds_all_coco_joints() -> None:
    indices = BLAZEPOSE33.subset(COCO17)
    assert tuple(BLAZEPOSE33.joint_names[index] for index in indices) == COCO17.joint_names


def test_a_skeleton_that_lacks_joints_of_another_says_which() -> None:
    with pytest.raises(ConfigurationError, match='left_pinky'):
        COCO17.subset(BLAZEPOSE33)


def test_an_unknown_skeleton_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="'coco18'; available: coco17, blazepose33"):
        get_skeleton('coco18')


def test_bones_between_joints_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r'must lie in \[0, 2\)'):
        Skeleton('two', ('a', 'b'), ((0, 2),), (), (0.1, 0.1))
