"""Pipelines of models that need one call of one network per frame and keep no past."""

from dataclasses import replace

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.models.base import PoseModel, SegmentationModel
from ros_vision_perception.pipeline.stages import Stages


class NetworkPose:
    """A pose pipeline of such a model."""

    def __init__(
        self, backend: Backend, model: PoseModel, model_name: str, *, with_masks: bool
    ) -> None:
        """Run `model` on its loaded network; give each person's mask, if it has them and asked."""
        self.model_name = model_name
        self._with_masks = with_masks
        self._backend = backend
        self._model = model

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        return self._model.skeleton

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame."""
        with stages('preprocess'):
            inputs = self._model.preprocess([frame])
        with stages('infer'):
            outputs = self._backend.run(inputs)
        with stages('decode'):
            (people,) = self._model.decode(outputs, [frame.size])
        return people if self._with_masks else replace(people, masks=())

    def look_ahead(self, stages: Stages) -> None:
        """Do nothing: each answer needs all there is to do."""

    def reset(self) -> None:
        """Forget the past, of which there is none."""


class NetworkSegmentation:
    """A segmentation pipeline of such a model."""

    def __init__(self, backend: Backend, model: SegmentationModel, model_name: str) -> None:
        """Run `model` on its loaded network."""
        self.model_name = model_name
        self._backend = backend
        self._model = model

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks in the frame."""
        with stages('preprocess'):
            inputs = self._model.preprocess([frame])
        with stages('infer'):
            outputs = self._backend.run(inputs)
        with stages('decode'):
            return self._model.decode(outputs, [frame.size])[0]
