"""Cut a frame for a network: crop first, convert only the crop."""

import cv2
import numpy as np

from ros_vision_perception.core.geometry import letterbox
from ros_vision_perception.core.types import Frame

# cv2 conversion from each frame encoding to RGB; None where the pixels are RGB already.
_TO_RGB = {
    'rgb8': None,
    'bgr8': cv2.COLOR_BGR2RGB,
    'rgba8': cv2.COLOR_RGBA2RGB,
    'bgra8': cv2.COLOR_BGRA2RGB,
    'mono8': cv2.COLOR_GRAY2RGB,
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
