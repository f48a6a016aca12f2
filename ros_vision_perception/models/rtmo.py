"""RTMO as MMDeploy exports it: everybody's joints in one call, suppression inside the network.

Source: Lu et al., "RTMO: Towards High-Performance One-Stage Real-Time Multi-Person Pose
Estimation", 2023, and its configuration: B, G, R in [0, 255], 640 px, bars of grey 114.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.skeleton import SKELETONS, Skeleton, get_skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Signature, fits
from ros_vision_perception.models.imaging import letterbox_tensor
from ros_vision_perception.models.people import people_with_scores

EXPECTED = 'input Nx3xHxW -> dets Nxpeoplex5 and keypoints NxpeoplexKx3'
_TRAINED_SIZE = (640, 640)


@dataclass(frozen=True)
class Rtmo:
    """A network of this family.

    Attributes:
        input_size: (width, height) px.
        skeleton: the joints of every person.
        config: which people are kept.
    """

    input_size: tuple[int, int]
    skeleton: Skeleton
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames."""
        return {'input': letterbox_tensor(frames, self.input_size, 1.0, order='bgr')}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame, best first; see `PoseModel.decode`."""
        return [
            self._people(*parts)
            for parts in zip(outputs['dets'], outputs['keypoints'], image_sizes, strict=True)
        ]

    def _people(
        self, boxes: np.ndarray, joints: np.ndarray, image_size: tuple[int, int]
    ) -> Keypoints:
        sound = np.isfinite(boxes).all(axis=1) & np.isfinite(joints).all(axis=(1, 2))
        keep = np.flatnonzero(sound & (boxes[:, 4] >= self.config.min_score))
        keep = keep[np.argsort(-boxes[keep, 4], kind='stable')[: self.config.max_count]]
        boxes, joints = boxes[keep], joints[keep]
        scale, shift = letterbox_scale_shift(image_size, self.input_size)
        return people_with_scores(
            self.skeleton,
            image_size,
            (joints[..., :2] - shift) / scale,
            joints[..., 2],
            (boxes[:, :4] - np.tile(shift, 2)) / np.tile(scale, 2),
            boxes[:, 4],
        )


def recognise(signature: Signature, config: DetectionConfig) -> Rtmo | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if not fits(signature.inputs, {'input': (None, 3, None, None)}) or not fits(
        signature.outputs, {'dets': (None, None, 5), 'keypoints': (None, None, None, 3)}
    ):
        return None
    height, width = signature.inputs['input'][2:]
    size = (width, height) if width and height else _TRAINED_SIZE
    return Rtmo(size, _skeleton(signature), config)


def _skeleton(signature: Signature) -> Skeleton:
    """Return the skeleton that the file names, else the one with this number of joints."""
    name, joints = signature.metadata.get('skeleton'), signature.outputs['keypoints'][2]
    if name:
        return get_skeleton(name)
    fitting = [skeleton for skeleton in SKELETONS.values() if len(skeleton) == joints]
    if len(fitting) != 1:
        raise ModelError(
            f'got {joints} joints; expected the entry skeleton, one of: {", ".join(SKELETONS)}'
        )
    return fitting[0]
