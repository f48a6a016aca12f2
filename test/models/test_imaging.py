"""Cutting and scaling frames of every encoding."""

import numpy as np
import pytest

from ros_vision_perception.core.geometry import stretch_matrix
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.imaging import (
    letterbox_tensor,
    rgb_crop,
    rgb_letterbox,
    rgb_stretched,
    snug_size,
    to_tensor,
)

# One colour, as each encoding stores it, and as a network sees it.
COLOURS: dict[str, tuple[list[int], list[int]]] = {
    'rgb8': ([200, 100, 50], [200, 100, 50]),
    'bgr8': ([200, 100, 50], [50, 100, 200]),
    'rgba8': ([200, 100, 50, 9], [200, 100, 50]),
    'bgra8': ([200, 100, 50, 9], [50, 100, 200]),
    'mono8': ([77], [77, 77, 77]),
}


@pytest.mark.parametrize('encoding', COLOURS)
def test_every_encoding_becomes_rgb_in_grey_bars(encoding: str) -> None:
    stored, want = COLOURS[encoding]
    # A row of the message may be longer than the image is wide.
    padded = np.full((30, 50, len(stored)), stored, np.uint8)
    pixels = padded[:, :40, 0] if encoding == 'mono8' else padded[:, :40]
    crop = rgb_letterbox(Frame(pixels, encoding, 0), (64, 64))
    assert crop.shape == (64, 64, 3) and crop.dtype == np.uint8
    np.testing.assert_array_equal(crop[8:56], np.full((48, 64, 3), want))
    assert (crop[:8] == 114).all() and (crop[56:] == 114).all()


@pytest.mark.parametrize('encoding', COLOURS)
def test_every_encoding_becomes_rgb_without_bars(encoding: str) -> None:
    stored, want = COLOURS[encoding]
    padded = np.full((30, 50, len(stored)), stored, np.uint8)
    pixels = padded[:, :40, 0] if encoding == 'mono8' else padded[:, :40]
    crop = rgb_stretched(Frame(pixels, encoding, 0), (64, 20))
    np.testing.assert_array_equal(crop, np.full((20, 64, 3), want))


def test_a_stretched_frame_lies_where_its_matrix_says() -> None:
    ramp = np.add.outer(3 * np.arange(48), 2 * np.arange(50)).astype(np.uint8)
    frame = Frame(np.repeat(ramp[..., None], 3, axis=2), 'rgb8', 0)
    size = (32, 96)
    warped = rgb_crop(frame, stretch_matrix(frame.size, size), size)[4:-4, 4:-4]
    stretched = rgb_stretched(frame, size)[4:-4, 4:-4]
    np.testing.assert_allclose(stretched.astype(int), warped.astype(int), atol=2)


def test_a_frame_of_the_right_shape_has_no_bars() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    np.testing.assert_array_equal(rgb_letterbox(Frame(pixels, 'rgb8', 0), (64, 48)), pixels)


@pytest.mark.parametrize('encoding', COLOURS)
@pytest.mark.parametrize('size', [(64, 64), (64, 32), (48, 30), (40, 30)])
def test_frames_go_into_a_tensor_in_one_step_as_in_two(
    encoding: str, size: tuple[int, int]
) -> None:
    rng, channels = np.random.default_rng(0), COLOURS[encoding][0][1:]
    shapes = ((30, 50, len(channels) + 1), (60, 30, len(channels) + 1))
    images = [rng.integers(0, 256, shape, np.uint8)[:, 3:-7] for shape in shapes]
    frames = [Frame(image if channels else image[..., 0], encoding, 0) for image in images]
    scale, offset = np.array([1.0, 0.5, 0.1]), np.array([0.0, -1.0, 2.0])
    crops = [rgb_letterbox(frame, size) for frame in frames]
    tensor = letterbox_tensor(frames, size, scale, offset)
    np.testing.assert_allclose(tensor, to_tensor(crops, scale, offset), atol=1e-5)
    assert tensor.dtype == np.float32 and tensor.flags.c_contiguous
    turned = letterbox_tensor(frames, size, 1.0, order='bgr')
    np.testing.assert_array_equal(turned, to_tensor(crops, 1.0)[:, ::-1])


@pytest.mark.parametrize(
    ('image_size', 'want'),
    [
        ((640, 480), (640, 480)),
        ((1280, 720), (640, 384)),
        ((720, 1280), (384, 640)),
        ((333, 333), (640, 640)),
        ((4000, 10), (640, 32)),
    ],
)
def test_a_snug_size_is_made_of_whole_cells(
    image_size: tuple[int, int], want: tuple[int, int]
) -> None:
    assert snug_size(image_size, (640, 640)) == want


def test_a_tensor_is_scaled_and_shifted_per_channel() -> None:
    crop = np.full((4, 6, 3), (10, 20, 30), np.uint8)
    scale, offset = np.array([1.0, 0.5, 0.1]), np.array([0.0, -1.0, 2.0])
    tensor = to_tensor([crop, 2 * crop], scale, offset)
    assert tensor.shape == (2, 3, 4, 6) and tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0, :, 2, 3], [10, 9, 5], atol=1e-6)
    np.testing.assert_allclose(tensor[1, :, 0, 0], [20, 19, 8], atol=1e-6)
