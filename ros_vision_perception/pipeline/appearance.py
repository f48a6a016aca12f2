"""Says of everyone found what they look like, so that the fusion knows them again."""

from dataclasses import replace

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.scene import PERSON
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.models import appearance, reid
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import Stages


class ColouredPose:
    """A pose pipeline whose people, where it gives their masks, are described by their colours."""

    def __init__(self, pipeline: PosePipeline) -> None:
        """Describe the people of `pipeline`."""
        self.skeleton = pipeline.skeleton
        self.model_name = pipeline.model_name
        self._pipeline = pipeline

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        people = self._pipeline.estimate(frame, stages)
        if not people.masks:
            return people
        with stages('decode'):
            colours = appearance.describe(frame, people.masks, appearance.body_axes(people))
        return replace(people, appearances=colours)

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._pipeline.reset()


class IdentifiedPose:
    """A pose pipeline whose people are described by a re-identification network."""

    def __init__(self, pipeline: PosePipeline, backend: Backend) -> None:
        """Describe the people of `pipeline`; raises ModelError for a network of another kind."""
        self.skeleton = pipeline.skeleton
        self.model_name = pipeline.model_name
        self._pipeline = pipeline
        self._backend = backend
        ((self._input, self._shape),) = backend.input_shapes.items()
        reid.input_size(self._shape)

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        people = self._pipeline.estimate(frame, stages)
        if len(people) == 0:
            return people
        with stages('preprocess'):
            tensor = reid.preprocess(frame, people.boxes_xyxy, self._shape)
        with stages('infer'):
            calls = len(tensor) if self._shape[0] == 1 else 1
            outputs = [self._backend.run({self._input: part}) for part in np.split(tensor, calls)]
        with stages('decode'):
            vectors = reid.decode(np.concatenate([next(iter(out.values())) for out in outputs]))
        return replace(people, appearances=vectors)

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._pipeline.reset()


class ColouredSegmentation:
    """A segmentation whose people, where each has a mask, are described by their colours."""

    def __init__(self, pipeline: SegmentationPipeline) -> None:
        """Describe the people of `pipeline`."""
        self.model_name = pipeline.model_name
        self._pipeline = pipeline

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks in the frame."""
        masks = self._pipeline.segment(frame, stages)
        people = [row for row, name in enumerate(masks.class_names) if name == PERSON]
        if not masks.is_instance or not people:
            return masks
        with stages('decode'):
            axes = appearance.upright_axes(masks.boxes_xyxy[people])
            owned = tuple(masks.masks[row] for row in people)
            colours = np.full((len(masks), appearance.LENGTH), np.nan, np.float32)
            colours[people] = appearance.describe(frame, owned, axes)
        return replace(masks, appearances=colours)
