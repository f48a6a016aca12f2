"""Networks that classify the column and the row of each joint: RTMPose and its like.

Sources: Li et al., "SimCC: A Simple Coordinate Classification Perspective for Human Pose
Estimation", 2022; Jiang et al., "RTMPose: Real-Time Multi-Person Pose Estimation based on MMPose",
2023. Per joint a score for each of r W columns and one for each of r H rows of the crop, r bins
per pixel (2 in RTMPose): bin i is at i / r px. As in MMPose, the lower of the two best scores is
that of the joint; they are trained to be near 1 where it is clear, and may pass it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import (
    USUAL_PADDING,
    DetectionConfig,
    PointsInImage,
    Signature,
)
from ros_vision_perception.models.person_crops import (
    JOINTS,
    crops_tensor,
    in_image,
    skeleton_of,
)

EXPECTED = f'crop Nx3xHxW -> N x joints x rW (simcc_x) and N x joints x rH (simcc_y), {JOINTS}'


@dataclass(frozen=True)
class SimccNet:
    """A network of this family.

    Attributes:
        skeleton: the K joints; the network may have more behind them.
        crop_size: (width, height) px.
        bins_per_px: r.
        input_name: of the crops.
        output_names: of the scores of columns and of rows.
    """

    skeleton: Skeleton
    crop_size: tuple[int, int]
    bins_per_px: float
    input_name: str
    output_names: tuple[str, str]
    padding = USUAL_PADDING

    def preprocess(self, frame: Frame, crops_from_image: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's input for N crops (N, 2, 3) of a frame."""
        return {self.input_name: crops_tensor(frame, crops_from_image, self.crop_size)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], crops_from_image: np.ndarray
    ) -> PointsInImage:
        """Return the joints in the image; see `CropPoseModel.decode`."""
        columns, rows = (outputs[name][:, : len(self.skeleton)] for name in self.output_names)
        bins = np.stack((columns.argmax(axis=2), rows.argmax(axis=2)), axis=-1)
        scores = np.minimum(columns.max(axis=2), rows.max(axis=2))
        return in_image(bins / self.bins_per_px, scores, crops_from_image)

    @property
    def mirror_width(self) -> float:
        """See `MirrorModel`."""
        return self.crop_size[0] - 1 / self.bins_per_px

    def average(
        self, outputs: Mapping[str, np.ndarray], mirrored: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """See `MirrorModel`."""
        joints = self.skeleton.flip_indices
        name_x, name_y = self.output_names
        return {
            name_x: (outputs[name_x][:, : len(joints)] + mirrored[name_x][:, joints, ::-1]) / 2,
            name_y: (outputs[name_y][:, : len(joints)] + mirrored[name_y][:, joints]) / 2,
        }


def recognise(signature: Signature, config: DetectionConfig) -> SimccNet | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 2:
        return None
    ((input_name, crop),) = signature.inputs.items()
    (name_x, columns), (name_y, rows) = signature.outputs.items()  # x first, as in all exports
    if len(crop) != 4 or crop[1] != 3 or len(columns) != 3 or len(rows) != 3:
        return None
    (height, width), bins_x, bins_y = crop[2:], columns[2], rows[2]
    if not (height and width and bins_x and bins_y) or bins_x * height != bins_y * width:
        return None
    skeleton = skeleton_of(signature, columns[1])
    if skeleton is None or columns[1] != rows[1] or bins_x < width:
        return None
    return SimccNet(skeleton, (width, height), bins_x / width, input_name, (name_x, name_y))
