"""Writes `docs/images/markers.png`: the overlay, and the markers of the same moment in space.

Run in the sources: `python -m ros_vision_perception.tools.marker_picture`. The markers are the
very messages that `humans/markers` carries, drawn by matplotlib; the moment is one of the demo's
scene, through a camera whose focal length is assumed.
"""

from pathlib import Path
from typing import Any

import cv2
import matplotlib

matplotlib.use('Agg')

from matplotlib import pyplot
import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.human import Humans, TrackState
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes import perception_node
from ros_vision_perception.nodes.conversions.markers import BONES, figure_to_msgs
from ros_vision_perception.nodes.conversions.rotations import axes_from_msg
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.render.figures import figure
from ros_vision_perception.render.overlay import draw_overlay
from ros_vision_perception.tools.demo.scene import FPS, HEIGHT, WIDTH, Scene

PICTURE = 'docs/images/markers.png'
_FOCAL_PX = 700.0
# Every third image of the scene, up to the one that is drawn.
_FRAMES = range(0, 253, 3)
_BACKGROUND, _GRID = '#303030', '#606060'
_DPI = 100
# Widths are given in metres: about this many points each.
_POINTS_PER_M = 110.0
# How much of the picture is filled, and the size of the squares on the floor, m.
_ZOOM, _SQUARE_M = 0.95, 0.5


def main() -> None:
    """Write the picture."""
    image, humans = _moment()
    overlay = draw_overlay(image, humans)
    side = draw(_markers(humans), (WIDTH, HEIGHT))
    both = np.concatenate((overlay, side), axis=1)
    path = Path(__file__).parents[2] / PICTURE
    # Colours rounded, for PNG cannot compress the noise of photographs.
    cv2.imwrite(str(path), both // 8 * 8 + 4, (cv2.IMWRITE_PNG_COMPRESSION, 9))
    print(path)


def draw(markers: list[Any], size: tuple[int, int]) -> np.ndarray:
    """Return the picture (H, W, 3) uint8 BGR of markers in the frame of a camera, seen from above.

    Args:
        markers: visualization_msgs/Marker, LINE_LIST, LINE_STRIP, SPHERE_LIST, SPHERE or
            TEXT_VIEW_FACING, without a pose where they have points.
        size: (width, height) px.
    """
    plot = pyplot.figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI)
    # matplotlib shows a square of space: as wide as the picture, and its middle is seen.
    tall = size[0] / size[1]
    axes: Any = plot.add_axes((0, (1 - tall) / 2, 1, tall), projection='3d')
    axes.view_init(elev=18, azim=-72)
    for part in (plot, axes):
        part.set_facecolor(_BACKGROUND)
    axes.set_axis_off()
    for marker in markers:
        kind = type(marker)
        draw_one = {
            kind.LINE_LIST: _lines,
            kind.LINE_STRIP: _lines,
            kind.SPHERE_LIST: _balls,
            kind.SPHERE: _ellipsoid,
            kind.TEXT_VIEW_FACING: _text,
        }[marker.type]
        draw_one(axes, marker)
    _floor(axes, markers)
    plot.canvas.draw()
    rgba = np.asarray(plot.canvas.buffer_rgba())  # type: ignore[attr-defined]
    pyplot.close(plot)
    return np.ascontiguousarray(rgba[..., 2::-1])


