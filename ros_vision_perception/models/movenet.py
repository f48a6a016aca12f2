"""MoveNet SinglePose (Lightning, Thunder): the joints of the person in the middle of a crop.

Source: model card "MoveNet.SinglePose", 2021: a square crop of 192 or 256 px, R, G, B in
[0, 255]; per joint y, x in units of the crop's side, and a score.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import apply_affine, invert_affine
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import (
    USUAL_PADDING,
    DetectionConfig,
    PointsInImage,
    Signature,
)
from ros_vision_perception.models.imaging import rgb_crop

EXPECTED = 'crop Nx192x192x3 or Nx256x256x3 -> Nx1x17x3'
_SIDES = (192, 256)


@dataclass(frozen=True)
class MoveNet:
    """A network of this family.

    Attributes:
        side: of the crop, px.
        input_name: of the crops.
        output_name: of the joints.
    """

    side: int
    input_name: str
    output_name: str
    skeleton = COCO17
    padding = USUAL_PADDING

    @property
    def crop_size(self) -> tuple[int, int]:
        """(width, height) px of a crop."""
        return self.side, self.side

    def preprocess(self, frame: Frame, crops_from_image: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's input for N crops (N, 2, 3) of a frame."""
        crops = [rgb_crop(frame, matrix, self.crop_size) for matrix in crops_from_image]
        return {self.input_name: np.array(crops, np.float32)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], crops_from_image: np.ndarray
    ) -> PointsInImage:
        """Return the joints in the image; see `CropPoseModel.decode`."""
        joints = outputs[self.output_name][:, 0]
        # Half a pixel: theirs are between the edges of the crop, ours between centres of pixels.
        points = joints[..., 1::-1] * self.side - 0.5
        return PointsInImage(
            apply_affine(invert_affine(crops_from_image), points).astype(np.float32),
            np.clip(joints[..., 2], 0.0, 1.0),
        )


def recognise(signature: Signature, config: DetectionConfig) -> MoveNet | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) != 1:
        return None
    ((input_name, crop),) = signature.inputs.items()
    ((output_name, joints),) = signature.outputs.items()
    if len(crop) != 4 or crop[1] not in _SIDES or crop[1:] != (crop[1], crop[1], 3):
        return None
    is_movenet = len(joints) == 4 and joints[1:] == (1, len(COCO17), 3)
    return MoveNet(crop[1], input_name, output_name) if is_movenet else None
