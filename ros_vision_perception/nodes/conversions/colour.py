"""Packed colour formats to 8 bit, by the first library that is there and can do it.

A ROS install has cv_bridge, but its builds for NumPy 1 fail under NumPy 2; rosbags-image is pure
Python but does not know every format; OpenCV knows all that we accept.
"""

from collections.abc import Callable
from dataclasses import dataclass
import sys
from typing import cast

import cv2
import numpy as np

from ros_vision_perception.core.errors import FrameError


@dataclass(frozen=True)
class PackedImage:
    """An image without padding, its samples in the byte order of this machine.

    Has the fields of `sensor_msgs/Image`, so that the libraries take it for one.

    Attributes:
        encoding: as in sensor_msgs/image_encodings.hpp.
        samples: (rows, columns) or (rows, columns, C), contiguous. 'nv12' and 'nv21' have half as
            many rows again as the picture.
    """

    encoding: str
    samples: np.ndarray

    @property
    def height(self) -> int:
        """Rows of samples."""
        return self.samples.shape[0]

    @property
    def width(self) -> int:
        """Columns of samples."""
        return self.samples.shape[1]

    @property
    def step(self) -> int:
        """Bytes per row."""
        return self.samples.strides[0]

    @property
    def is_bigendian(self) -> int:
        """1 on a big-endian machine."""
        return int(sys.byteorder == 'big')

    @property
    def data(self) -> np.ndarray:
        """All bytes, (rows * step,) uint8."""
        return self.samples.reshape(-1).view(np.uint8)

    @property
    def picture_size(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        planes = 1.5 if self.encoding in ('nv12', 'nv21') else 1.0
        return int(self.height / planes), self.width


# Takes the image and what to make of it: 'bgr8' or 'mono8'.
Converter = Callable[[PackedImage, str], np.ndarray]
Report = Callable[[str], object]


def by_cv_bridge() -> Converter:
    """Return cv_bridge's conversion; raises whatever a missing or broken cv_bridge raises."""
    from cv_bridge import CvBridge

    convert = CvBridge().imgmsg_to_cv2
    # The compiled part is what breaks, and only a conversion loads it.
    convert(PackedImage('rgb8', np.zeros((1, 1, 3), np.uint8)), 'bgr8')
    return convert


def by_rosbags_image() -> Converter:
    """Return the conversion of rosbags-image; raises ImportError where that is missing."""
    from rosbags.image import message_to_cvimage

    return cast('Converter', message_to_cvimage)


# OpenCV names a Bayer pattern by the second and third pixel of its second row, ROS by the first
# pixels of the first two rows (OpenCV documentation, "Color conversions").
_OPENCV_CODES = {
    'uyvy': cv2.COLOR_YUV2BGR_UYVY,
    'yuv422': cv2.COLOR_YUV2BGR_UYVY,
    'yuyv': cv2.COLOR_YUV2BGR_YUY2,
    'yuv422_yuy2': cv2.COLOR_YUV2BGR_YUY2,
    'nv12': cv2.COLOR_YUV2BGR_NV12,
    'nv21': cv2.COLOR_YUV2BGR_NV21,
    'rgb16': cv2.COLOR_RGB2BGR,
    'rgba16': cv2.COLOR_RGBA2BGR,
    'bgra16': cv2.COLOR_BGRA2BGR,
}
for _bits in (8, 16):
    _OPENCV_CODES[f'bayer_rggb{_bits}'] = cv2.COLOR_BayerBG2BGR
    _OPENCV_CODES[f'bayer_bggr{_bits}'] = cv2.COLOR_BayerRG2BGR
    _OPENCV_CODES[f'bayer_gbrg{_bits}'] = cv2.COLOR_BayerGR2BGR
    _OPENCV_CODES[f'bayer_grbg{_bits}'] = cv2.COLOR_BayerGB2BGR


def by_opencv() -> Converter:
    """Return the conversion by OpenCV alone."""

    def convert(image: PackedImage, _encoding: str) -> np.ndarray:
        code = _OPENCV_CODES.get(image.encoding)
        return to_8_bit(image.samples if code is None else cv2.cvtColor(image.samples, code))

    return convert


def to_8_bit(samples: np.ndarray) -> np.ndarray:
    """Scale samples of 16 bit to 8, white to white; return those of 8 bit as they are."""
    if samples.dtype == np.uint16:
        return cv2.convertScaleAbs(samples, alpha=255 / 65535)
    return samples


class ColourConverter:
    """Converts each encoding by the first library that can."""

    def __init__(self, report: Report) -> None:
        """Load the libraries when first needed; `report` is told once which one is broken."""
        self._report = report
        self._converters: list[Converter] = []
        self._chosen: dict[str, Converter] = {}

    def __call__(self, image: PackedImage, encoding: str) -> np.ndarray:
        """Return the picture as 'bgr8' (H, W, 3) or 'mono8' (H, W), uint8.

        Raises:
            FrameError: when no library can convert it.
        """
        chosen = self._chosen.get(image.encoding)
        if chosen is not None:
            return chosen(image, encoding)
        if not self._converters:
            self._converters = _load(self._report)
        for convert in self._converters:
            pixels = _attempt(convert, image, encoding)
            if pixels is not None:
                self._chosen[image.encoding] = convert
                return pixels
        raise FrameError(
            'unconvertible', f'no library converts {image.encoding} of {image.samples.shape}'
        )


def _load(report: Report) -> list[Converter]:
    converters = []
    for make in (by_cv_bridge, by_rosbags_image, by_opencv):
        try:
            converters.append(make())
        except ModuleNotFoundError as error:
            if error.name not in ('cv_bridge', 'rosbags', 'rosbags.image'):
                report(_broken(make, error))
        except Exception as error:
            # Built for another NumPy it fails in ways of its own: ImportError, AttributeError,
            # SystemError. None of them may end the node.
            report(_broken(make, error))
    return converters


def _broken(make: Callable[[], Converter], error: Exception) -> str:
    name = make.__name__.removeprefix('by_')
    first_line = str(error).partition('\n')[0]
    return f'{name} does not work and is not used: {type(error).__name__}: {first_line}'


def _attempt(convert: Converter, image: PackedImage, encoding: str) -> np.ndarray | None:
    """Return the picture, None when this library cannot make it or makes something else."""
    try:
        pixels = convert(image, encoding)
    except Exception:
        return None
    shape = (*image.picture_size, 3) if encoding == 'bgr8' else image.picture_size
    return pixels if pixels.shape == shape and pixels.dtype == np.uint8 else None
