"""Networks that give a heatmap per joint: HRNet, SimpleBaseline, ViTPose and their like.

Sources: Xiao et al., "Simple Baselines for Human Pose Estimation and Tracking", 2018; Sun et al.,
"Deep High-Resolution Representation Learning for Human Pose Estimation", 2019; Xu et al.,
"ViTPose: Simple Vision Transformer Baselines for Human Pose Estimation", 2022. The heatmaps have
a quarter of the crop's side. What a cell means depends on the training:

- 'msra' (Xiao et al.): cell i is pixel 4 i of the crop;
- 'udp' (Huang et al., "The Devil is in the Details: Delving into Unbiased Data Processing for
  Human Pose Estimation", 2020): the middles of the outermost cells are those of the outermost
  pixels.

They are as much as three pixels apart, and nothing but the metadata entry 'codec' can tell, or
the names that exporters of ViTPose use, which was trained with 'udp'; else it is 'msra'.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import (
    USUAL_PADDING,
    DetectionConfig,
    PointsInImage,
    Shape,
    Signature,
)
from ros_vision_perception.models.person_crops import (
    JOINTS,
    crops_tensor,
    in_image,
    skeleton_of,
)

EXPECTED = f'crop Nx3xHxW -> N x joints x H/4 x W/4, {JOINTS}'
_STRIDE = 4
_CODECS = ('msra', 'udp')
# Input and output as easy_ViTPose and as Optimum (from Transformers) name them.
_VITPOSE_NAMES = {('input_0', 'output_0'), ('pixel_values', 'heatmaps')}
# Trained blobs are as wide as their height asks: 2 cells in 64, 3 in 96; a kernel of this many
# deviations holds nearly all of one.
_CELLS_PER_DEVIATION, _REACH = 32, 2.5
# Further than this, in cells, from the highest cell the refinement is not to be trusted.
_FARTHEST = 1.0


@dataclass(frozen=True)
class HeatmapNet:
    """A network of this family.

    Attributes:
        skeleton: the K joints; the network may have more behind them.
        crop_size: (width, height) px.
        codec: 'msra' or 'udp': what a cell means.
        input_name: of the crops.
        output_name: of the heatmaps.
    """

    skeleton: Skeleton
    crop_size: tuple[int, int]
    codec: str
    input_name: str
    output_name: str
    padding = USUAL_PADDING

    def preprocess(self, frame: Frame, crops_from_image: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's input for N crops (N, 2, 3) of a frame."""
        return {self.input_name: crops_tensor(frame, crops_from_image, self.crop_size)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], crops_from_image: np.ndarray
    ) -> PointsInImage:
        """Return the joints in the image; see `CropPoseModel.decode`."""
        cells, scores = peaks(outputs[self.output_name][:, : len(self.skeleton)])
        return in_image(cells * self._px_per_cell, scores, crops_from_image)

    @property
    def mirror_width(self) -> float:
        """See `MirrorModel`."""
        return float(self._px_per_cell[0] * (self.crop_size[0] // _STRIDE - 1))

    def average(
        self, outputs: Mapping[str, np.ndarray], mirrored: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """See `MirrorModel`."""
        maps, seen = outputs[self.output_name], mirrored[self.output_name]
        joints = self.skeleton.flip_indices
        return {self.output_name: (maps[:, : len(joints)] + seen[:, joints, :, ::-1]) / 2}

    @property
    def _px_per_cell(self) -> np.ndarray:
        size = np.array(self.crop_size)
        if self.codec == 'udp':
            return (size - 1) / (size / _STRIDE - 1)
        return np.array([_STRIDE, _STRIDE])


def recognise(signature: Signature, config: DetectionConfig) -> HeatmapNet | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 1:
        return None
    ((input_name, crop),) = signature.inputs.items()
    ((output_name, maps),) = signature.outputs.items()
    if not _is_quarter(crop, maps):
        return None
    names = input_name, output_name
    # Optimum leaves the shape of the heatmaps open.
    if None in maps[1:] and names not in _VITPOSE_NAMES:
        return None
    skeleton = skeleton_of(signature, maps[1])
    if skeleton is None:
        return None
    codec = signature.metadata.get('codec', 'udp' if names in _VITPOSE_NAMES else 'msra')
    if codec not in _CODECS:
        raise ModelError(f'metadata entry codec: got {codec!r}, expected {" or ".join(_CODECS)}')
    height, width = crop[2:]
    assert height is not None and width is not None
    return HeatmapNet(skeleton, (width, height), codec, *names)


def _is_quarter(crop: Shape, maps: Shape) -> bool:
    if len(crop) != 4 or len(maps) != 4 or crop[1] != 3 or None in crop[2:]:
        return False
    return all(
        side % _STRIDE == 0 and cells in (None, side // _STRIDE)
        for side, cells in zip(crop[2:], maps[2:], strict=True)
        if side is not None
    )


def peaks(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each heatmap is highest, between its cells, and how high.

    Zhang et al., "Distribution-Aware Coordinate Representation for Human Pose Estimation", 2020:
    around its middle m the logarithm of a blob is a parabola, so that from the highest cell c
    `m = c - H^-1 g` with the gradient g and the Hessian H of the logarithm, after a blur by a
    blob of the trained width. Only the cells that matter are blurred.

    Args:
        maps: (N, K, h, w).

    Returns:
        (N, K, 2) x, y in cells, middles at whole numbers, and (N, K).
    """
    width, height = maps.shape[3], maps.shape[2]
    flat = maps.reshape(*maps.shape[:2], -1)
    best = flat.argmax(axis=2)
    scores = np.take_along_axis(flat, best[..., None], axis=2)[..., 0]
    cells = np.stack((best % width, best // width), axis=-1)
    near = np.log(np.maximum(_blurred(maps, cells), 1e-10))  # (N, K, 3, 3), rows first
    offsets = np.clip(_offsets(near), -_FARTHEST, _FARTHEST)
    # A blob that the border cuts is no parabola after the blur.
    inside = (cells > 1) & (cells < np.array([width, height]) - 2)
    return cells + np.where(inside, offsets, 0.0), scores


def _blurred(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the blurred values (N, K, 3, 3) in and around cells (N, K, 2) of the maps."""
    people, joints, height, width = maps.shape
    deviation = height / _CELLS_PER_DEVIATION
    reach = int(np.ceil(_REACH * deviation))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    blur = np.zeros((3, 2 * reach + 3))
    for row in range(3):
        blur[row, row : row + len(kernel)] = kernel / kernel.sum()
    steps = np.arange(-reach - 1, reach + 2)
    columns, rows = cells[..., :1] + steps, cells[..., 1:] + steps  # (N, K, side)
    inside_x, inside_y = (columns >= 0) & (columns < width), (rows >= 0) & (rows < height)
    person, joint = np.ogrid[:people, :joints]
    window = maps[
        person[..., None, None],
        joint[..., None, None],
        rows.clip(0, height - 1)[..., :, None],
        columns.clip(0, width - 1)[..., None, :],
    ]
    window = np.where(inside_y[..., :, None] & inside_x[..., None, :], window, 0.0)
    return blur @ window @ blur.T


def _offsets(near: np.ndarray) -> np.ndarray:
    """Return the (..., 2) x, y of the top of the parabola through (..., 3, 3) values."""
    middle = near[..., 1, 1]
    left, right, above, below = (
        near[..., row, column] for row, column in ((1, 0), (1, 2), (0, 1), (2, 1))
    )
    dx, dy = (right - left) / 2, (below - above) / 2
    dxx, dyy = right - 2 * middle + left, below - 2 * middle + above
    dxy = (near[..., 2, 2] + near[..., 0, 0] - near[..., 0, 2] - near[..., 2, 0]) / 4
    determinant = dxx * dyy - dxy**2
    is_top = (determinant > 1e-9) & (dxx < 0)
    safe = np.where(is_top, determinant, 1.0)
    offsets = np.stack((dxy * dy - dyy * dx, dxy * dx - dxx * dy), axis=-1) / safe[..., None]
    return np.where(is_top[..., None], offsets, 0.0)
