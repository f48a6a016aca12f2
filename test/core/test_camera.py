"""Cameras with every kind of lens, checked against OpenCV."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from ros_vision_perception.core.camera import CameraModel, back_project
from ros_vision_perception.core.lens import EquidistantLens, Lens, PolynomialLens

SIZE = (640, 480)
PINHOLE = CameraModel(fx=500.0, fy=510.0, cx=325.0, cy=236.0, size=SIZE)
MATRIX = np.array([[500.0, 0, 325], [0, 510, 236], [0, 0, 1]])
# Coefficients of real kinds: a webcam, Azure Kinect, with thin prism, with a tilted sensor.
POLYNOMIALS = {
    'plumb_bob': (-0.28, 0.11, 0.001, -0.0007, -0.02),
    'rational_polynomial': (0.52, -2.6, 0.0006, -0.0002, 1.5, 0.39, -2.4, 1.4),
    'thin prism': (-0.2, 0.05, 0.001, 0.002, 0, 0.01, 0, 0, 0.004, -0.002, 0.003, 0.001),
    'tilted': (-0.2, 0.05, 0.001, 0.002, 0, 0, 0, 0, 0, 0, 0, 0, 0.03, -0.05),
}
FISHEYE = (-0.012, 0.02, -0.013, 0.002)
Project = Callable[[np.ndarray], np.ndarray]


def polynomial(name: str) -> tuple[Lens, Project]:
    coefficients = POLYNOMIALS[name]
    lens = PolynomialLens((*coefficients, *(0.0,) * (14 - len(coefficients))))

    def project(points: np.ndarray) -> np.ndarray:
        zero = np.zeros(3)
        return cv2.projectPoints(points, zero, zero, MATRIX, np.array(coefficients))[0][:, 0]

    return lens, project


def fisheye() -> tuple[Lens, Project]:
    def project(points: np.ndarray) -> np.ndarray:
        zero = np.zeros((3, 1))
        moved = points[:, None]
        return cv2.fisheye.projectPoints(moved, zero, zero, MATRIX, np.array(FISHEYE))[0][:, 0]

    return EquidistantLens(FISHEYE), project


LENSES = [pytest.param(*polynomial(name), id=name) for name in POLYNOMIALS]
LENSES.append(pytest.param(*fisheye(), id='equidistant'))


def scattered() -> np.ndarray:
    """Return (200, 3) m in front of the camera, most of them in the image."""
    noise = np.random.default_rng(3)
    depth = noise.uniform(0.5, 8.0, 200)
    x, y = noise.uniform(-0.6, 0.6, 200), noise.uniform(-0.45, 0.45, 200)
    return np.stack((x * depth, y * depth, depth), axis=-1)


def with_lens(lens: Lens) -> CameraModel:
    return CameraModel(PINHOLE.fx, PINHOLE.fy, PINHOLE.cx, PINHOLE.cy, SIZE, lens)


def in_image(pixels: np.ndarray) -> np.ndarray:
    return np.all((pixels > 0) & (pixels < np.array(SIZE) - 1), axis=1)


@pytest.mark.parametrize(('lens', 'project'), LENSES)
def test_pixels_that_opencv_projects_come_back_to_their_points(
    lens: Lens, project: Project
) -> None:
    points = scattered()
    pixels = project(points)
    seen = in_image(pixels)
    assert seen.sum() > 100
    found = back_project(pixels[seen], points[seen, 2], with_lens(lens))
    np.testing.assert_allclose(found, points[seen], atol=1e-7)


@pytest.mark.parametrize(('lens', 'project'), LENSES)
def test_the_derivative_is_that_of_finite_differences(lens: Lens, project: Project) -> None:
    camera = with_lens(lens)
    pixels = project(scattered())
    pixels = pixels[in_image(pixels)]
    _, derivative = camera.rays(pixels)
    for axis, step in enumerate(np.eye(2) * 0.01):
        change = (camera.rays(pixels + step)[0] - camera.rays(pixels - step)[0]) / 0.02
        np.testing.assert_allclose(derivative[..., axis], change, atol=1e-8)


@pytest.mark.parametrize(('lens', 'project'), LENSES)
def test_beyond_the_image_the_rays_go_on_without_a_jump(lens: Lens, project: Project) -> None:
    camera = with_lens(lens)
    border = np.array([[639.4, 200.0], [639.6, 200.0], [300.0, 479.4], [300.0, 479.6]])
    rays, _ = camera.rays(border)
    np.testing.assert_allclose(rays[1::2], rays[::2], atol=1e-3)
    far = camera.rays(np.array([[3000.0, -2000.0]]))[0]
    assert np.isfinite(far).all()


def test_a_pinhole_divides_by_the_focal_length() -> None:
    point = back_project(np.array([425.0, 236.0]), np.array(2.0), PINHOLE)
    np.testing.assert_allclose(point, [0.4, 0.0, 2.0], atol=1e-12)


def test_a_pixel_on_the_axis_is_straight_ahead_through_any_lens() -> None:
    for lens in (PolynomialLens((-0.3, 0.1, *(0.0,) * 12)), EquidistantLens(FISHEYE)):
        rays, derivative = with_lens(lens).rays(np.array([[325.0, 236.0]]))
        np.testing.assert_allclose(rays, 0.0, atol=1e-9)
        np.testing.assert_allclose(derivative[0], np.diag([1 / 500, 1 / 510]), atol=1e-9)


def test_what_a_lens_cannot_show_is_unknown_and_spoils_nothing_else() -> None:
    # The polynomial bends back at a radius of 0.54: nothing is seen beyond.
    camera = with_lens(PolynomialLens((-0.5, *(0.0,) * 13)))
    rays, _ = camera.rays(np.array([[0.0, 0.0], [330.0, 240.0], [np.nan, np.nan]]))
    assert np.isnan(rays[[0, 2]]).all()
    np.testing.assert_allclose(rays[1], [0.01, 4 / 510], atol=1e-4)


def test_a_fisheye_has_no_depth_for_what_is_beside_the_camera() -> None:
    wide = CameraModel(150.0, 150.0, 320.0, 240.0, SIZE, EquidistantLens((0.0,) * 4))
    rays, _ = wide.rays(np.array([[320.0 + 150 * 1.0, 240.0], [320.0 + 150 * 1.55, 240.0]]))
    np.testing.assert_allclose(rays[0], [np.tan(1.0), 0.0], atol=1e-9)
    assert np.isnan(rays[1]).all()


def test_nobody_has_no_rays() -> None:
    lenses = EquidistantLens(FISHEYE), polynomial('tilted')[0]
    for camera in (PINHOLE, *map(with_lens, lenses)):
        rays, derivative = camera.rays(np.empty((0, 17, 2)))
        assert rays.shape == (0, 17, 2)
        assert derivative.shape == (0, 17, 2, 2)
