"""Intrinsics are those of the image that is given."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from sensor_msgs.msg import CameraInfo

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.lens import EquidistantLens, PolynomialLens
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


@pytest.mark.parametrize(
    ('model', 'coefficients', 'lens'),
    [
        ('plumb_bob', [-0.3, 0.1, 0.001, 0.002], PolynomialLens),
        ('plumb_bob', [-0.3, 0.1, 0.001, 0.002, 0.1], PolynomialLens),
        ('rational_polynomial', [0.1] * 8, PolynomialLens),
        ('rational_polynomial', [0.1] * 12, PolynomialLens),
        ('rational_polynomial', [0.1] * 14, PolynomialLens),
        ('equidistant', [0.1] * 4, EquidistantLens),
        ('equidistant', [0.0] * 4, EquidistantLens),
        ('fisheye', [0.1] * 4, EquidistantLens),
        ('plumb_bob', [0.0] * 5, type(None)),
        ('', [], type(None)),
    ],
)
def test_raw_images_are_seen_through_the_lens_and_rectified_ones_are_not(
    model: str, coefficients: list[float], lens: type
) -> None:
    info = camera_info()
    info.distortion_model, info.d = model, coefficients
    raw, rectified = (camera_from_msg(info, rectified=flat) for flat in (False, True))
    assert raw is not None
    assert rectified is not None
    assert isinstance(raw.lens, lens)
    assert rectified.lens is None


@pytest.mark.parametrize(
    ('model', 'count', 'cause', 'words'),
    [
        (
            'ftheta',
            4,
            'unknown_distortion_model',
            "got distortion_model 'ftheta', expected",
        ),
        ('plumb_bob', 3, 'wrong_distortion', '3 coefficients d of plumb_bob, expected 4 or 5'),
    ],
)
def test_a_lens_that_is_not_known_is_refused_in_one_line(
    model: str, count: int, cause: str, words: str
) -> None:
    info = camera_info()
    info.distortion_model, info.d = model, [0.1] * count
    with pytest.raises(FrameError, match=words) as caught:
        camera_from_msg(info, rectified=False)
    assert caught.value.cause == cause
    assert camera_from_msg(info, rectified=True) is not None
