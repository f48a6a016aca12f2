"""BlazePose's landmark network in the box of any person detector, instead of its own square.

The square of a box is upright. The network was trained on squares in which the body is, so that
it does worse on people who lie or lean; see `pipeline.blazepose` for its own way.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models import blazepose_landmark as landmark
from ros_vision_perception.models.base import (
    DetectionConfig,
    PointsInImage,
    Shape,
    Signature,
    fits,
)
from ros_vision_perception.models.blazepose_landmark import INPUT_SIZE, Rois

EXPECTED = 'image Nx3x256x256 -> landmarks Nx195, heatmap, world_landmarks, person_flag'
_OUTPUTS: dict[str, Shape] = {
    'landmarks': (None, 195),
    'person_flag': (None, 1),
    'heatmap': (None, 39, 64, 64),
    'world_landmarks': (None, 117),
}
# Its own squares are 1.25 times as wide as a circle around the body, which is larger than the
# box. On photographs 1.35 to 1.5 did best.
_PADDING = 1.4


@dataclass(frozen=True)
class BlazePoseCrops:
    """A network of this family."""

    skeleton = BLAZEPOSE33
    crop_size = INPUT_SIZE, INPUT_SIZE
    padding = _PADDING

    def preprocess(self, frame: Frame, crops_from_image: np.ndarray) -> dict[str, np.ndarray]:
        """Return the network's input for N crops (N, 2, 3) of a frame."""
        return {'image': landmark.preprocess(frame, crops_from_image)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], crops_from_image: np.ndarray
    ) -> PointsInImage:
        """Return the joints in the image; see `CropPoseModel.decode`."""
        people = landmark.decode(dict(outputs), _upright(len(crops_from_image)), crops_from_image)
        # A joint in a square without a person is not to be believed.
        scores = people.visibility * people.person_scores[:, None]
        return PointsInImage(
            people.keypoints_xy, scores, people.visibility, people.presence, people.keypoints_3d
        )


def _upright(count: int) -> Rois:
    """Return squares of which nothing but the angles counts: the crops say where they are."""
    return Rois(np.zeros((count, 2)), np.zeros(count), np.zeros(count))


def recognise(signature: Signature, config: DetectionConfig) -> BlazePoseCrops | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    outputs = {name: shape for name, shape in signature.outputs.items() if name in _OUTPUTS}
    image: dict[str, Shape] = {'image': (None, 3, INPUT_SIZE, INPUT_SIZE)}
    is_landmarks = fits(signature.inputs, image) and fits(outputs, _OUTPUTS)
    return BlazePoseCrops() if is_landmarks else None
