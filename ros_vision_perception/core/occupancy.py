"""Where on the ground people are, may go, and may be hidden.

A body is a disc of radius r. Where its middle is known as N(m, S), it covers a place c with about
the probability `min(1, pi r^2 N(c; m, S + r^2/4 I))`: r^2/4 is the variance of a disc along each
axis. This is exact where S is large, and a disc with a soft edge where S is 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.frames import RigidTransform
from ros_vision_perception.core.human import HumanState, Posture, TrackState
from ros_vision_perception.core.prediction import reach_m

BODY_M = 0.3
# Later is told for squares of this side, m: it is smooth, and most of the cost.
_COARSE_M = 0.2
# A cell is seen through when what is behind it is seen, so much farther away, m.
_BEHIND_M = 0.3
# Whoever stands, sits or crouches somewhere is in the way of looks at both heights, m.
_HEIGHTS_M = 0.3, 0.6
# Cosine of the most that somebody who stands leans.
_UPRIGHT = 0.5
_HIDDEN = (TrackState.OCCLUDED, TrackState.LOST)


@dataclass(frozen=True)
class Grid:
    """Square cells on the ground, in a frame with z up.

    Attributes:
        center_m: (x, y) of the middle of the grid.
        resolution_m: side of a cell.
        cells: along each side of the grid.
    """

    center_m: tuple[float, float]
    resolution_m: float
    cells: int

    @property
    def corner_m(self) -> np.ndarray:
        """(2,) the corner of the first cell, where x and y are least."""
        return np.array(self.center_m) - self.resolution_m * self.cells / 2

    def offsets(self) -> np.ndarray:
        """Return the middles (cells,) of cells along either axis, from `center_m`, m."""
        return self.resolution_m * (np.arange(self.cells) - (self.cells - 1) / 2)

    def places(self) -> np.ndarray:
        """Return the middles (cells, cells, 2) of all cells, rows along y, m."""
        across, along = np.meshgrid(self.offsets(), self.offsets())
        return np.stack((across, along), axis=-1) + self.center_m


def occupancy(
    people: Sequence[HumanState], grid: Grid, seen: np.ndarray | None = None
) -> np.ndarray:
    """Return the probability (cells, cells) that a cell is or will be covered, rows along y.

    That somebody is there now, or comes there on one of their predicted paths, or is hidden there.
    People whose position in metres is not known are nowhere.

    Args:
        people: in a frame with z up.
        grid: the cells.
        seen: (cells, cells) bool, cells where nobody can be hidden; None where that is not known.
    """
    known = [human for human in people if human.has_3d]
    free = np.ones((grid.cells, grid.cells), np.float32)
    if not known:
        return 1 - free
    places = np.stack([human.position_m for human in known])
    covariances = np.stack([human.position_covariance for human in known])
    now = _cover(places, covariances, grid.center_m, grid.offsets())
    for human, here, later in zip(known, now, _later(known, grid), strict=True):
        most = np.maximum(np.minimum(here, 1), later)
        if human.track_state in _HIDDEN:
            most = _unless_seen(most, human, grid, seen)
        free *= 1 - np.float32(human.existence_probability) * most
    return 1 - free


def has_z_up(people: Sequence[HumanState], frame_id: str) -> bool:
    """Return whether the ground of a frame is its x-y plane, as far as people and name tell.

    Those of cameras are named `..._optical...` and have y down (REP 103); where the name does not
    say so, the spines of those who stand do.
    """
    tilts = [abs(float(human.axes[2, 2])) for human in people if human.posture == Posture.STANDING]
    known = [tilt for tilt in tilts if np.isfinite(tilt)]
    return 'optical' not in frame_id and not (known and np.median(known) < _UPRIGHT)


def unseen_region(human: HumanState, grid: Grid, seen: np.ndarray | None = None) -> np.ndarray:
    """Return where (cells, cells) bool the middle of somebody hidden may be.

    They may have walked since they were seen, and are not where the ground is `seen` empty.
    """
    x, y = (grid.offsets() + middle for middle in grid.center_m)
    east, north = human.position_m[:2].astype(np.float64)
    near = (x - east) ** 2 + (y[:, None] - north) ** 2 <= reach_m(human, 0.0) ** 2
    return near if seen is None else near & ~seen


def seen_ground(
    grid: Grid, depth_m: np.ndarray, camera: CameraModel, camera_from_grid: RigidTransform
) -> np.ndarray:
    """Return in which cells (cells, cells) bool a depth image shows that nobody is.

    Who lies there may not be seen, nor who is behind something that is lower than that.

    Args:
        grid: the cells; the ground is at z = 0.
        depth_m: as in `seen_through`.
        camera: as in `seen_through`.
        camera_from_grid: takes places in the frame of the grid to that of the camera.
    """
    places = np.broadcast_to(grid.places(), (len(_HEIGHTS_M), grid.cells, grid.cells, 2))
    heights = np.broadcast_to(np.reshape(_HEIGHTS_M, (-1, 1, 1, 1)), (*places.shape[:-1], 1))
    points_m = camera_from_grid.points(np.concatenate((places, heights), axis=-1))
    low, high = seen_through(points_m, depth_m, camera)
    return low & high


def seen_through(points_m: np.ndarray, depth_m: np.ndarray, camera: CameraModel) -> np.ndarray:
    """Return which points (...,) bool the camera looks through, so that nothing is there.

    Args:
        points_m: (..., 3) m in the frame of the camera.
        depth_m: (H, W) m along the optical axis, aligned with the image, scaled or not; NaN or 0
            where unknown.
        camera: of the image; without a lens, else nothing is seen through.
    """
    far = points_m[..., 2]
    if camera.lens is not None:
        return np.zeros(far.shape, bool)
    height, width = depth_m.shape
    safe = np.where(far > 0, far, 1.0)
    # Of pixels the middles are whole numbers.
    across = (camera.fx * points_m[..., 0] / safe + camera.cx + 0.5) * (width / camera.size[0])
    down = (camera.fy * points_m[..., 1] / safe + camera.cy + 0.5) * (height / camera.size[1])
    inside = (far > 0) & (across >= 0) & (across < width) & (down >= 0) & (down < height)
    row, column = (np.where(inside, at, 0).astype(np.intp) for at in (down, across))
    return inside & (depth_m[row, column] > far + _BEHIND_M)


def _unless_seen(
    most: np.ndarray, human: HumanState, grid: Grid, seen: np.ndarray | None
) -> np.ndarray:
    """Return the probability (cells, cells) that somebody hidden covers a cell.

    At least as if they were equally likely everywhere where they may be, of which a body covers
    its share; nowhere where the ground is seen.
    """
    region, disc = unseen_region(human, grid, seen), np.pi * BODY_M**2
    share = disc / max(np.count_nonzero(region) * grid.resolution_m**2, disc)
    most = np.maximum(most, region * np.float32(share))
    return most if seen is None else np.where(seen, np.float32(0), most)


def _later(people: Sequence[HumanState], grid: Grid) -> np.ndarray:
    """Return the probabilities (T, cells, cells) that somebody's predicted paths cover a cell."""
    block = max(round(_COARSE_M / grid.resolution_m), 1)
    count = -(-grid.cells // block)
    later = np.zeros((len(people), count, count), np.float32)
    paths = [(row, path) for row, human in enumerate(people) for path in human.predicted_paths]
    if paths:
        first = (block - grid.cells) / 2 * grid.resolution_m
        covered = _cover(
            np.concatenate([path.positions_m for _, path in paths]),
            np.concatenate([path.covariances for _, path in paths]),
            grid.center_m,
            first + np.arange(count) * block * grid.resolution_m,
        )
        ends = np.cumsum([len(path.positions_m) for _, path in paths])[:-1]
        for (row, path), steps in zip(paths, np.split(covered, ends), strict=True):
            later[row] += np.float32(path.confidence) * np.minimum(
                steps.max(axis=0, initial=0.0), 1
            )
    fine = np.minimum(later, 1).repeat(block, axis=1).repeat(block, axis=2)
    return fine[:, : grid.cells, : grid.cells]


def _cover(
    places_m: np.ndarray,
    covariances: np.ndarray,
    center_m: tuple[float, float],
    offsets: np.ndarray,
) -> np.ndarray:
    """Return the probability (G, n, n) that bodies cover places at offsets from a center.

    It is not cut off at 1 yet, for the caller needs few of them.

    Args:
        places_m: (G, 3) m, where they are.
        covariances: (G, 3, 3) m^2, of that.
        center_m: (x, y).
        offsets: (n,) m, along x and along y.
    """
    soft = BODY_M**2 / 4
    variances = np.einsum('gii->gi', covariances)[:, :2].astype(np.float64).clip(0.0) + soft
    xx, yy = variances.T
    # Rounded, or of nonsense, it may be no covariance.
    most = 0.99 * np.sqrt(xx * yy)
    xy = covariances[:, 0, 1].clip(-most, most)
    determinant = xx * yy - xy**2
    peak = np.log(2 * soft / np.sqrt(determinant))
    x, y = (offsets - (places_m[:, :2] - np.array(center_m)).T[..., None]).astype(np.float32)
    by_x, by_y, by_both = (
        (factor / determinant).astype(np.float32)[:, None] for factor in (-yy / 2, -xx / 2, xy)
    )
    # The exponent is `xy + x + y`: a product of matrices is one pass over all places.
    one = np.ones_like(x)
    rows = np.stack((by_both * y, by_y * y**2, one), axis=-1)
    columns = np.stack((x, one, by_x * x**2 + peak.astype(np.float32)[:, None]), axis=1)
    exponents = rows @ columns
    return np.exp(exponents, out=exponents)
