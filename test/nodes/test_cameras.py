"""Intrinsics are those of the image that is given."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from sensor_msgs.msg import CameraInfo

from ros_vision_perception.nodes.conversions.cameras import camera_from_msg

pytestmark = pytest.mark.ros


def camera_info() -> CameraInfo:
    info = CameraInfo(width=640, height=480)
    info.k = [500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]
    info.p = [400.0, 0.0, 310.0, 0.0, 0.0, 410.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def test_intrinsics_are_k_of_raw_and_p_of_rectified_images() -> None:
    raw = camera_from_msg(camera_info(), rectified=False)
    assert raw is not None
    assert (raw.fx, raw.fy, raw.cx, raw.cy, raw.size) == (500, 510, 320, 240, (640, 480))
    rectified = camera_from_msg(camera_info(), rectified=True)
    assert rectified is not None
    assert (rectified.fx, rectified.fy, rectified.cx, rectified.cy) == (400, 410, 310, 230)


def test_intrinsics_follow_binning_and_region_of_interest() -> None:
    info = camera_info()
    info.binning_x = info.binning_y = 2
    info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 100, 40, 400, 300
    camera = camera_from_msg(info, rectified=False)
    assert camera is not None
    assert (camera.fx, camera.cx, camera.cy, camera.size) == (250, 110, 100, (200, 150))


def test_a_camera_without_calibration_has_no_intrinsics() -> None:
    assert camera_from_msg(CameraInfo(width=640, height=480), rectified=False) is None
