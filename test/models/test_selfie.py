"""The selfie segmentation's pre- and postprocessing."""

import numpy as np
import pytest

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.selfie import SelfieSegmentation, recognise


def decode(mask: np.ndarray, size: tuple[int, int]) -> InstanceMasks:
    return SelfieSegmentation().decode({'mask': mask[None, None]}, [size])[0]


@pytest.mark.parametrize('size', [(640, 480), (123, 457), (256, 256)])
def test_planted_region_comes_back_within_half_an_output_cell(size: tuple[int, int]) -> None:
    width, height = size
    mask = np.zeros((256, 256), np.float32)
    mask[32:160, 64:192] = 0.9
    (region,) = decode(mask, size).masks
    half_cell = np.array([width, height] * 2) / 512
    want = np.array([width / 4, height / 8, width * 3 / 4, height * 5 / 8])
    assert (np.abs(region.box_xyxy - want) <= half_cell + 1).all()


@pytest.mark.parametrize('size', [(640, 480), (200, 100)])
def test_region_at_the_border_reaches_the_border(size: tuple[int, int]) -> None:
    (region,) = decode(np.full((256, 256), 0.6, np.float32), size).masks
    assert (region.x, region.y) == (0, 0) and region.area == size[0] * size[1]


def test_region_is_one_semantic_instance_of_class_person() -> None:
    mask = np.zeros((256, 256), np.float32)
    mask[10:20, 10:20], mask[100:120, 200:220] = 0.8, 0.6
    masks = decode(mask, (256, 256))
    assert masks.class_names == ('person',) and not masks.is_instance
    np.testing.assert_allclose(masks.scores, (100 * 0.8 + 400 * 0.6) / 500, atol=1e-6)
    assert masks.masks[0].area == 500


def test_no_person_gives_no_instance() -> None:
    assert len(decode(np.full((256, 256), 0.4, np.float32), (320, 240))) == 0


def test_input_is_the_whole_frame_stretched() -> None:
    pixels = np.zeros((100, 400, 3), np.uint8)
    pixels[:, 200:] = 255, 128, 0
    tensor = SelfieSegmentation().preprocess([Frame(pixels, 'rgb8', 0)])['image']
    assert tensor.shape == (1, 3, 256, 256) and tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0, :, 128, 60], 0.0)
    np.testing.assert_allclose(tensor[0, :, 5, 200], [1.0, 128 / 255, 0.0], atol=1e-6)


def test_a_network_is_recognised_by_its_names_and_shapes() -> None:
    inputs, outputs = {'image': (None, 3, 256, 256)}, {'mask': (None, 1, 256, 256)}
    config = DetectionConfig(0.5)
    assert recognise(Signature(inputs, outputs), config) == SelfieSegmentation()
    assert recognise(Signature({'image': (1, 3, 144, 256)}, outputs), config) is None
    assert recognise(Signature(inputs, {**outputs, 'more': (1,)}), config) is None
