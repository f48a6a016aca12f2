"""MediaPipe selfie segmentation: one probability of 'person' per pixel.

Source: model card "MediaPipe Selfie Segmentation" (general model, 256 x 256).
"""

import cv2
import numpy as np

from ros_vision_perception.core.geometry import stretch_matrix
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models.imaging import rgb_crop, to_tensor

INPUT_SIZE = (256, 256)
CLASS_NAMES = ('background', 'person')


def preprocess(frame: Frame) -> np.ndarray:
    """Return the (1, 3, 256, 256) float32 tensor in [0, 1] of the frame, stretched to a square."""
    crop_from_image = stretch_matrix(frame.size, INPUT_SIZE)
    return to_tensor([rgb_crop(frame, crop_from_image, INPUT_SIZE)], 1 / 255)


def decode(
    mask: np.ndarray, image_size: tuple[int, int], min_probability: float = 0.5
) -> InstanceMasks:
    """Decode the network's probabilities to the region of all people.

    Args:
        mask: (256, 256) float32 in [0, 1].
        image_size: (width, height) px of the frame given to `preprocess`.
        min_probability: of a pixel that belongs to the region.

    Returns:
        One mask of class 'person', or none when no pixel is one. Its score is the mean
        probability over the region.
    """
    # The inverse of the stretch: resize shares its convention that the outer edges meet.
    probability = cv2.resize(mask, image_size, interpolation=cv2.INTER_LINEAR)
    region = BoxMask.from_bitmap(probability > min_probability)
    if region.area == 0:
        return InstanceMasks.empty(image_size, is_instance=False)
    return InstanceMasks(
        image_size=image_size,
        class_ids=np.array([CLASS_NAMES.index('person')], np.int32),
        class_names=('person',),
        scores=np.array([mask[mask > min_probability].mean()], np.float32),
        boxes_xyxy=region.box_xyxy[None],
        masks=(region,),
        is_instance=False,
    )
