"""Raw and compressed images to frames and depth, and back.

Plain 8-bit, mono and depth encodings are views of the message's bytes.
"""

import array
from collections.abc import Callable
import sys
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes.conversions.colour import PackedImage, to_8_bit
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header

Convert = Callable[[PackedImage, str], np.ndarray]

# Encodings of sensor_msgs/image_encodings.hpp: sample type without byte order, channels.
# What a view is enough for, and the order of its channels.
_PLAIN = {
    'rgb8': 'rgb8',
    'bgr8': 'bgr8',
    'rgba8': 'rgba8',
    'bgra8': 'bgra8',
    'mono8': 'mono8',
    '8UC1': 'mono8',
    '8UC3': 'bgr8',
    '8UC4': 'bgra8',
}
_PACKED = {
    'mono16': ('u2', 1),
    'rgb16': ('u2', 3),
    'bgr16': ('u2', 3),
    'rgba16': ('u2', 4),
    'bgra16': ('u2', 4),
    'uyvy': ('u1', 2),
    'yuv422': ('u1', 2),
    'yuyv': ('u1', 2),
    'yuv422_yuy2': ('u1', 2),
    'nv12': ('u1', 1),
    'nv21': ('u1', 1),
    **{
        f'bayer_{order}{bits}': (sample, 1)
        for order in ('rggb', 'bggr', 'gbrg', 'grbg')
        for bits, sample in ((8, 'u1'), (16, 'u2'))
    },
}
# What to multiply a sample with to get metres (REP 118).
_DEPTH = {'32FC1': ('f4', None), '16UC1': ('u2', 0.001), 'mono16': ('u2', 0.001)}


def frame_from_image(message: Any, convert: Convert) -> Frame:
    """Return a `sensor_msgs/Image` as a frame.

    Args:
        message: the image; any object with its fields, such as one read by rosbags.
        convert: for encodings that a view is not enough for; see `ColourConverter`.

    Raises:
        FrameError: zero_stamp, zero_size, unknown_encoding, step_too_small, data_too_short,
            impossible_size, unconvertible.
    """
    stamp_ns = stamp_from_header(message.header)
    encoding = message.encoding
    if encoding in _PLAIN:
        order = _PLAIN[encoding]
        return Frame(_samples(message, 'u1', Frame.CHANNELS[order]), order, stamp_ns)
    if encoding not in _PACKED:
        raise FrameError(
            'unknown_encoding',
            f'got an image in {encoding!r}, expected one of: {", ".join([*_PLAIN, *_PACKED])}',
        )
    order = 'mono8' if encoding == 'mono16' else 'bgr8'
    return Frame(convert(_packed(message), order), order, stamp_ns)


def depth_from_image(message: Any) -> np.ndarray:
    """Return a depth image as (h, w) float32 m; NaN or 0 where unknown (REP 118).

    32FC1 is a view of the message. 16UC1 and mono16 are mm.

    Raises:
        FrameError: zero_size, unknown_depth_encoding, step_too_small, data_too_short.
    """
    if message.encoding not in _DEPTH:
        raise FrameError(
            'unknown_depth_encoding',
            f'got depth in {message.encoding!r}, expected one of: {", ".join(_DEPTH)}',
        )
    sample, metres = _DEPTH[message.encoding]
    samples = _samples(message, sample, 1)
    if metres is None:
        return samples.astype(np.float32, copy=False)
    return np.multiply(samples, np.float32(metres), dtype=np.float32)


