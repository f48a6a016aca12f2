"""BodyPix: where people are, from the same network as the poses of `personlab`.

Source: the published networks: `segments` N x h x w x 1, the logit of a person in each cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import personlab
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import mask_in_image

EXPECTED = f'{personlab.EXPECTED}, and segments Nxhxwx1'
_SEGMENTS = 'segments'


@dataclass(frozen=True)
class BodyPix:
    """A network of this family.

    Attributes:
        network: how it is fed.
        segments_name: of the output.
    """

    network: personlab.PersonLab
    segments_name: str

    class_names: ClassVar = ('person',)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        return self.network.preprocess(frames)

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return of each frame one mask of class 'person', or none where no pixel is one.

        Its score is the mean probability over the region.
        """
        return [
            self._region(logits[..., 0], image_size)
            for logits, image_size in zip(outputs[self.segments_name], image_sizes, strict=True)
        ]

    def _region(self, logits: np.ndarray, image_size: tuple[int, int]) -> InstanceMasks:
        size = self.network.size_for(image_size)
        scale, shift = letterbox_scale_shift(image_size, size)
        # The first cell is on the first pixel of the input, the last one on the last.
        cell = (np.array(size) - 1) / np.maximum(np.array(logits.shape[::-1]) - 1, 1)
        corner = 0.5 * scale + shift - 0.5
        cells_from_image = np.column_stack((np.diag(scale / cell), corner / cell))
        mask = mask_in_image(logits, 0.0, cells_from_image, image_size)
        if mask.bitmap.size == 0:
            return InstanceMasks.empty(image_size, is_instance=False)
        inside = logits[logits > 0]
        return InstanceMasks(
            image_size=image_size,
            class_ids=np.array([1], np.int32),
            class_names=('person',),
            scores=np.array([(1 / (1 + np.exp(-inside))).mean()], np.float32),
            boxes_xyxy=mask.box_xyxy[None],
            masks=(mask,),
            is_instance=False,
        )


def recognise(signature: Signature, config: DetectionConfig) -> BodyPix | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    network = personlab.recognise(signature, config)
    names = [name for name in signature.outputs if name.endswith(_SEGMENTS)]
    return BodyPix(network, names[0]) if network is not None and len(names) == 1 else None
