"""Image messages of every encoding, all of the same picture."""

import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

SIZE = (32, 24)
STAMP_NS = 1_700_000_000_123_456_789

PLAIN = ('rgb8', 'bgr8', 'rgba8', 'bgra8', 'mono8', '8UC1', '8UC3', '8UC4')
BAYER = tuple(
    f'bayer_{order}{bits}' for order in ('rggb', 'bggr', 'gbrg', 'grbg') for bits in (8, 16)
)
DEEP = ('rgb16', 'bgr16', 'rgba16', 'bgra16', 'mono16')
YUV = ('uyvy', 'yuv422', 'yuyv', 'yuv422_yuy2', 'nv12', 'nv21')
PACKED = (*BAYER, *DEEP, *YUV)


def picture() -> np.ndarray:
    """Return (H, W, 3) uint8 BGR: soft colours, for sharp ones do not survive all encodings."""
    width, height = SIZE
    y, x = np.mgrid[:height, :width]
    blue = 60 + 4 * x
    green = 80 + 3 * y
    red = 190 - 2 * x - 2 * y
    return np.stack((blue, green, red), axis=-1).astype(np.uint8)


def encoded(encoding: str) -> np.ndarray:
    """Return the samples of `picture` as this encoding has them."""
    bgr = picture()
    base = encoding.removesuffix('16').removesuffix('8')
    samples = {
        'bgr': bgr,
        'rgb': bgr[..., ::-1],
        'bgra': np.dstack((bgr, np.full(bgr.shape[:2], 200, np.uint8))),
        'rgba': np.dstack((bgr[..., ::-1], np.full(bgr.shape[:2], 200, np.uint8))),
        'mono': cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY),
        '8UC1': cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY),
        '8UC3': bgr,
        '8UC4': np.dstack((bgr, np.full(bgr.shape[:2], 200, np.uint8))),
    }.get(base)
    if samples is None:
        samples = _bayer(bgr, base) if base.startswith('bayer') else _yuv(bgr, encoding)
    return samples.astype(np.uint16) * 257 if encoding.endswith('16') else samples


def _bayer(bgr: np.ndarray, base: str) -> np.ndarray:
    mosaic = np.empty(bgr.shape[:2], np.uint8)
    for index, colour in enumerate(base.removeprefix('bayer_')):
        row, column = divmod(index, 2)
        mosaic[row::2, column::2] = bgr[row::2, column::2, 'bgr'.index(colour)]
    return mosaic


def _yuv(bgr: np.ndarray, encoding: str) -> np.ndarray:
    """Sample luma and chroma as ITU-R BT.601 has them, limited range."""
    planes = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    width, height = SIZE
    luma = planes[:height]
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    if encoding in ('nv12', 'nv21'):
        pairs = (chroma if encoding == 'nv12' else chroma[::-1]).transpose(1, 2, 0)
        return np.concatenate((luma, pairs.reshape(height // 2, width)))
    colour = np.repeat(chroma, 2, axis=1).transpose(1, 2, 0).reshape(height, width)
    order = (colour, luma) if encoding in ('uyvy', 'yuv422') else (luma, colour)
    return np.stack(order, axis=-1)


def message(
    encoding: str,
    samples: np.ndarray | None = None,
    *,
    padding: int = 0,
    is_bigendian: bool = False,
    stamp_ns: int = STAMP_NS,
) -> Image:
    """Return an image message.

    Args:
        encoding: as in sensor_msgs.
        samples: (rows, W[, C]) as the encoding has them; those of `picture` by default.
        padding: bytes after each row.
        is_bigendian: byte order of samples of more than a byte.
        stamp_ns: of the header.
    """
    samples = encoded(encoding) if samples is None else samples
    samples = samples.astype(samples.dtype.newbyteorder('>' if is_bigendian else '<'))
    rows = samples.shape[0]
    data = np.ascontiguousarray(samples).reshape(rows, -1).view(np.uint8)
    data = np.pad(data, ((0, 0), (0, padding)), constant_values=255)
    image = Image(
        encoding=encoding,
        width=samples.shape[1],
        height=rows * 2 // 3 if encoding in ('nv12', 'nv21') else rows,
        step=data.shape[1],
        is_bigendian=int(is_bigendian),
        data=array.array('B', data.tobytes()),
    )
    _stamp(image, stamp_ns)
    return image


def compressed(
    suffix: str, pixels: np.ndarray, image_format: str = '', stamp_ns: int = STAMP_NS
) -> CompressedImage:
    """Return a compressed image message; `suffix` such as '.jpg' names the encoder."""
    data = cv2.imencode(suffix, pixels)[1].tobytes()
    image = CompressedImage(format=image_format, data=array.array('B', data))
    _stamp(image, stamp_ns)
    return image


def _stamp(image: Image | CompressedImage, stamp_ns: int) -> None:
    image.header.frame_id = 'camera'
    image.header.stamp.sec, image.header.stamp.nanosec = divmod(stamp_ns, 10**9)
