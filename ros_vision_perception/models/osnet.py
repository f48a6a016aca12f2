"""OSNet, and what else sees people as OSNet does: RGB planes, normalised as ImageNet's.

Source: Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", 2019, and the
input that its library, Torchreid, trains all of its networks with.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import reid
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import to_tensor

EXPECTED = 'upright crop Nx3xHxW, at least twice as high as wide -> one vector NxD'
# Mean and standard deviation of ImageNet's RGB.
_MEAN = np.array([0.485, 0.456, 0.406]) * 255
_DEVIATION = np.array([0.229, 0.224, 0.225]) * 255


@dataclass(frozen=True)
class OSNet:
    """A network of this family.

    Attributes:
        input_name: of the crops.
        crop_size: (width, height) px.
    """

    input_name: str
    crop_size: tuple[int, int]

    def preprocess(self, frame: Frame, boxes_xyxy: np.ndarray) -> dict[str, np.ndarray]:
        """Return the crops of N >= 1 people; see `AppearanceModel.preprocess`."""
        crops = reid.crops(frame, boxes_xyxy, self.crop_size)
        return {self.input_name: to_tensor(crops, 1 / _DEVIATION, -_MEAN / _DEVIATION)}

    def decode(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the (N, D) appearances; see `AppearanceModel.decode`."""
        return reid.unit_vectors(outputs)


def recognise(signature: Signature, config: DetectionConfig) -> OSNet | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    found = reid.single_input(signature)
    if found is None or found[1][1] != 3:
        return None
    name, (_, _, height, width) = found
    size = reid.crop_size(height, width)
    return None if size is None else OSNet(name, size)