def _moment() -> tuple[np.ndarray, Humans]:
    parameters = PerceptionParameters()
    networks = Networks(parameters.backends, print)
    pose, segmentation = perception_node.load(parameters, networks)
    classify = load_activity(parameters.activity_model)
    perception = Perception(pose, segmentation, parameters.fusion, classify)
    camera = CameraModel(_FOCAL_PX, _FOCAL_PX, WIDTH / 2, HEIGHT / 2, (WIDTH, HEIGHT))
    scene = Scene()
    for index in _FRAMES:
        image = scene.image(index)
        frame = Frame(image, 'bgr8', 1 + index * 10**9 // FPS)
        humans = perception.step(frame, None, camera, no_stages).humans
    return image, humans


def _markers(humans: Humans) -> list[Any]:
    people = [human for human in humans.people if human.track_state != TrackState.LOST]
    figures = [figure(human, humans.skeleton) for human in people]
    return [
        marker
        for person in figures
        if person
        for marker in figure_to_msgs(person, make_header(humans.stamp_ns))
    ]


def _turned(points: np.ndarray) -> np.ndarray:
    """Return x, z, -y: matplotlib has z up."""
    return points[..., [0, 2, 1]] * (1, 1, -1)


def _places(marker: Any) -> np.ndarray:
    return _turned(np.array([(point.x, point.y, point.z) for point in marker.points]))


def _colors(marker: Any) -> np.ndarray:
    colors = marker.colors or [marker.color] * max(len(marker.points), 1)
    return np.array([(color.r, color.g, color.b, color.a) for color in colors])


def _floor(axes: Any, markers: list[Any]) -> None:
    """Draw squares below everybody, and show just what is above them."""
    bodies = [_places(marker) for marker in markers if marker.ns == BONES]
    points = np.concatenate(bodies)
    low = np.floor((points.min(axis=0) - 0.1) / _SQUARE_M) * _SQUARE_M
    high = np.ceil((points.max(axis=0) + 0.1) / _SQUARE_M) * _SQUARE_M
    for axis in (0, 1):
        for value in np.arange(low[axis], high[axis] + _SQUARE_M / 2, _SQUARE_M):
            ends = np.stack((low, high))
            ends[:, axis], ends[:, 2] = value, low[2]
            axes.plot(*ends.T, color=_GRID, linewidth=0.8, zorder=-1)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    axes.set_box_aspect(high - low, zoom=_ZOOM)


def _lines(axes: Any, marker: Any) -> None:
    places, colors = _places(marker), _colors(marker)
    if marker.type == type(marker).LINE_STRIP:
        places, colors = (np.repeat(part, 2, axis=0)[1:-1] for part in (places, colors))
    width = marker.scale.x * _POINTS_PER_M
    for ends, of_ends in zip(places.reshape(-1, 2, 3), colors.reshape(-1, 2, 4), strict=True):
        for end, color in zip(ends, of_ends, strict=True):
            half = np.stack((end, ends.mean(axis=0)))
            axes.plot(*half.T, color=color, linewidth=width, solid_capstyle='butt')


def _balls(axes: Any, marker: Any) -> None:
    places = _places(marker)
    axes.scatter(
        *places.T, s=(marker.scale.x * _POINTS_PER_M) ** 2, c=_colors(marker), depthshade=False
    )


def _ellipsoid(axes: Any, marker: Any) -> None:
    around, along = np.meshgrid(np.linspace(0, 2 * np.pi, 25), np.linspace(0, np.pi, 13))
    ball = np.stack(
        (np.cos(around) * np.sin(along), np.sin(around) * np.sin(along), np.cos(along)), axis=-1
    )
    half = np.array([marker.scale.x, marker.scale.y, marker.scale.z]) / 2
    center = marker.pose.position
    turn = axes_from_msg(marker.pose.orientation)
    surface = np.einsum('ij,j,abj->abi', turn, half, ball) + np.array(
        [center.x, center.y, center.z]
    )
    surface = _turned(surface)
    axes.plot_surface(
        *np.moveaxis(surface, -1, 0), color=_colors(marker)[0], shade=False, linewidth=0
    )


def _text(axes: Any, marker: Any) -> None:
    place = marker.pose.position
    x, y, z = _turned(np.array([place.x, place.y, place.z]))
    axes.text(
        x, y, z, marker.text, color=_colors(marker)[0], ha='center', va='center',
        fontsize=marker.scale.z * _POINTS_PER_M,
    )  # fmt: skip


if __name__ == '__main__':
    main()
