"""Joints in metres."""

from dataclasses import replace

import numpy as np
import pytest

from ros_vision_perception.core.camera import CameraModel, back_project
from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.human import Humans, HumanState, JointState
from ros_vision_perception.core.skeleton import COCO17
from test.core.people import IMAGE_SIZE, Scene, capture, figure, rectangle, segment

CAMERA = CameraModel(fx=300.0, fy=300.0, cx=160.0, cy=120.0, size=IMAGE_SIZE)
CONFIG = FusionConfig(expects_depth=True)


def depth_image(
    scene: Scene, person_m: float, thing_m: float = 1.0, wall_m: float = 6.0
) -> np.ndarray:
    """Return the (H, W) depth of a scene whose people all stand at one depth."""
    depth = np.full(IMAGE_SIZE[::-1], wall_m, np.float32)
    for mask in scene.visible:
        depth[mask] = person_m
    for _, mask in scene.things:
        depth[mask] = thing_m
    return depth


def fuse(
    scene: Scene,
    depth_m: np.ndarray | None,
    camera: CameraModel | None = CAMERA,
    masks: bool = True,
) -> Humans:
    observation = capture(scene, 1.0, masks=segment(scene) if masks else None)
    observation = replace(observation, depth_m=depth_m, camera=camera)
    return step(FusionState(), observation, CONFIG, COCO17)[1]


def under_the_skin(depth_m: np.ndarray) -> None:
    """Check that depths are those of joints of somebody who is measured at 3 m."""
    assert ((depth_m > 2.99) & (depth_m < 3.13)).all(), depth_m


def only(humans: Humans) -> HumanState:
    (person,) = humans.people
    return person


STANDING = Scene((figure(150),))


def test_visible_joints_lie_where_camera_and_depth_say() -> None:
    joints = only(fuse(STANDING, depth_image(STANDING, 3.0))).joints
    assert joints.has_3d.all()
    expected = back_project(figure(150), joints.positions_m[:, 2], CAMERA)
    np.testing.assert_allclose(joints.positions_m, expected, atol=0.01)


def test_joints_are_behind_the_skin_that_is_measured() -> None:
    depth = only(fuse(STANDING, depth_image(STANDING, 3.0))).joints.positions_m[:, 2]
    under_the_skin(depth)
    assert depth[COCO17.index('left_hip')] > depth[COCO17.index('nose')] + 0.03


def test_the_person_is_at_the_middle_of_the_hips() -> None:
    person = only(fuse(STANDING, depth_image(STANDING, 3.0)))
    hips = figure(150)[[COCO17.index('left_hip'), COCO17.index('right_hip')]].mean(axis=0)
    expected = back_project(hips, person.position_m[2], CAMERA)
    np.testing.assert_allclose(person.position_m, expected, atol=0.01)
    under_the_skin(person.position_m[2:])
    assert (np.linalg.eigvalsh(person.position_covariance) > 0).all()


def test_with_the_hips_hidden_the_shoulders_tell_where_the_person_is_less_surely() -> None:
    table = Scene((figure(150),), (('table', rectangle(80, 220, 140, 240)),))
    person = only(fuse(table, depth_image(table, 3.0)))
    clear = only(fuse(STANDING, depth_image(STANDING, 3.0)))
    assert abs(person.position_m[2] - 3.05) < 0.05
    assert np.trace(person.position_covariance) > 2 * np.trace(clear.position_covariance)


def test_a_hidden_joint_never_takes_the_depth_of_what_hides_it() -> None:
    pillar = Scene((figure(150),), (('pillar', rectangle(150, 230)),))
    joints = only(fuse(pillar, depth_image(pillar, 3.0, thing_m=1.0))).joints
    hidden = joints.states != JointState.VISIBLE
    assert hidden.sum() >= 5
    under_the_skin(joints.positions_m[:, 2])
    deviations = np.sqrt(joints.position_covariances[:, 2, 2])
    assert deviations[hidden].mean() > 2 * deviations[~hidden].mean()


