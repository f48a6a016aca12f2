"""Every encoding gives the same picture, whichever library makes it."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

pytest.importorskip('sensor_msgs.msg', reason='needs ROS 2')

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.conversions import colour
from ros_vision_perception.nodes.conversions.colour import ColourConverter
from ros_vision_perception.nodes.conversions.images import (
    bgr_from_frame,
    depth_from_image,
    frame_from_compressed,
    frame_from_image,
    image_to_msg,
    jpeg_to_msg,
)
from test.nodes.images import (
    BAYER,
    PACKED,
    PLAIN,
    SIZE,
    STAMP_NS,
    YUV,
    compressed,
    message,
    picture,
)

pytestmark = pytest.mark.ros

# Chroma is halved and the range of the numbers narrower.
TOLERANCE = {**dict.fromkeys(YUV, 6), **dict.fromkeys(BAYER, 4)}


def refuse(line: str) -> None:
    pytest.fail(f'reported: {line}')


def expected(encoding: str) -> np.ndarray:
    bgr = picture()
    is_grey = encoding in ('mono8', 'mono16', '8UC1')
    return (
        cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) if is_grey else bgr
    )


def inner(pixels: np.ndarray) -> np.ndarray:
    """Return the picture without its border, where Bayer patterns and chroma lack neighbours."""
    return pixels[2:-2, 2:-2].astype(int)


@pytest.mark.parametrize('padding', [0, 6], ids=['tight', 'padded'])
@pytest.mark.parametrize('is_bigendian', [False, True], ids=['little', 'big'])
@pytest.mark.parametrize('encoding', [*PLAIN, *PACKED])
def test_every_encoding_gives_the_picture(encoding: str, is_bigendian: bool, padding: int) -> None:
    image = message(encoding, padding=padding, is_bigendian=is_bigendian)
    frame = frame_from_image(image, ColourConverter(refuse))
    assert frame.size == SIZE
    assert frame.stamp_ns == STAMP_NS
    difference = np.abs(inner(bgr_from_frame(frame)) - inner(expected(encoding)))
    assert difference.max() <= TOLERANCE.get(encoding, 0)


@pytest.mark.parametrize('encoding', PLAIN)
def test_plain_encodings_are_views_of_the_message(encoding: str) -> None:
    image = message(encoding, padding=3)

    def no_converter(*_: object) -> np.ndarray:
        pytest.fail('converted')

    frame = frame_from_image(image, no_converter)
    assert np.shares_memory(frame.pixels, np.frombuffer(image.data, np.uint8))


PATHS = [colour.by_cv_bridge, colour.by_rosbags_image, colour.by_opencv]


@pytest.mark.parametrize('encoding', PACKED)
@pytest.mark.parametrize('path', PATHS, ids=lambda path: path.__name__)
def test_every_library_gives_the_same_picture(
    path: Callable[[], colour.Converter], encoding: str
) -> None:
    try:
        convert = path()
    except Exception as error:
        pytest.skip(f'{path.__name__}: {error}')
    reference = frame_from_image(message(encoding), colour.by_opencv()).pixels
    converter = ColourConverter(refuse)
    converter._converters = [convert]
    try:
        pixels = frame_from_image(message(encoding, padding=2), converter).pixels
    except FrameError as error:
        # Not every library knows every format; none may say that it does and give another picture.
        assert error.cause == 'unconvertible'
        assert path is not colour.by_opencv
        assert encoding in YUV or path is not colour.by_rosbags_image
    else:
        assert np.abs(pixels.astype(int) - reference).max() <= 1


def test_a_broken_cv_bridge_is_said_once_and_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_cv_bridge() -> colour.Converter:
        raise AttributeError('_ARRAY_API not found\nand ten more lines')

    monkeypatch.setattr(colour, 'by_cv_bridge', by_cv_bridge)
    said: list[str] = []
    convert = ColourConverter(said.append)
    for encoding in ('uyvy', 'nv12', 'uyvy'):
        frame_from_image(message(encoding), convert)
    assert said == [
        'cv_bridge does not work and is not used: AttributeError: _ARRAY_API not found'
    ]


def test_a_missing_cv_bridge_is_nothing_to_talk_about(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_cv_bridge() -> colour.Converter:
        raise ModuleNotFoundError("No module named 'cv_bridge'", name='cv_bridge')

    monkeypatch.setattr(colour, 'by_cv_bridge', by_cv_bridge)
    frame_from_image(message('uyvy'), ColourConverter(refuse))


@pytest.mark.parametrize('is_bigendian', [False, True], ids=['little', 'big'])
@pytest.mark.parametrize('encoding', ['16UC1', 'mono16'])
def test_depth_in_millimetres_becomes_metres(encoding: str, is_bigendian: bool) -> None:
    samples = np.array([[0, 1, 1500], [65535, 700, 2]], np.uint16)
    depth_m = depth_from_image(message(encoding, samples, padding=4, is_bigendian=is_bigendian))
    assert depth_m.dtype == np.float32
    np.testing.assert_allclose(depth_m, [[0, 0.001, 1.5], [65.535, 0.7, 0.002]], rtol=1e-6)


@pytest.mark.parametrize('is_bigendian', [False, True], ids=['little', 'big'])
def test_depth_in_metres_keeps_its_unknown_pixels(is_bigendian: bool) -> None:
    samples = np.array([[np.nan, 1.25], [np.inf, 0.0]], np.float32)
    depth_m = depth_from_image(message('32FC1', samples, padding=8, is_bigendian=is_bigendian))
    assert depth_m.dtype == np.float32
    np.testing.assert_array_equal(depth_m, samples)


def test_depth_in_metres_is_a_view_of_the_message() -> None:
    image = message('32FC1', np.ones((4, 6), np.float32), padding=8)
    assert np.shares_memory(depth_from_image(image), np.frombuffer(image.data, np.uint8))


@pytest.mark.parametrize(
    ('suffix', 'image_format', 'tolerance'),
    [
        ('.jpg', 'rgb8; jpeg compressed bgr8', 12),
        ('.jpg', 'jpeg', 12),
        ('.png', 'bgr8; png compressed bgr8', 0),
        ('.png', '', 0),
    ],
)
def test_compressed_images_give_the_picture(
    suffix: str, image_format: str, tolerance: int
) -> None:
    frame = frame_from_compressed(compressed(suffix, picture(), image_format))
    assert (frame.encoding, frame.stamp_ns, frame.size) == ('bgr8', STAMP_NS, SIZE)
    assert np.abs(frame.pixels.astype(int) - picture()).max() <= tolerance


def test_a_png_of_16_bit_is_scaled_to_8() -> None:
    deep = picture().astype(np.uint16) * 257
    frame = frame_from_compressed(compressed('.png', deep))
    np.testing.assert_array_equal(frame.pixels, picture())


def test_a_grey_jpeg_is_a_grey_frame() -> None:
    grey = cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY)
    frame = frame_from_compressed(compressed('.jpg', grey, 'mono8; jpeg compressed '))
    assert (frame.encoding, frame.pixels.shape) == ('mono8', grey.shape)


def test_an_encoder_that_was_given_rgb_is_understood() -> None:
    image = compressed('.png', picture()[..., ::-1], 'rgb8; png compressed rgb8')
    np.testing.assert_array_equal(bgr_from_frame(frame_from_compressed(image)), picture())


def test_own_messages_come_back_as_they_were() -> None:
    header = message('bgr8').header
    frame = frame_from_image(image_to_msg(picture(), 'bgr8', header), ColourConverter(refuse))
    np.testing.assert_array_equal(frame.pixels, picture())
    jpeg = frame_from_compressed(jpeg_to_msg(picture(), header))
    assert np.abs(jpeg.pixels.astype(int) - picture()).max() <= 12


def test_sixteen_bit_colour_keeps_black_and_white() -> None:
    samples = np.zeros((2, 2, 3), np.uint16)
    samples[0] = 65535
    frame = frame_from_image(message('rgb16', samples), ColourConverter(refuse))
    np.testing.assert_array_equal(frame.pixels[0], 255)
    np.testing.assert_array_equal(frame.pixels[1], 0)
