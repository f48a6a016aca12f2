"""Crops for re-identification networks, and what becomes of their output."""

import numpy as np
import pytest

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.reid import decode, input_size, preprocess

PLANES, PIXELS = (None, 3, 256, 128), (1, 256, 128, 3)
BOXES = np.array([[40.0, 20.0, 80.0, 120.0]])


def frame() -> Frame:
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[20:120, 40:80] = (10, 100, 250)  # blue, green, red
    return Frame(pixels, 'bgr8', 0)


@pytest.mark.parametrize('shape', [PLANES, PIXELS])
def test_the_size_is_that_of_the_input(shape: tuple[int | None, ...]) -> None:
    assert input_size(shape) == (128, 256)


@pytest.mark.parametrize('shape', [(1, 4, 256, 128), (1, 3, None, None), (1, 128)])
def test_a_network_of_another_kind_is_refused(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ModelError, match=r'got|expected that of a re-identification network'):
        input_size(shape)


def test_pixels_are_given_as_they_are_with_blue_first() -> None:
    tensor = preprocess(frame(), BOXES, PIXELS)
    assert tensor.shape == (1, 256, 128, 3) and tensor.dtype == np.float32
    np.testing.assert_array_equal(tensor[0, 128, 64], [10, 100, 250])


def test_planes_are_normalised_with_red_first() -> None:
    tensor = preprocess(frame(), BOXES, PLANES)
    assert tensor.shape == (1, 3, 256, 128) and tensor.dtype == np.float32
    want = (np.array([250, 100, 10]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(tensor[0, :, 128, 64], want, rtol=1e-5)


def test_the_person_fills_the_crop_but_for_a_margin() -> None:
    red = preprocess(frame(), BOXES, PIXELS)[0, ..., 2] > 125
    assert red.mean(axis=1).max() == pytest.approx(1 / 1.16, abs=0.02)
    assert red.mean(axis=0).max() == pytest.approx(1 / 1.16, abs=0.02)


def test_nobody_gives_an_empty_tensor() -> None:
    assert preprocess(frame(), np.empty((0, 4)), PLANES).shape == (0, 3, 256, 128)


def test_vectors_have_unit_length_and_the_rest_is_unknown() -> None:
    vectors = decode(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [np.nan, np.nan]], rtol=1e-6)
    assert vectors.dtype == np.float32
