"""Segmentation of single frames."""

from typing import Protocol

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models.regions import RegionConfig, tidy
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


class TidySegmentation:
    """A segmentation whose regions are tidied up; masks of single things stay as they are."""

    def __init__(self, pipeline: SegmentationPipeline, config: RegionConfig) -> None:
        """Tidy up what `pipeline` gives."""
        self.model_name = pipeline.model_name
        self._pipeline = pipeline
        self._config = config

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks in the frame."""
        masks = self._pipeline.segment(frame, stages)
        if masks.is_instance or self._config == RegionConfig():
            return masks
        with stages('decode'):
            return tidy(masks, self._config)
