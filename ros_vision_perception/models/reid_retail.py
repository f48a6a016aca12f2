"""person-reidentification-retail of the Open Model Zoo: BGR pixels as they are.

Source: the Open Model Zoo's page of each of them (0277, 0286, 0287, 0288). The zoo gives them
with planes, as OSNet has them; converted to ONNX by way of TensorFlow they have pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import reid
from ros_vision_perception.models.base import DetectionConfig, Signature

EXPECTED = (
    'upright crop NxHxWx3, at least twice as high as wide -> one vector NxD; '
    "Nx3xHxW where the metadata entry 'family' says so"
)
_FAMILY = 'reid-retail'


@dataclass(frozen=True)
class RetailReid:
    """A network of this family.

    Attributes:
        input_name: of the crops.
        crop_size: (width, height) px.
        has_planes: whether its input is (N, 3, H, W) rather than (N, H, W, 3).
    """

    input_name: str
    crop_size: tuple[int, int]
    has_planes: bool

    def preprocess(self, frame: Frame, boxes_xyxy: np.ndarray) -> dict[str, np.ndarray]:
        """Return the crops of N >= 1 people; see `AppearanceModel.preprocess`."""
        crops = reid.crops(frame, boxes_xyxy, self.crop_size)
        pixels = np.array(crops, np.float32)[..., ::-1]
        pixels = pixels.transpose(0, 3, 1, 2) if self.has_planes else pixels
        return {self.input_name: np.ascontiguousarray(pixels)}

    def decode(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the (N, D) appearances; see `AppearanceModel.decode`."""
        return reid.unit_vectors(outputs)


def recognise(signature: Signature, config: DetectionConfig) -> RetailReid | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    found = reid.single_input(signature)
    if found is None:
        return None
    name, (_, first, second, third) = found
    has_planes = first == 3 and signature.metadata.get('family') == _FAMILY
    if not has_planes and third != 3:
        return None
    size = reid.crop_size(second, third) if has_planes else reid.crop_size(first, second)
    return None if size is None else RetailReid(name, size, has_planes)
