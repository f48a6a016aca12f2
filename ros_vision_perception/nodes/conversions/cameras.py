"""Camera intrinsics."""

from typing import Any

from ros_vision_perception.core.types import CameraModel


def camera_from_msg(info: Any, *, rectified: bool) -> CameraModel | None:
    """Return the pinhole model of the images that belong to a `sensor_msgs/CameraInfo`.

    Args:
        info: calibration of the full sensor, with the binning and region of interest of the
            images.
        rectified: whether the images are: P holds then; else K, and lens distortion is neglected.

    Returns:
        None when the camera is not calibrated, which `CameraInfo.msg` says with K[0] = 0.
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
    )
