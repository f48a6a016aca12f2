"""Poses from two networks: one finds the people, the other their joints, in a crop of each."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import Boxes, DetectorModel, PointsInImage
from ros_vision_perception.pipeline.crops import CropPose
from ros_vision_perception.pipeline.stages import Stages


@dataclass(frozen=True)
class TopDownConfig:
    """How joints are found.

    Attributes:
        flip_test: whether to look at each crop and at its mirror image, which takes twice as long.
    """

    flip_test: bool = False


class TopDownPose:
    """A pose pipeline of a detector and a network for crops; it keeps no past."""

    def __init__(
        self, detector: tuple[Backend, DetectorModel], crops: CropPose, model_name: str
    ) -> None:
        """Run the detector's model on its loaded network, then `crops` on what it finds."""
        self.model_name = model_name
        self._backend, self._detector = detector
        self._crops = crops

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        return self._crops.skeleton

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame."""
        people = self._detect(frame, stages)
        if len(people.scores) == 0:
            return Keypoints.empty(self.skeleton, frame.size)
        joints = self._crops.find(frame, people.boxes_xyxy, stages)
        with stages('decode'):
            return _keypoints(people, joints, self.skeleton, frame.size)

    def reset(self) -> None:
        """Forget the past, of which there is none."""

    def _detect(self, frame: Frame, stages: Stages) -> Boxes:
        with stages('preprocess'):
            inputs = self._detector.preprocess([frame])
        with stages('infer'):
            outputs = self._backend.run(inputs)
        with stages('decode'):
            return self._detector.decode(outputs, [frame.size])[0]


def _keypoints(
    people: Boxes, joints: PointsInImage, skeleton: Skeleton, image_size: tuple[int, int]
) -> Keypoints:
    sound = np.isfinite(joints.points_xy).all(axis=(1, 2)) & np.isfinite(joints.scores).all(axis=1)
    scores = joints.scores[sound]
    unknown = np.full_like(scores, np.nan)
    return Keypoints(
        skeleton=skeleton,
        image_size=image_size,
        keypoints_xy=joints.points_xy[sound],
        scores=scores,
        visibility=unknown,
        presence=unknown,
        boxes_xyxy=people.boxes_xyxy[sound],
        # A box may hold no person, or half of one: the joints know better. The root ranks people
        # as the usual product does, and the tracking may take it for a probability.
        person_scores=np.sqrt(people.scores[sound] * scores.mean(axis=1)),
        keypoints_3d=np.full((*scores.shape, 3), np.nan, np.float32),
    )
