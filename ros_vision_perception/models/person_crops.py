"""What networks for crops of people have in common when they are trained the usual way.

The crops are R, G, B, normalised by the mean and deviation of ImageNet, as in MMPose, in the
published code of HRNet and in Transformers.
"""

import numpy as np

from ros_vision_perception.core.geometry import apply_affine, invert_affine
from ros_vision_perception.core.skeleton import COCO17, SKELETONS, Skeleton, get_skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import PointsInImage, Signature
from ros_vision_perception.models.imaging import rgb_crop, to_tensor

JOINTS = '17, 26 or 133 joints'
_MEAN, _DEVIATION = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
# Jin et al., "Whole-Body Human Pose Estimation in the Wild", 2020: COCO's 17 joints come first,
# then feet, face and hands, which no skeleton here has.
_WHOLE_BODY = 133


def crops_tensor(
    frame: Frame, crops_from_image: np.ndarray, crop_size: tuple[int, int]
) -> np.ndarray:
    """Return the (N, 3, height, width) float32 tensor of N crops (N, 2, 3) of a frame."""
    crops = [rgb_crop(frame, matrix, crop_size) for matrix in crops_from_image]
    return to_tensor(crops, 1 / _DEVIATION, -_MEAN / _DEVIATION)


def skeleton_of(signature: Signature, joints: int | None) -> Skeleton | None:
    """Return what the first joints of a network are; None when there is no such skeleton.

    Args:
        signature: whose metadata may have an entry 'skeleton'.
        joints: how many the network has; None when the file does not say.
    """
    if joints == _WHOLE_BODY:
        return COCO17
    name = signature.metadata.get('skeleton', COCO17.name if joints is None else None)
    for skeleton in [get_skeleton(name)] if name else SKELETONS.values():
        if joints in (None, len(skeleton)):
            return skeleton
    return None


def in_image(
    points_in_crop: np.ndarray, scores: np.ndarray, crops_from_image: np.ndarray
) -> PointsInImage:
    """Take joints (N, K, 2) px of their crops, with scores (N, K), back into the image."""
    points = apply_affine(invert_affine(crops_from_image), points_in_crop)
    return PointsInImage(points.astype(np.float32), np.clip(scores, 0.0, 1.0).astype(np.float32))