def frame_from_compressed(message: Any) -> Frame:
    """Return a `sensor_msgs/CompressedImage` (JPEG, PNG) as a frame.

    Raises:
        FrameError: zero_stamp, corrupt_image.
    """
    stamp_ns = stamp_from_header(message.header)
    data = np.frombuffer(message.data, np.uint8) if len(message.data) else np.empty(0, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if _is_whole(data) else None
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise FrameError(
            'corrupt_image',
            f'got {len(data)} bytes, format {message.format!r}, '
            'expected a whole JPEG or PNG of 8 or 16 bit',
        )
    pixels = to_8_bit(pixels)
    if pixels.ndim == 2:
        return Frame(pixels, 'mono8', stamp_ns)
    # compressed_image_transport names what it gave to an encoder that expects BGR.
    first = 'rgb' if 'compressed rgb' in message.format else 'bgr'
    return Frame(pixels, f'{first}a8' if pixels.shape[2] == 4 else f'{first}8', stamp_ns)


def image_to_msg(pixels: np.ndarray, encoding: str, header: Any) -> Image:
    """Return (H, W) or (H, W, C) samples, contiguous, as a message."""
    return Image(
        header=header,
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=int(sys.byteorder == 'big'),
        step=pixels.strides[0],
        data=_byte_array(pixels),
    )


def jpeg_to_msg(bgr: np.ndarray, header: Any) -> CompressedImage:
    """Return (H, W, 3) uint8 BGR as a JPEG message."""
    _, data = cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, 85))
    return CompressedImage(
        header=header, format='bgr8; jpeg compressed bgr8', data=_byte_array(data)
    )


def bgr_from_frame(frame: Frame) -> np.ndarray:
    """Return the frame's pixels as (H, W, 3) uint8 BGR."""
    code = {
        'rgb8': cv2.COLOR_RGB2BGR,
        'rgba8': cv2.COLOR_RGBA2BGR,
        'bgra8': cv2.COLOR_BGRA2BGR,
        'mono8': cv2.COLOR_GRAY2BGR,
    }.get(frame.encoding)
    return frame.pixels if code is None else cv2.cvtColor(frame.pixels, code)


def _byte_array(samples: np.ndarray) -> array.array:
    # The message's setter takes an array.array as it is; of all else it looks at each byte.
    data = array.array('B')
    data.frombytes(samples.data)
    return data


def _samples(message: Any, sample: str, channels: int, rows: int = 0) -> np.ndarray:
    """Return a view (rows, width) or (rows, width, channels) of the message's bytes.

    Args:
        message: the image.
        sample: NumPy type without byte order.
        channels: samples per pixel.
        rows: of samples, where that is not the height of the picture.
    """
    rows = rows or message.height
    width, step = message.width, message.step
    if rows == 0 or width == 0:
        raise FrameError('zero_size', f'got an image of {width} x {message.height} pixels')
    dtype = np.dtype(sample).newbyteorder('>' if message.is_bigendian else '<')
    if step < width * channels * dtype.itemsize:
        raise FrameError(
            'step_too_small',
            f'got a step of {step} bytes, expected at least {width * channels * dtype.itemsize} '
            f'for {width} pixels of {message.encoding}',
        )
    if len(message.data) < rows * step:
        raise FrameError(
            'data_too_short',
            f'got {len(message.data)} bytes, expected {rows * step}: {rows} rows of {step} bytes',
        )
    strides = (step, channels * dtype.itemsize, dtype.itemsize)
    samples: np.ndarray = np.ndarray((rows, width, channels), dtype, message.data, strides=strides)
    return samples if channels > 1 else samples[..., 0]


def _packed(message: Any) -> PackedImage:
    sample, channels = _PACKED[message.encoding]
    rows = message.height
    if message.encoding in ('nv12', 'nv21'):
        # A plane of half as many rows with U and V in turns follows the plane of Y.
        _require(message.width % 2 == 0 and message.height % 2 == 0, message)
        rows += rows // 2
    elif channels == 2:
        _require(message.width % 2 == 0, message)
    elif message.encoding.startswith('bayer'):
        _require(message.width > 2 and message.height > 2, message)
    samples = _samples(message, sample, channels, rows)
    native = samples.dtype.newbyteorder('=')
    return PackedImage(message.encoding, np.ascontiguousarray(samples, native))


def _require(possible: bool, message: Any) -> None:
    if not possible:
        raise FrameError(
            'impossible_size',
            f'got {message.width} x {message.height} pixels, not possible in {message.encoding}',
        )


def _is_whole(data: np.ndarray) -> bool:
    """Return whether an encoded image has its end: decoders fill in for what is missing.

    A JPEG ends with the marker EOI, which cannot occur within the scan (ITU-T T.81, B.1.1.2), but
    cameras pad it; a PNG ends with the chunk IEND (W3C PNG, 11.2.5).
    """
    if data[:2].tobytes() == b'\xff\xd8':
        return data[len(data) // 2 :].tobytes().rfind(b'\xff\xd9') >= 0
    return b'IEND' in data[-16:].tobytes()
