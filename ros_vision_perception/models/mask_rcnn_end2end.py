"""Mask R-CNN and its kin, of MMDetection, as MMDeploy exports them.

Source: He et al., "Mask R-CNN", 2017. The input is that of `rtmdet_ins` with R, G, B for B, G, R,
and larger; the masks are probabilities of 28 x 28 cells of the box, or of all pixels of the input.
Where the file leaves open which, only the entry `family` tells it from `rtmdet_ins`.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import rtmdet_ins
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import to_tensor
from ros_vision_perception.models.rtmdet import DEVIATION, MEAN
from ros_vision_perception.models.rtmdet_ins import RtmDetIns

FAMILY = 'mask-rcnn-end2end'
EXPECTED = (
    'input Nx3xHxW -> dets Nxthingsx5, labels Nxthings and masks Nxthingsx28x28, '
    f'or of any size with the metadata entry family {FAMILY}'
)
_CELLS = (28, 28)


class MaskRcnnEnd2End(RtmDetIns):
    """A network of this family."""

    TRAINED_SIZE: ClassVar = (1333, 800)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        # The mean and the deviation are given for B, G, R.
        crops = self._crops(frames)
        return {'input': to_tensor(crops, 1 / DEVIATION[::-1], (-MEAN / DEVIATION)[::-1])}


def recognise(signature: Signature, config: DetectionConfig) -> MaskRcnnEnd2End | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if not rtmdet_ins.is_end2end(signature):
        return None
    if signature.outputs['masks'][2:] != _CELLS and signature.metadata.get('family') != FAMILY:
        return None
    return MaskRcnnEnd2End(
        rtmdet_ins.input_size(signature), rtmdet_ins.class_names(signature), config
    )
