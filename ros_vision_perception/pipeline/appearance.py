"""Says of everyone found what they look like, so that the fusion knows them again."""

from dataclasses import replace

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.scene import PERSON
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.models import appearance
from ros_vision_perception.models.base import AppearanceModel
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import Stages

# Nobody is taken for somebody else while one person is alone: it is enough to see now and then
# whether they changed, ns.
_ALONE_EVERY_NS = 200_000_000


class ColouredPose:
    """A pose pipeline whose people, where it gives their masks, are described by their colours.

    Somebody who stays alone is described five times per second.
    """

    def __init__(self, pipeline: PosePipeline) -> None:
        """Describe the people of `pipeline`."""
        self.skeleton = pipeline.skeleton
        self.model_name = pipeline.model_name
        self._pipeline = pipeline
        self._people, self._described_ns = 0, 0

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        people = self._pipeline.estimate(frame, stages)
        was_alone, self._people = self._people == 1, len(people)
        if not people.masks:
            return people
        waited_ns = frame.stamp_ns - self._described_ns
        if was_alone and len(people) == 1 and waited_ns < _ALONE_EVERY_NS:
            return people
        self._described_ns = frame.stamp_ns
        with stages('decode'):
            colours = appearance.describe(frame, people.masks, appearance.body_axes(people))
        return replace(people, appearances=colours)

    def look_ahead(self, stages: Stages) -> None:
        """Do what the last answer did not have to wait for."""
        self._pipeline.look_ahead(stages)

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._people, self._described_ns = 0, 0
        self._pipeline.reset()


class IdentifiedPose:
    """A pose pipeline whose people are described by a re-identification network."""

    def __init__(self, pipeline: PosePipeline, backend: Backend, model: AppearanceModel) -> None:
        """Describe the people of `pipeline` by `model` on its loaded network."""
        self.skeleton = pipeline.skeleton
        self.model_name = pipeline.model_name
        self._pipeline = pipeline
        self._backend = backend
        self._model = model

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames come in the order of their stamps."""
        people = self._pipeline.estimate(frame, stages)
        if len(people) == 0:
            return people
        with stages('preprocess'):
            inputs = self._model.preprocess(frame, people.boxes_xyxy)
        with stages('infer'):
            outputs = self._run(inputs)
        with stages('decode'):
            vectors = self._model.decode(outputs)
        return replace(people, appearances=vectors)

    def look_ahead(self, stages: Stages) -> None:
        """Do what the last answer did not have to wait for."""
        self._pipeline.look_ahead(stages)

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._pipeline.reset()

    def _run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network on all crops at once, or on one after the other where it must be so."""
        ((name, crops),) = inputs.items()
        if self._backend.input_shapes[name][0] != 1:
            return self._backend.run(inputs)
        calls = [self._backend.run({name: crops[i : i + 1]}) for i in range(len(crops))]
        return {key: np.concatenate([call[key] for call in calls]) for key in calls[0]}


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
