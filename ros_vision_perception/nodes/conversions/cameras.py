"""Camera intrinsics."""

from typing import Any

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.lens import EquidistantLens, Lens, PolynomialLens

_PLUMB_BOB, _RATIONAL = 'plumb_bob', 'rational_polynomial'
# How many coefficients `d` each model may have. The names are those of sensor_msgs'
# distortion_models.hpp; some drivers write 'fisheye' for OpenCV's fisheye, which is equidistant.
_COUNTS = {_PLUMB_BOB: (4, 5), _RATIONAL: (8, 12, 14), 'equidistant': (4,), 'fisheye': (4,)}


def camera_from_msg(info: Any, *, rectified: bool) -> CameraModel | None:
    """Return the model of the images that belong to a `sensor_msgs/CameraInfo`.

    Args:
        info: calibration of the full sensor, with the binning and region of interest of the
            images.
        rectified: whether the images are: P holds then; else K and the lens.

    Returns:
        None when the camera is not calibrated, which `CameraInfo.msg` says with K[0] = 0.

    Raises:
        FrameError: unknown_distortion_model, wrong_distortion.
    """
    fx, cx, fy, cy = (
        (info.p[i] for i in (0, 2, 5, 6)) if rectified else (info.k[i] for i in (0, 2, 4, 5))
    )
    if not (fx > 0 and fy > 0):
        return None
    binning_x, binning_y = max(info.binning_x, 1), max(info.binning_y, 1)
    width, height = info.roi.width or info.width, info.roi.height or info.height
    return CameraModel(
        fx=fx / binning_x,
        fy=fy / binning_y,
        cx=(cx - info.roi.x_offset) / binning_x,
        cy=(cy - info.roi.y_offset) / binning_y,
        size=(width // binning_x, height // binning_y),
        lens=None if rectified else _lens(info.distortion_model, tuple(info.d)),
    )


def _lens(model: str, coefficients: tuple[float, ...]) -> Lens | None:
    if not any(coefficients) and model in ('', _PLUMB_BOB, _RATIONAL):
        return None
    if model not in _COUNTS:
        raise FrameError(
            'unknown_distortion_model',
            f'got distortion_model {model!r}, expected one of: {", ".join(_COUNTS)}; cure: '
            'use the rectified image and set the parameter rectified: true',
        )
    if len(coefficients) not in _COUNTS[model]:
        counts = ' or '.join(str(count) for count in _COUNTS[model])
        raise FrameError(
            'wrong_distortion',
            f'got {len(coefficients)} coefficients d of {model}, expected {counts}',
        )
    if model in (_PLUMB_BOB, _RATIONAL):
        return PolynomialLens((*coefficients, *(0.0,) * (14 - len(coefficients))))
    return EquidistantLens(coefficients)
