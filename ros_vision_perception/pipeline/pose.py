"""What every pose pipeline looks like, and how to get its people in another skeleton."""

from typing import Protocol

from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.pipeline.stages import Stages


class PosePipeline(Protocol):
    """Finds the poses in a stream of frames."""

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        ...

    @property
    def model_name(self) -> str:
        """The model, for people."""
        ...

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        ...

    def look_ahead(self, stages: Stages) -> None:
        """Do what the last answer did not have to wait for; the next `estimate` does it else."""
        ...

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        ...


class InSkeleton:
    """A pose pipeline whose people are given in a skeleton that is not the model's own."""

    def __init__(self, pipeline: PosePipeline, skeleton: Skeleton) -> None:
        """Map the people of `pipeline`; raises ConfigurationError when it lacks a joint."""
        pipeline.skeleton.subset(skeleton)
        self.skeleton = skeleton
        self.model_name = pipeline.model_name
        self._pipeline = pipeline

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        return self._pipeline.estimate(frame, stages).in_skeleton(self.skeleton)

    def look_ahead(self, stages: Stages) -> None:
        """Do what the last answer did not have to wait for."""
        self._pipeline.look_ahead(stages)

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._pipeline.reset()
