"""Writes `docs/images/occupancy.png`: where somebody behind a pillar may be, as time goes by.

Run in the sources: `python -m ros_vision_perception.tools.occupancy_picture`. The scene is made
up: one person walks, and another went behind a pillar. The camera has depth.
"""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')

from matplotlib import pyplot
from matplotlib.patches import Circle
import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.human import HumanState, Joints, PredictedPath, TrackState, unknown
from ros_vision_perception.core.occupancy import Grid, occupancy, seen_through
from ros_vision_perception.core.prediction import STEP_S, TIMES_S

PICTURE = 'docs/images/occupancy.png'
# In front of the robot: x ahead and y to the left, m.
# A round pillar, and how far away the wall is.
GRID = Grid((3.5, 0.0), 0.05, 140)
PILLAR, PILLAR_RADIUS_M, WALL_M = (2.0, 0.6), 0.35, 8.0
_HIDDEN_AT, _WALKER_AT, _WALKER_SPEED = (3.6, 1.1), (2.6, -1.4), 0.8
_CAMERA = CameraModel(220.0, 220.0, 319.5, 239.5, (640, 480))
_TIMES_S = (0.2, 1.0, 2.0)


def main() -> None:
    """Write the picture."""
    path = Path(__file__).parents[2] / PICTURE
    plot, panels = pyplot.subplots(1, len(_TIMES_S), figsize=(12, 4.4), layout='constrained')
    for axes, seconds in zip(panels, _TIMES_S, strict=True):
        _draw(axes, scene(seconds), seconds)
    shades = panels[-1].images[0]
    plot.colorbar(shades, ax=panels, label='probability', shrink=0.8)
    plot.savefig(path, dpi=80)
    pyplot.close(plot)
    print(path)


def scene(seconds: float) -> np.ndarray:
    """Return the grid (cells, cells) so many seconds after somebody went behind the pillar."""
    walker = _person(_WALKER_AT, TrackState.CONFIRMED, 0.0, 0.1, _path())
    hidden = _person(_HIDDEN_AT, TrackState.OCCLUDED, seconds, 0.15)
    return occupancy([walker, hidden], GRID, seen())


def seen() -> np.ndarray:
    """Return the cells (cells, cells) bool that the camera, at the origin, looks through."""
    ahead, left = np.moveaxis(GRID.places(), -1, 0)
    points = np.stack((-left, np.zeros_like(left), ahead), axis=-1)
    return seen_through(points, _depth_m(), _CAMERA)


def _depth_m() -> np.ndarray:
    """Return what the camera measures (H, W): the pillar, else the wall."""
    width, height = _CAMERA.size
    left = -(np.arange(width) - _CAMERA.cx) / _CAMERA.fx
    # Nearest point of the ray `z (1, left)` on the circle: a quadratic equation.
    (x, y), a = PILLAR, 1 + left**2
    b, c = x + left * y, x**2 + y**2 - PILLAR_RADIUS_M**2
    inside = b**2 - a * c
    pillar = (b - np.sqrt(inside.clip(0))) / a
    return np.tile(np.where(inside > 0, pillar, WALL_M), (height, 1))


def _path() -> PredictedPath:
    x, y = _WALKER_AT
    places = np.stack((np.full(6, x), y + _WALKER_SPEED * TIMES_S * -0.6, np.zeros(6)), axis=1)
    places[:, 0] += _WALKER_SPEED * TIMES_S
    sigmas = 0.1 + 0.15 * TIMES_S
    covariances = sigmas[:, None, None] ** 2 * np.eye(3)
    return PredictedPath(STEP_S, places.astype(np.float32), covariances.astype(np.float32), 0.8)


def _person(
    place: tuple[float, float],
    state: TrackState,
    unseen_s: float,
    sigma_m: float,
    *paths: PredictedPath,
) -> HumanState:
    return HumanState(
        track_id=1,
        track_state=state,
        age_s=10.0,
        time_since_update_s=unseen_s,
        existence_probability=0.95,
        occluded_fraction=0.0,
        identity_confidence=1.0,
        box_xyxy=unknown(4),
        joints=_no_joints(),
        position_m=np.array([*place, 0.9], np.float32),
        position_covariance=(sigma_m**2 * np.eye(3)).astype(np.float32),
        velocity_mps=unknown(3),
        velocity_covariance=unknown(3, 3),
        predicted_paths=paths,
    )


def _no_joints() -> Joints:
    none, planes, spaces = np.zeros(0, np.float32), np.zeros((0, 2, 2)), np.zeros((0, 3, 3))
    places = np.zeros((0, 3), np.float32)
    return Joints(
        none, none, none, (), places[:, :2], planes, none, places, spaces, places, spaces, none
    )


def _draw(axes: pyplot.Axes, probabilities: np.ndarray, seconds: float) -> None:
    low, high = GRID.corner_m, GRID.corner_m + GRID.cells * GRID.resolution_m
    # Ahead is up, and left is left. The root shows small probabilities.
    axes.imshow(
        probabilities.T, origin='lower', extent=(low[1], high[1], low[0], high[0]),
        cmap='magma_r', norm=matplotlib.colors.PowerNorm(0.5, 0.0, 1.0),
    )  # fmt: skip
    axes.invert_xaxis()
    axes.add_patch(Circle(PILLAR[::-1], PILLAR_RADIUS_M, color='#707070'))
    axes.plot(0.0, 0.05, '^', color='#1f77b4', markersize=12)
    for place, name in ((_HIDDEN_AT, 'was last seen'), (_WALKER_AT, 'walks')):
        axes.plot(*place[::-1], '+', color='#2ca02c', markersize=9)
        axes.annotate(name, place[::-1], (4, 6), textcoords='offset points', fontsize=8)
    axes.set(title=f'hidden for {seconds} s', xlabel='left, m', ylim=(0.0, high[0]))
    axes.set_xlim(high[1], low[1])


if __name__ == '__main__':
    main()
