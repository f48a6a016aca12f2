"""Cut a frame for a network, crop first, convert only the crop; and take masks back into it."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from ros_vision_perception.core.geometry import apply_affine, invert_affine, letterbox
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Frame

# cv2 conversion from each frame encoding to RGB; None where the pixels are RGB already.
_TO_RGB = {
    'rgb8': None,
    'bgr8': cv2.COLOR_BGR2RGB,
    'rgba8': cv2.COLOR_RGBA2RGB,
    'bgra8': cv2.COLOR_BGRA2RGB,
    'mono8': cv2.COLOR_GRAY2RGB,
}

# Where red, green and blue are in a pixel of each.
_CHANNELS = {
    'rgb8': {'r': 0, 'g': 1, 'b': 2},
    'bgr8': {'r': 2, 'g': 1, 'b': 0},
    'rgba8': {'r': 0, 'g': 1, 'b': 2},
    'bgra8': {'r': 2, 'g': 1, 'b': 0},
    'mono8': {'r': 0, 'g': 0, 'b': 0},
}

# The colour of the bars around images in the training of most detectors.
_GREY = 114
_STRIDE = 32


def rgb_crop(frame: Frame, crop_from_image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Warp a part of the frame into an RGB crop; black outside of the image.

    Args:
        frame: the camera image.
        crop_from_image: (2, 3) affine matrix, px to px.
        size: (width, height) of the crop, px.

    Returns:
        (height, width, 3) uint8.
    """
    crop = cv2.warpAffine(frame.pixels, crop_from_image, size, flags=cv2.INTER_LINEAR)
    conversion = _TO_RGB[frame.encoding]
    return crop if conversion is None else cv2.cvtColor(crop, conversion)


def rgb_stretched(frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """Scale the frame to fill an RGB crop (height, width, 3) uint8; see `stretch_matrix`."""
    crop = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_LINEAR)
    conversion = _TO_RGB[frame.encoding]
    return crop if conversion is None else cv2.cvtColor(crop, conversion)


def rgb_letterbox(frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """Scale the frame to fit into an RGB crop (height, width, 3) uint8, grey bars around it."""
    left, top, width, height = letterbox(frame.size, size)
    image = cv2.resize(frame.pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    conversion = _TO_RGB[frame.encoding]
    if conversion is not None:
        image = cv2.cvtColor(image, conversion)
    if (width, height) == size:
        return image
    crop = np.full((size[1], size[0], 3), _GREY, np.uint8)
    crop[top : top + height, left : left + width] = image
    return crop


def letterbox_tensor(
    frames: Sequence[Frame],
    size: tuple[int, int],
    scale: float | np.ndarray,
    offset: float | np.ndarray = 0.0,
    *,
    order: Literal['rgb', 'bgr'] = 'rgb',
) -> np.ndarray:
    """Scale frames to fit into a (N, 3, H, W) float32 tensor, grey bars around them.

    The same as `to_tensor` of what `rgb_letterbox` gives, but each pixel of the scaled image is
    touched once: taken from its channel, converted and put where it belongs.

    Args:
        frames: N of them, of any sizes.
        size: (W, H) px.
        scale: of the values 0 to 255; for all channels or (3,).
        offset: added to them then; likewise.
        order: of the channels, of `scale` and of `offset`.
    """
    tensor = np.empty((len(frames), 3, size[1], size[0]), np.float32)
    scales, offsets = (np.broadcast_to(np.float32(value), 3) for value in (scale, offset))
    for planes, frame in zip(tensor, frames, strict=True):
        left, top, width, height = letterbox(frame.size, size)
        image = frame.pixels
        if frame.size != (width, height):
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        channels = cv2.split(image)
        rows, columns = slice(top, top + height), slice(left, left + width)
        bars = [
            (slice(top), slice(None)),
            (slice(top + height, None), slice(None)),
            (rows, slice(left)),
            (rows, slice(left + width, None)),
        ]
        for plane, colour, factor, shift in zip(planes, order, scales, offsets, strict=True):
            np.multiply(
                channels[_CHANNELS[frame.encoding][colour]], factor, out=plane[rows, columns]
            )
            if shift:
                plane[rows, columns] += shift
            for bar in bars:
                plane[bar] = _GREY * factor + shift
    return tensor


def snug_size(image_size: tuple[int, int], max_size: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) that holds an image scaled to fit into `max_size`, hardly more.

    For networks that take any size whose sides are multiples of the stride of their coarsest grid.
    """
    scale = min(most / length for most, length in zip(max_size, image_size, strict=True))
    width, height = (
        max(1, -(-round(length * scale) // _STRIDE)) * _STRIDE for length in image_size
    )
    return width, height


def to_tensor(
    crops: list[np.ndarray], scale: float | np.ndarray, offset: float | np.ndarray = 0.0
) -> np.ndarray:
    """Stack N >= 1 crops (H, W, 3) uint8 into a (N, 3, H, W) float32 tensor.

    Its values are `x * scale + offset`, both for all channels or (3,).
    """
    height, width, channels = crops[0].shape
    tensor = np.empty((len(crops), channels, height, width), np.float32)
    scales, offsets = (np.broadcast_to(np.float32(value), channels) for value in (scale, offset))
    for planes, crop in zip(tensor, crops, strict=True):
        for index, values in enumerate(cv2.split(crop)):
            np.multiply(values, scales[index], out=planes[index])
            if offsets[index]:
                planes[index] += offsets[index]
    return tensor


def mask_in_image(
    values: np.ndarray, limit: float, crop_from_image: np.ndarray, image_size: tuple[int, int]
) -> BoxMask:
    """Return where in the image the values of a crop, interpolated, are above `limit`.

    Args:
        values: (h, w) float32, one per pixel of the crop.
        limit: of the values; beyond the crop none is above it.
        crop_from_image: (2, 3) affine matrix, px to px.
        image_size: (width, height) px.
    """
    high = BoxMask.from_bitmap(values > limit)
    # Interpolated, they reach less than a pixel beyond the pixels of the crop that are above.
    (height, width), square = high.bitmap.shape, np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    corners = square * (width + 1, height + 1) + (high.x - 1, high.y - 1)
    corners = apply_affine(invert_affine(crop_from_image), corners)
    x_min, y_min = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int).tolist()
    x_max, y_max = np.minimum(np.ceil(corners.max(axis=0)) + 1, image_size).astype(int).tolist()
    if high.bitmap.size == 0 or x_max <= x_min or y_max <= y_min:
        return BoxMask(0, 0, np.zeros((0, 0), bool))
    crop_from_box = crop_from_image.copy()
    crop_from_box[:, 2] += crop_from_image[:, :2] @ (x_min, y_min)
    size, flags = (x_max - x_min, y_max - y_min), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # Mixed with the limit itself a value stays on its side of it, up to the edge of the crop.
    warped = cv2.warpAffine(values, crop_from_box, size, flags=flags, borderValue=limit)
    tight = BoxMask.from_bitmap(warped > limit)
    return BoxMask(tight.x + x_min, tight.y + y_min, tight.bitmap)
