"""Poses from two networks: one finds the people, the other their joints, in a crop of each."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import Boxes, DetectorModel
from ros_vision_perception.pipeline.crops import CropPose
from ros_vision_perception.pipeline.following import Followed
from ros_vision_perception.pipeline.stages import Stages


@dataclass(frozen=True)
class TopDownConfig:
    """How people and joints are found.

    Attributes:
        detect_every: every so many frames the detector looks for people; in between those seen
            last are followed by their joints. When somebody likely is lost it looks in the next
            frame, and in every frame while nobody is there.
        flip_test: whether to look at each crop and at its mirror image, which takes twice as long.
    """

    detect_every: int = 1
    flip_test: bool = False

    def __post_init__(self) -> None:
        if self.detect_every < 1:
            raise ConfigurationError(
                f'got a look for people every {self.detect_every} frames, expected 1 or more'
            )


class TopDownPose:
    """A pose pipeline of a detector and a network for crops."""

    def __init__(
        self,
        detector: tuple[Backend, DetectorModel],
        crops: CropPose,
        model_name: str,
        detect_every: int = 1,
    ) -> None:
        """Run the detector's model on its loaded network, then `crops` on what it finds."""
        self.model_name = model_name
        self._backend, self._detector = detector
        self._crops = crops
        self._detect_every = detect_every
        self.reset()

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        return self._crops.skeleton

    def look_ahead(self, stages: Stages) -> None:
        """Do nothing: each answer needs all there is to do."""

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._last: Followed | None = None
        self._until_look = 0

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        last = self._last
        if last is None or self._until_look == 0 or not last.leads_to(frame):
            found = self._look(frame, stages)
            self._until_look = self._detect_every
        else:
            found = self._follow(last, frame, stages)
            if found.is_likely.sum() < last.is_likely.sum():
                self._until_look = 1
        self._until_look -= 1
        self._last = found if len(found) else None
        with stages('decode'):
            return _keypoints(found, self.skeleton)

    def _look(self, frame: Frame, stages: Stages) -> Followed:
        people = self._detect(frame, stages)
        joints = self._crops.find(frame, people.boxes_xyxy, stages)
        with stages('decode'):
            return Followed.begin(people, joints, frame)

    def _follow(self, last: Followed, frame: Frame, stages: Stages) -> Followed:
        joints = self._crops.find(frame, last.people.boxes_xyxy, stages)
        with stages('decode'):
            return last.go_on(joints, frame, self.skeleton)

    def _detect(self, frame: Frame, stages: Stages) -> Boxes:
        with stages('preprocess'):
            inputs = self._detector.preprocess([frame])
        with stages('infer'):
            outputs = self._backend.run(inputs)
        with stages('decode'):
            return self._detector.decode(outputs, [frame.size])[0]


def _keypoints(found: Followed, skeleton: Skeleton) -> Keypoints:
    joints = found.joints
    unknown = np.full((*joints.scores.shape, 3), np.nan, np.float32)
    return Keypoints(
        skeleton=skeleton,
        image_size=found.image_size,
        keypoints_xy=joints.points_xy,
        scores=joints.scores,
        visibility=unknown[..., 0] if joints.visibility is None else joints.visibility,
        presence=unknown[..., 0] if joints.presence is None else joints.presence,
        boxes_xyxy=found.people.boxes_xyxy,
        person_scores=found.person_scores,
        keypoints_3d=unknown if joints.points_3d is None else joints.points_3d,
    )