def test_without_masks_depths_far_from_the_person_are_thrown_away() -> None:
    depth = depth_image(STANDING, 3.0)
    wrist = figure(150)[COCO17.index('left_wrist')].round().astype(int)
    depth[wrist[1] - 10 : wrist[1] + 10, wrist[0] - 10 : wrist[0] + 10] = 1.0
    joints = only(fuse(STANDING, depth, masks=False)).joints
    under_the_skin(joints.positions_m[:, 2])
    deviations = np.sqrt(joints.position_covariances[:, 2, 2])
    left, right = (COCO17.index(f'{side}_wrist') for side in ('left', 'right'))
    assert deviations[left] > 2 * deviations[right]


@pytest.mark.parametrize('unknown', [0.0, np.nan, np.inf, -1.0])
def test_pixels_without_depth_are_left_out(unknown: float) -> None:
    depth = depth_image(STANDING, 3.0)
    depth[::2] = unknown
    joints = only(fuse(STANDING, depth)).joints
    under_the_skin(joints.positions_m[:, 2])


def test_depth_without_a_single_reading_is_as_good_as_none() -> None:
    blind = only(fuse(STANDING, np.full(IMAGE_SIZE[::-1], np.nan, np.float32)))
    without = only(fuse(STANDING, None))
    np.testing.assert_array_equal(blind.joints.positions_m, without.joints.positions_m)
    measured = only(fuse(STANDING, depth_image(STANDING, 3.0)))
    assert blind.position_covariance[2, 2] > 20 * measured.position_covariance[2, 2]


def test_a_depth_image_of_half_the_size_serves_as_well() -> None:
    depth = depth_image(STANDING, 3.0)
    whole, half = only(fuse(STANDING, depth)), only(fuse(STANDING, depth[::2, ::2]))
    np.testing.assert_allclose(half.joints.positions_m, whole.joints.positions_m, atol=0.02)


def test_uncertainty_grows_with_distance_and_is_positive() -> None:
    near = only(fuse(STANDING, depth_image(STANDING, 2.0))).joints.position_covariances
    far = only(fuse(STANDING, depth_image(STANDING, 5.0))).joints.position_covariances
    assert (np.linalg.eigvalsh(near) > 0).all()
    assert (np.trace(far, axis1=1, axis2=2) > np.trace(near, axis1=1, axis2=2)).all()


def test_a_person_walking_sideways_has_that_velocity() -> None:
    state = FusionState()
    for index in range(30):
        scene = Scene((figure(80 + 3.0 * index),))
        observation = capture(scene, index * 0.05, masks=segment(scene))
        observation = replace(observation, depth_m=depth_image(scene, 3.0), camera=CAMERA)
        state, humans = step(state, observation, CONFIG, COCO17)
    joints = only(humans).joints
    # 60 px/s at 3 m and 300 px focal length.
    np.testing.assert_allclose(joints.velocities[joints.has_3d, 0], 0.6, atol=0.1)
    person = only(humans)
    np.testing.assert_allclose(person.velocity_mps, [0.6, 0.0, 0.0], atol=0.1)
    assert (np.linalg.eigvalsh(person.velocity_covariance) > 0).all()


@pytest.mark.parametrize(
    ('depth_size', 'camera', 'reason'),
    [
        pytest.param(
            (160, 100), CAMERA, 'depth not used: 160x100 px, image 320x240 px', id='other shape'
        ),
        pytest.param(None, CAMERA, 'depth missing', id='no depth'),
        pytest.param(IMAGE_SIZE, None, 'camera_info missing', id='no camera'),
        pytest.param(
            IMAGE_SIZE,
            replace(CAMERA, size=(640, 480)),
            'camera_info not used: 640x480 px, image 320x240 px',
            id='camera of another size',
        ),
    ],
)
def test_depth_that_cannot_be_used_is_named(
    depth_size: tuple[int, int] | None, camera: CameraModel | None, reason: str
) -> None:
    depth = None if depth_size is None else np.full(depth_size[::-1], 3.0, np.float32)
    humans = fuse(STANDING, depth, camera)
    assert humans.degraded_reason == reason
    unused = fuse(STANDING, None, None if 'camera' in reason else CAMERA)
    expected = only(unused).joints.positions_m
    np.testing.assert_array_equal(only(humans).joints.positions_m, expected)
    assert only(humans).has_3d == ('camera' not in reason)
    assert humans.used_depth == (depth_size == IMAGE_SIZE)


def test_depth_of_a_room_without_people_is_no_fault() -> None:
    nobody = Scene(())
    assert len(fuse(nobody, depth_image(nobody, 3.0)).people) == 0
