"""People as lines, balls and ellipsoids in space."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ros_vision_perception.core.human import HumanState, JointState, Posture, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17, Skeleton
from ros_vision_perception.render.figures import LIMBS, Figure, ellipsoid_axes, figure
from test.core.known_people import human


def somebody(skeleton: Skeleton = BLAZEPOSE33, **changes: object) -> HumanState:
    """Return a person all of whose joints are known in space, and seen unless `changes` say so."""
    person, joints = human(7, in_space=True, joints=len(skeleton)), len(skeleton)
    random = np.random.default_rng(3)
    known: dict[str, Any] = {
        'has_3d': np.full(joints, True),
        'positions_m': random.normal(size=(joints, 3)).astype(np.float32),
        'position_covariances': np.tile(np.diag([0.01, 0.04, 0.09]), (joints, 1, 1)),
        'states': np.full(joints, JointState.VISIBLE, np.uint8),
        **changes,
    }
    covariance = np.diag([0.01, 0.04, 0.25])
    return replace(
        person,
        joints=replace(person.joints, **known),
        position_covariance=covariance.astype(np.float32),
    )


def figure_of(person: HumanState, skeleton: Skeleton = BLAZEPOSE33) -> Figure:
    drawn = figure(person, skeleton)
    assert drawn is not None
    return drawn


def test_nobody_is_drawn_where_nobody_knows_where_they_are() -> None:
    assert figure(human(7, in_space=False), BLAZEPOSE33) is None


def test_bones_lie_between_joints_that_are_known_and_have_the_states_of_both() -> None:
    person = human(7, in_space=True)  # every other joint is known
    drawn = figure_of(person)
    joints = person.joints
    ends = [edge for edge in BLAZEPOSE33.edges if joints.has_3d[list(edge)].all()]
    assert 0 < len(ends) < len(BLAZEPOSE33.edges)
    assert len(drawn.bones_m) == len(ends)
    for bone, states, (start, end) in zip(drawn.bones_m, drawn.bone_states, ends, strict=True):
        np.testing.assert_array_equal(bone, joints.positions_m[[start, end]])
        np.testing.assert_array_equal(states, joints.states[[start, end]])
    np.testing.assert_array_equal(drawn.joints_m, joints.positions_m[joints.has_3d])


@pytest.mark.parametrize('seed', range(5))
def test_the_axes_of_an_ellipsoid_are_a_rotation_that_gives_the_covariance_back(seed: int) -> None:
    halves = np.random.default_rng(seed).normal(size=(4, 3, 3))
    covariances = halves @ halves.transpose(0, 2, 1)
    axes, radii = ellipsoid_axes(covariances)
    np.testing.assert_allclose(np.linalg.det(axes), 1.0, atol=1e-12)
    again = np.einsum('eij,ej,ekj->eik', axes, radii**2, axes)
    np.testing.assert_allclose(again, covariances, atol=1e-9)


def test_an_ellipsoid_without_extent_has_a_little() -> None:
    _, radii = ellipsoid_axes(np.zeros((1, 3, 3)))
    assert (radii > 0).all()


def test_the_body_and_the_limbs_that_are_hidden_have_ellipsoids() -> None:
    states = np.full(33, JointState.VISIBLE, np.uint8)
    hidden = BLAZEPOSE33.index('left_wrist')
    states[[hidden, BLAZEPOSE33.index('nose')]] = JointState.OCCLUDED_BY_OBJECT
    states[BLAZEPOSE33.index('left_ankle')] = JointState.OUT_OF_IMAGE
    person = somebody(states=states)
    shapes = figure_of(person).ellipsoids
    assert shapes.parts.tolist() == [-1, LIMBS.index('left_wrist')], 'faces would be all balls'
    assert shapes.states.tolist() == [JointState.UNKNOWN, JointState.OCCLUDED_BY_OBJECT]
    np.testing.assert_array_equal(shapes.centers_m[1], person.joints.positions_m[hidden])
    np.testing.assert_allclose(np.sort(shapes.radii_m), [[0.1, 0.2, 0.5], [0.1, 0.2, 0.3]])


def test_limbs_that_a_skeleton_lacks_are_left_out() -> None:
    nobodys = replace(COCO17, joint_names=tuple(f'joint_{index}' for index in range(17)))
    states = np.full(17, JointState.PREDICTED, np.uint8)
    drawn = figure_of(somebody(COCO17, states=states), nobodys)
    assert drawn.ellipsoids.parts.tolist() == [-1]
    np.testing.assert_array_equal(drawn.label_m, [1, 2, 3])


def test_the_label_is_above_the_head_whichever_way_up_is() -> None:
    positions = np.zeros((33, 3), np.float32)
    positions[BLAZEPOSE33.index('nose')] = [1, 1, 3]  # the hips are at 1, 2, 3
    person = replace(somebody(positions_m=positions), posture=Posture.SITTING)
    drawn = figure_of(person)
    assert drawn.label == '#7 sitting'
    np.testing.assert_allclose(drawn.label_m, [1, 0.7, 3], atol=1e-6)
    for nose in (np.nan, [1, 2, 3]):
        positions[BLAZEPOSE33.index('nose')] = nose
        np.testing.assert_array_equal(
            figure_of(somebody(positions_m=positions)).label_m, [1, 2, 3]
        )
    assert figure_of(replace(person, posture=Posture.UNKNOWN)).label == '#7'


def test_paths_begin_where_the_person_is_and_carry_their_probability() -> None:
    person = somebody()
    drawn = figure_of(person)
    assert drawn.path_weights == (0.75, 0.25)
    for path, told in zip(drawn.paths_m, person.predicted_paths, strict=True):
        np.testing.assert_array_equal(path[0], person.position_m)
        np.testing.assert_array_equal(path[1:], told.positions_m)


def test_who_is_not_seen_is_told_apart() -> None:
    assert figure_of(replace(somebody(), track_state=TrackState.OCCLUDED)).is_hidden
    assert not figure_of(replace(somebody(), track_state=TrackState.CONFIRMED)).is_hidden
