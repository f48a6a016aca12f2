"""MediaPipe selfie segmentation: one probability of 'person' per pixel.

Source: model card "MediaPipe Selfie Segmentation" (general model, 256 x 256).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.geometry import stretch_matrix
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models.base import DetectionConfig, Signature, fits
from ros_vision_perception.models.imaging import mask_in_image, rgb_stretched, to_tensor

EXPECTED = 'image Nx3x256x256 -> mask Nx1x256x256'
_SIZE = (256, 256)
_CLASS_NAMES = ('background', 'person')
_MIN_PROBABILITY = 0.5  # of a pixel that belongs to the region


@dataclass(frozen=True)
class SelfieSegmentation:
    """The only network of this family."""

    class_names: ClassVar = ('person',)

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the (N, 3, 256, 256) float32 in [0, 1] of N frames, stretched to squares."""
        crops = [rgb_stretched(frame, _SIZE) for frame in frames]
        return {'image': to_tensor(crops, 1 / 255)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return of each frame one mask of class 'person', or none when no pixel is one.

        Its score is the mean probability over the region.

        Args:
            outputs: 'mask' (N, 1, 256, 256) float32 in [0, 1].
            image_sizes: (width, height) px of the frames given to `preprocess`.
        """
        return [
            _region(mask, image_size)
            for (mask,), image_size in zip(outputs['mask'], image_sizes, strict=True)
        ]


def _region(mask: np.ndarray, image_size: tuple[int, int]) -> InstanceMasks:
    crop_from_image = stretch_matrix(image_size, _SIZE)
    region = mask_in_image(mask, _MIN_PROBABILITY, crop_from_image, image_size)
    if region.bitmap.size == 0:
        return InstanceMasks.empty(image_size, is_instance=False)
    return InstanceMasks(
        image_size=image_size,
        class_ids=np.array([_CLASS_NAMES.index('person')], np.int32),
        class_names=('person',),
        scores=np.array([mask[mask > _MIN_PROBABILITY].mean()], np.float32),
        boxes_xyxy=region.box_xyxy[None],
        masks=(region,),
        is_instance=False,
    )


def recognise(signature: Signature, config: DetectionConfig) -> SelfieSegmentation | None:
    """Return the model, or None when the network is another; see `Family.recognise`."""
    is_selfie = fits(signature.inputs, {'image': (None, 3, *_SIZE)}) and fits(
        signature.outputs, {'mask': (None, 1, *_SIZE)}
    )
    return SelfieSegmentation() if is_selfie else None
