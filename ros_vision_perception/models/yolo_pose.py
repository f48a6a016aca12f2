"""YOLOv8-pose, YOLO11-pose, YOLO26-pose: people and their joints in one call; see `yolo`.

The further numbers per detection are x, y px of the input and, where there are three per joint,
its confidence. That is the confidence that the joint is annotated, which joints behind something
mostly are: it says next to nothing about visibility.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.skeleton import SKELETONS, Skeleton, get_skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models import yolo
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.people import people_with_scores

EXPECTED = 'image Nx3xHxW -> Nx(4+classes+3*joints)xanchors or Nxdetectionsx(6+3*joints)'
_DEFAULT_SHAPE = (17, 3)


@dataclass(frozen=True)
class YoloPose:
    """A network of this family.

    Attributes:
        skeleton: the K joints of every person.
        layout: how to feed it and how to read its detections.
        config: which detections are kept.
    """

    skeleton: Skeleton
    layout: yolo.Layout
    config: DetectionConfig

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        return yolo.preprocess(self.layout, frames)

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame, best first; see `PoseModel.decode`."""
        images = yolo.detections(self.layout, outputs, self.config)
        return [
            self._people(found, image_size)
            for found, image_size in zip(images, image_sizes, strict=True)
        ]

    def _people(self, found: yolo.Detections, image_size: tuple[int, int]) -> Keypoints:
        if len(self.layout.class_names) > 1:
            found = found[found.class_ids == self.layout.class_names.index('person')]
        people, joints = len(found.scores), len(self.skeleton)
        scale, shift = yolo.scale_and_shift(self.layout, image_size)
        values = found.extras.reshape(people, joints, self.layout.extras // joints)
        return people_with_scores(
            self.skeleton,
            image_size,
            (values[..., :2] - shift) / scale,
            (
                values[..., 2]
                if values.shape[-1] == 3
                else np.repeat(found.scores[:, None], joints, axis=1)
            ),
            (found.boxes_xyxy - np.tile(shift, 2)) / np.tile(scale, 2),
            found.scores,
        )


def recognise(signature: Signature, config: DetectionConfig) -> YoloPose | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if signature.metadata.get('task', 'pose') != 'pose' or len(signature.outputs) != 1:
        return None
    joints, numbers = _keypoint_shape(signature)
    names = yolo.class_names(signature) or ('person',)
    (output_name,) = signature.outputs
    layout = yolo.layout(signature, output_name, names, joints * numbers)
    if layout is None:
        return None
    if len(names) > 1 and 'person' not in names:
        raise ModelError(f'expected a class person; got {", ".join(names)}')
    return YoloPose(_skeleton(signature, joints), layout, config)


def _keypoint_shape(signature: Signature) -> tuple[int, int]:
    shape = yolo.entry(signature, 'kpt_shape')
    if shape is None:
        return _DEFAULT_SHAPE
    if not isinstance(shape, list | tuple) or len(shape) != 2 or shape[1] not in (2, 3):
        raise ModelError(f'metadata entry kpt_shape: got {shape!r}, expected [joints, 2 or 3]')
    return int(shape[0]), int(shape[1])


def _skeleton(signature: Signature, joints: int) -> Skeleton:
    """Return the skeleton that the file names, else the one with this number of joints."""
    name = signature.metadata.get('skeleton')
    named = [get_skeleton(name)] if name else list(SKELETONS.values())
    fitting = [skeleton for skeleton in named if len(skeleton) == joints]
    if len(fitting) != 1:
        raise ModelError(
            f'got {joints} joints; expected those of a skeleton: '
            + ', '.join(f'{skeleton.name} ({len(skeleton)})' for skeleton in named)
        )
    return fitting[0]
