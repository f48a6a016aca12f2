"""What the data types accept and refuse."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import Joints
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import BLAZEPOSE33, COCO17
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from test.core.people import Scene, detect, figure


@pytest.mark.parametrize(
    ('encoding', 'shape'),
    [('rgb8', (4, 6, 3)), ('bgr8', (4, 6, 3)), ('bgra8', (4, 6, 4)), ('mono8', (4, 6))],
)
def test_a_frame_knows_its_size(encoding: str, shape: tuple[int, ...]) -> None:
    assert Frame(np.zeros(shape, np.uint8), encoding, 0).size == (6, 4)


@pytest.mark.parametrize(
    ('pixels', 'encoding', 'message'),
    [
        (np.zeros((4, 6, 3), np.uint8), 'yuv422', "encoding 'yuv422'; expected one of"),
        (np.zeros((4, 6), np.uint8), 'rgb8', 'got shape .4, 6., expected'),
        (np.zeros((4, 6, 3), np.float32), 'rgb8', 'got float32, expected uint8'),
    ],
)
def test_a_frame_that_is_not_what_it_says_is_refused(
    pixels: np.ndarray, encoding: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Frame(pixels, encoding, 0)


def test_nobody_is_an_empty_array_not_none() -> None:
    nobody = Keypoints.empty(BLAZEPOSE33, (640, 480))
    assert len(nobody) == 0
    assert nobody.keypoints_xy.shape == (0, 33, 2)
    assert len(InstanceMasks.empty((640, 480), is_instance=True)) == 0


@pytest.mark.parametrize('name', ['keypoints_xy', 'scores', 'boxes_xyxy', 'keypoints_3d'])
def test_keypoints_of_the_wrong_shape_are_refused_by_name(name: str) -> None:
    keypoints = detect(Scene((figure(100),)))
    with pytest.raises(ValueError, match=f'^{name}: got shape'):
        replace(keypoints, **{name: getattr(keypoints, name)[:, :3]})


def test_there_are_as_many_masks_as_people_or_none() -> None:
    keypoints = detect(Scene((figure(100),)))
    mask = BoxMask(0, 0, np.ones((2, 2), bool))
    with pytest.raises(ValueError, match='got 2, expected 0 or 1'):
        replace(keypoints, masks=(mask, mask))


def test_a_pose_in_a_smaller_skeleton_keeps_the_joints_of_that_name() -> None:
    keypoints = detect(Scene((figure(100, skeleton=BLAZEPOSE33),), skeleton=BLAZEPOSE33))
    coco = keypoints.in_skeleton(COCO17)
    np.testing.assert_array_equal(
        coco.keypoints_xy[0, COCO17.index('left_knee')],
        keypoints.keypoints_xy[0, BLAZEPOSE33.index('left_knee')],
    )
    with pytest.raises(ConfigurationError, match='left_pinky'):
        coco.in_skeleton(BLAZEPOSE33)


def joints(count: int) -> dict[str, np.ndarray | tuple[str, ...]]:
    shapes = {
        'keypoints_xy': (2,),
        'covariances_px': (2, 2),
        'positions_m': (3,),
        'position_covariances': (3, 3),
        'velocities': (3,),
        'velocity_covariances': (3, 3),
    }
    arrays: dict[str, np.ndarray | tuple[str, ...]] = {
        field.name: np.zeros((count, *shapes.get(field.name, ()))) for field in fields(Joints)
    }
    return arrays | {'occluder_classes': ('',) * count}


@pytest.mark.parametrize('name', [field.name for field in fields(Joints)])
def test_joints_refuse_any_field_of_another_length(name: str) -> None:
    assert len(Joints(**joints(5))) == 5  # type: ignore[arg-type]
    wrong = joints(5) | {name: joints(4)[name]}
    with pytest.raises(ValueError, match='expected'):
        Joints(**wrong)  # type: ignore[arg-type]
