"""YOLOX as MMDeploy exports it end to end: the outputs of `rtmdet`, another input.

B, G, R in [0, 255], as in `yolox`. Nothing in such a file tells it from RTMDet: the entry 'family'
must.
"""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import rtmdet
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import letterbox_tensor

FAMILY = 'yolox-end2end'
EXPECTED = f'as rtmdet, where the metadata or the sidecar say family: {FAMILY}'


class YoloXEnd2End(rtmdet.RtmDet):
    """A network of this family."""

    TRAINED_SIZE = (640, 640)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        size = self._size(frames[0].size)
        return {'input': letterbox_tensor(frames, size, 1.0, order='bgr')}


def recognise(signature: Signature, config: DetectionConfig) -> YoloXEnd2End | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if signature.metadata.get('family') != FAMILY:
        return None
    found = rtmdet.recognise(signature, config)
    return None if found is None else YoloXEnd2End(found.input_size, config)
