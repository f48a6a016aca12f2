"""What a person looks like: a histogram of the colours of head, torso and legs.

Only pixels that belong to this person alone count. The histograms hold square roots, so that the
scalar product of two appearances is their Bhattacharyya coefficient (Comaniciu, Ramesh and Meer,
"Kernel-based object tracking", 2003): 1 for the same colours in the same places.

Brightness counts relative to the image's, and colour apart from brightness, so that neither
exposure nor shade makes a person somebody else.
"""

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Frame, Keypoints

# Where one channel each of red, green and blue is in a pixel.
_RGB = {
    'rgb8': (0, 1, 2), 'rgba8': (0, 1, 2), 'mono8': (0, 1, 2),
    'bgr8': (2, 1, 0), 'bgra8': (2, 1, 0),
}  # fmt: skip
# Share of the head, torso and legs in what a person looks like.
_REGIONS = np.array([0.2, 0.4, 0.4])
# Bins of the brightness, and of each of the two colour differences.
_SHADES, _HUES = 6, 6
_BINS = _SHADES + _HUES**2
LENGTH = len(_REGIONS) * _BINS
# The image is looked at in this many places along a side, and a person in at most so many.
_SAMPLES, _MAX_SAMPLES = 200, 400
# A region of which fewer samples show is not described; and samples that every bin has anyway.
_MIN_SAMPLES, _PRIOR = 12.0, 0.1
# Of somebody who shares more than the rest of the mask with others, all of it counts.
_MIN_ALONE = 0.4
# Colour differences, relative to the brightness, end here; darker pixels than this have none.
_MAX_TINT, _DARK = 0.3, 30.0
# Where the neck and the hips are in the box of somebody standing, from the top.
_NECK, _HIPS = 0.18, 0.52


def body_axes(keypoints: Keypoints) -> np.ndarray:
    """Return (N, 2, 2) px: the middle of the shoulders and that of the hips; NaN without."""
    names = keypoints.skeleton.joint_names
    middles = [
        keypoints.keypoints_xy[:, [names.index(f'{side}_{part}') for side in ('left', 'right')]]
        .mean(axis=1)
        .astype(np.float64)
        for part in ('shoulder', 'hip')
    ]
    return np.stack(middles, axis=1)


