"""Segmentation of single frames."""

from typing import Protocol

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.pipeline.stages import Stages


class SegmentationPipeline(Protocol):
    """Finds the masks in single frames."""

    @property
    def model_name(self) -> str:
        """The model, for people."""
        ...

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks in the frame."""
        ...
