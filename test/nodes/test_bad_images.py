"""Bad images say why."""

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

pytest.importorskip('sensor_msgs.msg', reason='needs ROS 2')

from sensor_msgs.msg import Image

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.conversions.colour import ColourConverter
from ros_vision_perception.nodes.conversions.images import (
    depth_from_image,
    frame_from_compressed,
    frame_from_image,
)
from test.nodes.images import PACKED, PLAIN, compressed, message, picture

pytestmark = pytest.mark.ros


def refuse(line: str) -> None:
    pytest.fail(f'reported: {line}')


def broken(encoding: str = 'bgr8', **fields: object) -> Image:
    image = message(encoding)
    for name, value in fields.items():
        setattr(image, name, value)
    return image


@pytest.mark.parametrize(
    ('image', 'cause', 'words'),
    [
        (broken(encoding='rgb'), 'unknown_encoding', "'rgb'.*rgb8"),
        (broken(encoding=''), 'unknown_encoding', "''.*rgb8"),
        (broken(encoding='32FC1'), 'unknown_encoding', "'32FC1'"),
        (broken(encoding='16UC1'), 'unknown_encoding', "'16UC1'"),
        (broken(width=0), 'zero_size', '0 x 24'),
        (broken(height=0), 'zero_size', '32 x 0'),
        (broken(step=95), 'step_too_small', '95.*96'),
        (broken(step=0), 'step_too_small', '0 bytes.*96'),
        (broken(data=broken().data[:-1]), 'data_too_short', '2303.*2304'),
        (broken(data=broken().data[:0]), 'data_too_short', '0 bytes.*2304'),
        (broken('nv12', height=24, data=broken('nv12').data[:768]), 'data_too_short', '768'),
        (broken('nv12', width=31), 'impossible_size', '31 x 24.*nv12'),
        (broken('yuyv', width=31), 'impossible_size', '31 x 24.*yuyv'),
        (broken('bayer_rggb8', height=2), 'impossible_size', '32 x 2'),
        (message('bgr8', stamp_ns=0), 'zero_stamp', 'header.stamp'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_a_bad_image_says_why(image: Image, cause: str, words: str) -> None:
    with pytest.raises(FrameError, match=words) as caught:
        frame_from_image(image, ColourConverter(refuse))
    assert caught.value.cause == cause
    assert '\n' not in str(caught.value)


def test_colour_on_the_depth_topic_says_what_is_expected() -> None:
    with pytest.raises(FrameError, match="'bgr8', expected one of: 32FC1, 16UC1") as caught:
        depth_from_image(message('bgr8'))
    assert caught.value.cause == 'unknown_depth_encoding'


JPEG, PNG = (compressed(suffix, picture()).data.tobytes() for suffix in ('.jpg', '.png'))


@pytest.mark.parametrize(
    'data',
    [b'', b'\xff\xd8', JPEG[: len(JPEG) // 2], JPEG[:-2], JPEG[100:], PNG[:-20], PNG[8:], b'text'],
    ids=['empty', 'start', 'half', 'no end', 'headless', 'png', 'headless png', 'text'],
)
def test_a_corrupt_compressed_image_says_so(data: bytes) -> None:
    image = compressed('.jpg', picture(), 'jpeg')
    image.data = list(data)
    with pytest.raises(FrameError, match=f'got {len(data)} bytes') as caught:
        frame_from_compressed(image)
    assert caught.value.cause == 'corrupt_image'


@settings(deadline=None)
@given(
    encoding=st.sampled_from([*PLAIN, *PACKED, '32FC1', '16UC1', 'rgb', '']),
    width=st.integers(0, 9),
    height=st.integers(0, 9),
    step=st.integers(0, 80),
    data=st.binary(max_size=900),
    is_bigendian=st.integers(0, 255),
)
def test_whatever_an_image_says_it_is_a_frame_or_a_fault(
    encoding: str, width: int, height: int, step: int, data: bytes, is_bigendian: int
) -> None:
    image = broken(
        encoding=encoding,
        width=width,
        height=height,
        step=step,
        data=list(data),
        is_bigendian=is_bigendian,
    )
    for convert in (
        lambda: frame_from_image(image, ColourConverter(refuse)).size,
        lambda: depth_from_image(image).shape[::-1],
    ):
        try:
            size = convert()
        except FrameError as error:
            assert error.cause
        else:
            assert size == (width, height)


@settings(deadline=None)
@given(cut=st.integers(0, len(JPEG)), flips=st.lists(st.integers(0, len(JPEG) - 1), max_size=5))
def test_whatever_a_jpeg_has_become_it_is_a_frame_or_a_fault(cut: int, flips: list[int]) -> None:
    data = bytearray(JPEG)
    for place in flips:
        data[place] ^= 0xFF
    image = compressed('.jpg', picture(), 'jpeg')
    image.data = list(data[:cut])
    try:
        frame = frame_from_compressed(image)
    except FrameError as error:
        assert error.cause == 'corrupt_image'
    else:
        assert frame.pixels.size > 0