def upright_axes(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Return (N, 2, 2) px: neck and hips of people who stand in boxes (N, 4) px."""
    x = boxes_xyxy[:, [0, 2]].mean(axis=1)
    top, height = boxes_xyxy[:, 1], boxes_xyxy[:, 3] - boxes_xyxy[:, 1]
    middles = [np.stack((x, top + share * height), axis=1) for share in (_NECK, _HIPS)]
    return np.stack(middles, axis=1).astype(np.float64)


def describe(frame: Frame, masks: tuple[BoxMask, ...], axes_xy: np.ndarray) -> np.ndarray:
    """Return what the people in an image look like.

    Args:
        frame: the camera image.
        masks: N masks of the people's visible pixels.
        axes_xy: (N, 2, 2) px, the points that part head from torso and torso from legs.

    Returns:
        (N, LENGTH) float32, rows of unit length. A region that is not seen is 0 throughout, and
        no other entry is 0; a person of whom nothing is seen is NaN.
    """
    step = max(1, round(np.sqrt(frame.size[0] * frame.size[1]) / _SAMPLES))
    owners, pixels = _samples(masks, frame.size, step)
    image = frame.pixels if frame.pixels.ndim == 3 else _as_colours(frame.pixels)
    values = image[::step, ::step][pixels[:, 1], pixels[:, 0]]
    rgb = values[:, _RGB[frame.encoding]].astype(np.float64)
    exposure = max(float(image[:: 8 * step, :: 8 * step, :3].mean()), 1.0)
    regions = _regions(pixels * step, axes_xy[owners])
    counts = _count(owners * len(_REGIONS) + regions, rgb, exposure, len(masks))
    totals = counts[..., :_SHADES].sum(axis=2)  # (N, 3)
    shares = np.where(totals >= _MIN_SAMPLES, _REGIONS, 0.0)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
    # Half of a region is its brightness, half its colour.
    smooth = counts + _PRIOR
    for part in (slice(_SHADES), slice(_SHADES, None)):
        smooth[..., part] /= 2 * smooth[..., part].sum(axis=2, keepdims=True)
    roots = np.sqrt(smooth * shares[..., None]).reshape(len(masks), LENGTH)
    roots[shares.sum(axis=1) == 0] = np.nan
    return roots.astype(np.float32)


def _as_colours(grey: np.ndarray) -> np.ndarray:
    """Return an image (H, W) as (H, W, 3), without copying it."""
    return np.broadcast_to(grey[..., None], (*grey.shape, 3))


def _samples(
    masks: tuple[BoxMask, ...], image_size: tuple[int, int], step: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return for P samples whose they are (P,), and where (P, 2) in units of `step` px."""
    grids = [mask.bitmap[-mask.y % step :: step, -mask.x % step :: step] for mask in masks]
    corners = [(-(-mask.y // step), -(-mask.x // step)) for mask in masks]
    crowd = np.zeros((-(-image_size[1] // step), -(-image_size[0] // step)), np.uint8)
    views = []
    for grid, (top, left) in zip(grids, corners, strict=True):
        view = crowd[top : top + grid.shape[0], left : left + grid.shape[1]]
        view += grid
        views.append(view)
    owners, pixels = [np.empty(0, np.int64)], [np.empty((0, 2), np.int64)]
    for owner, (grid, view, (top, left)) in enumerate(zip(grids, views, corners, strict=True)):
        alone = grid & (view == 1)
        # Somebody whose mask is hardly their own was found twice, or is not who is seen there.
        is_alone = alone.sum() >= _MIN_ALONE * grid.sum()
        places = np.flatnonzero(alone if is_alone else grid)
        rows, columns = np.divmod(places[:: 1 + len(places) // _MAX_SAMPLES], grid.shape[1])
        owners.append(np.full(len(rows), owner))
        pixels.append(np.stack((columns + left, rows + top), axis=1))
    return np.concatenate(owners), np.concatenate(pixels)


def _regions(points_xy: np.ndarray, axes_xy: np.ndarray) -> np.ndarray:
    """Return (P,) in which region of the body points (P, 2) px are; axes (P, 2, 2) px."""
    down = axes_xy[:, 1] - axes_xy[:, 0]
    length = np.maximum((down**2).sum(axis=1), 1.0)
    along = ((points_xy - axes_xy[:, 0]) * down).sum(axis=1) / length
    return (along > 0.0).astype(np.int64) + (along > 1.0)


def _count(groups: np.ndarray, rgb: np.ndarray, exposure: float, people: int) -> np.ndarray:
    """Return the (N, 3, _BINS) samples per bin; each is shared by the nearest bins.

    Args:
        groups: (P,) person and region of each sample.
        rgb: (P, 3) in [0, 255].
        exposure: mean of the image, in the same unit.
        people: N.
    """
    light = rgb.mean(axis=1)
    tints = np.stack((rgb[:, 0] - rgb[:, 1], (rgb[:, 0] + rgb[:, 1]) / 2 - rgb[:, 2]), axis=1)
    tints = np.clip(tints / (2 * (light[:, None] + _DARK)) / _MAX_TINT, -1.0, 1.0)
    shade, shade_rest = _place(light / (light + exposure), _SHADES)
    first, first_rest = _place((tints[:, 0] + 1) / 2, _HUES)
    second, second_rest = _place((tints[:, 1] + 1) / 2, _HUES)
    bins, weights = [], []
    for step in (0, 1):
        bins.append(shade + step)
        weights.append(np.abs(1 - step - shade_rest))
        for other in (0, 1):
            bins.append(_SHADES + (first + step) * _HUES + second + other)
            weights.append(np.abs((1 - step - first_rest) * (1 - other - second_rest)))
    shape = people, len(_REGIONS), _BINS
    places = (groups * _BINS + np.stack(bins)).ravel()
    return np.bincount(places, np.stack(weights).ravel(), int(np.prod(shape))).reshape(shape)


def _place(values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for values in [0, 1] the lower of the two nearest bins, and the way to the upper."""
    position = values * (bins - 1)
    lower = np.minimum(position.astype(np.int64), bins - 2)
    return lower, position - lower
