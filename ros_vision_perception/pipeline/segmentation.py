"""Segmentation of single frames."""

from typing import Protocol

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import selfie
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


class SelfiePipeline:
    """The region of all people, from MediaPipe's selfie segmentation."""

    def __init__(self, backend: Backend, model_name: str) -> None:
        """Use a loaded network."""
        self.model_name = model_name
        self._backend = backend

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks in the frame."""
        with stages('preprocess'):
            tensor = selfie.preprocess(frame)
        with stages('infer'):
            outputs = self._backend.run({'image': tensor})
        with stages('decode'):
            return selfie.decode(outputs['mask'].squeeze(), frame.size)
