"""MoveNet SinglePose: joints in a crop come back in the image."""

import numpy as np
import pytest

from ros_vision_perception.core.geometry import apply_affine, crop_matrix
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.movenet import MoveNet, recognise

MODEL = MoveNet(192, 'crop', 'joints')
CONFIG = DetectionConfig(0.1)


def test_planted_joints_come_back_in_the_image() -> None:
    random = np.random.default_rng(1)
    boxes = np.array([[100.0, 50, 200, 350], [300, 100, 360, 180]])
    crops = np.array([crop_matrix(box, (192, 192)) for box in boxes])
    want = boxes[:, None, :2] + random.uniform(0, 1, (2, 17, 2)) * np.array(
        [[[100, 300]], [[60, 80]]]
    )
    scores = random.uniform(0, 1, (2, 17))
    placed = (apply_affine(crops, want) + 0.5) / 192
    joints = np.dstack((placed[..., ::-1], scores)).astype(np.float32)[:, None]
    found = MODEL.decode({'joints': joints}, crops)
    np.testing.assert_allclose(found.points_xy, want, atol=1e-2)
    np.testing.assert_allclose(found.scores, scores, atol=1e-6)


def test_crops_are_colours_from_0_to_255() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, :100] = 200, 100, 50
    crops = np.array([crop_matrix(np.array([0.0, 0, 50, 50]), (192, 192)), np.eye(2, 3)])
    tensor = MODEL.preprocess(Frame(pixels, 'bgr8', 0), crops)['crop']
    assert tensor.shape == (2, 192, 192, 3) and tensor.dtype == np.float32
    np.testing.assert_array_equal(tensor[0, 96, 96], [50, 100, 200])
    np.testing.assert_array_equal(tensor[1, 150, 50], [0, 0, 0])  # below the image


@pytest.mark.parametrize('side', [192, 256])
@pytest.mark.parametrize('batch', [1, None])
def test_a_network_is_recognised(side: int, batch: int | None) -> None:
    signature = Signature({'x': (batch, side, side, 3)}, {'y': (batch, 1, 17, 3)})
    assert recognise(signature, CONFIG) == MoveNet(side, 'x', 'y')


@pytest.mark.parametrize(
    ('crop', 'joints'),
    [
        ((1, 3, 192, 192), (1, 1, 17, 3)),
        ((1, 192, 256, 3), (1, 1, 17, 3)),
        ((1, 224, 224, 3), (1, 1, 17, 3)),
        ((1, 192, 192, 3), (1, 6, 56)),
        ((1, 192, 192, 3), (1, 1, 21, 3)),
    ],
)
def test_another_network_is_not_taken_for_one(crop: Shape, joints: Shape) -> None:
    assert recognise(Signature({'x': crop}, {'y': joints}), CONFIG) is None
