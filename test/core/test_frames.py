"""People seen from another frame."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from scipy.spatial.transform import Rotation

from ros_vision_perception.core.frames import RigidTransform, in_frame
from ros_vision_perception.core.human import HumanState
from test.core.known_people import human, humans

TURNS = st.tuples(*[st.floats(-3.0, 3.0)] * 3)
PLACES = st.tuples(*[st.floats(-50.0, 50.0)] * 3)


def inverse(transform: RigidTransform) -> RigidTransform:
    back = transform.rotation.T
    return RigidTransform(back, -back @ transform.translation_m)


def transforms() -> st.SearchStrategy[RigidTransform]:
    return st.builds(
        lambda turn, place: RigidTransform(
            Rotation.from_rotvec(turn).as_matrix(), np.array(place)
        ),
        TURNS,
        PLACES,
    )


def placed(transform: RigidTransform, *people: HumanState) -> tuple[HumanState, ...]:
    return in_frame(humans(*people), transform).people


def test_a_camera_that_looks_along_the_map() -> None:
    # Optical axes: x right, y down, z forward; those of the map: x forward, y left, z up.
    rotation = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    (person,) = placed(
        RigidTransform(rotation, np.array([10.0, 0.0, 1.5])), human(1, in_space=True)
    )
    np.testing.assert_allclose(person.position_m, [13.0, -1.0, -0.5])  # was 1, 2, 3
    np.testing.assert_allclose(person.velocity_mps, [3.0, -1.0, -2.0])
    np.testing.assert_allclose(person.pointing_origin_m, [13.0, -1.0, -0.5])
    np.testing.assert_allclose(person.pointing_direction, [0.0, 0.0, -1.0])  # downwards
    before = human(1, in_space=True)
    np.testing.assert_allclose(person.axes, rotation @ before.axes, atol=1e-6)
    path, path_before = person.predicted_paths[0], before.predicted_paths[0]
    np.testing.assert_allclose(
        path.positions_m[:, 0], path_before.positions_m[:, 2] + 10, rtol=1e-6
    )
    # The deviation along the optical axis is that along the map's first one.
    np.testing.assert_allclose(
        path.covariances[:, 0, 0], path_before.covariances[:, 2, 2], rtol=1e-5
    )
    joints, joints_before = person.joints, before.joints
    np.testing.assert_allclose(
        joints.position_covariances[:, 0, 1],
        -joints_before.position_covariances[:, 2, 0],
        rtol=1e-5,
    )
    np.testing.assert_array_equal(joints.keypoints_xy, joints_before.keypoints_xy)


@given(transforms())
def test_there_and_back_everything_is_as_it_was(transform: RigidTransform) -> None:
    before = human(2, in_space=True)
    (there,) = placed(transform, before)
    (back,) = placed(inverse(transform), there)
    for name in ('position_m', 'velocity_mps', 'axes', 'position_covariance', 'pointing_origin_m'):
        np.testing.assert_allclose(getattr(back, name), getattr(before, name), atol=1e-4)
    for name in ('positions_m', 'position_covariances', 'velocities', 'velocity_covariances'):
        np.testing.assert_allclose(
            getattr(back.joints, name), getattr(before.joints, name), atol=1e-4, err_msg=name
        )


@given(transforms())
def test_distances_and_spreads_do_not_depend_on_the_frame(transform: RigidTransform) -> None:
    before = human(1, in_space=True), human(2, in_space=True)
    for old, new in zip(before, placed(transform, *before), strict=True):
        known = old.joints.has_3d
        spans = [
            np.linalg.norm(person.joints.positions_m[known] - person.position_m, axis=1)
            for person in (old, new)
        ]
        np.testing.assert_allclose(spans[1], spans[0], atol=1e-4)
        widths = [np.linalg.eigvalsh(p.joints.position_covariances[known]) for p in (old, new)]
        np.testing.assert_allclose(widths[1], widths[0], atol=1e-4)


def test_who_is_not_in_space_is_the_same_in_every_frame() -> None:
    (person,) = placed(RigidTransform(np.eye(3), np.ones(3)), human(1, in_space=False))
    assert not person.has_3d
    assert np.isnan(person.joints.positions_m).all()
    assert np.isnan(person.axes).all()
