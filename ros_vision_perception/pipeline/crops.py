"""A network for crops on all people of a frame at once."""

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.geometry import crop_matrix
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import CropPoseModel, MirrorModel, PointsInImage
from ros_vision_perception.pipeline.stages import Stages

Outputs = dict[str, np.ndarray]


class CropPose:
    """Finds the joints in boxes.

    Attributes:
        skeleton: the joints.
    """

    skeleton: Skeleton

    def __init__(self, backend: Backend, model: CropPoseModel, *, flip_test: bool) -> None:
        """Run `model` on its loaded network.

        Args:
            backend: the network; it may take any number of crops at once, or a fixed one.
            model: how to feed and read it.
            flip_test: whether to average what it says about each crop and about its mirror image.

        Raises:
            ConfigurationError: when it cannot do the flip test.
        """
        if flip_test and not isinstance(model, MirrorModel):
            raise ConfigurationError(
                'the flip test averages heatmaps or SimCC scores; the model gives neither'
            )
        self.skeleton = model.skeleton
        self._backend, self._model = backend, model
        self._mirror = model if flip_test and isinstance(model, MirrorModel) else None
        (shape,) = backend.input_shapes.values()
        self._batch = shape[0]

    def find(self, frame: Frame, boxes_xyxy: np.ndarray, stages: Stages) -> PointsInImage:
        """Return the joints of the people in boxes (N, 4) px, whose edges count from 0."""
        if len(boxes_xyxy) == 0:
            joints = len(self.skeleton)
            return PointsInImage(np.empty((0, joints, 2)), np.empty((0, joints)))
        with stages('preprocess'):
            crops = _crops_from_image(boxes_xyxy, self._model)
            asked = crops if self._mirror is None else _with_mirrored(crops, self._mirror)
        outputs = self._run(frame, asked, stages)
        with stages('decode'):
            if self._mirror is not None:
                outputs = self._mirror.average(*_halves(outputs))
            return self._model.decode(outputs, crops)

    def _run(self, frame: Frame, crops_from_image: np.ndarray, stages: Stages) -> Outputs:
        """Return the outputs of all crops, in one call if the network takes as many."""
        count = len(crops_from_image)
        batch = self._batch or count
        parts = []
        for begin in range(0, count, batch):
            part = crops_from_image[begin : begin + batch]
            with stages('preprocess'):
                # A fixed batch is filled up: of what is missing, the first once more.
                missing = np.repeat(part[:1], batch - len(part), axis=0)
                inputs = self._model.preprocess(frame, np.concatenate((part, missing)))
            with stages('infer'):
                parts.append(self._backend.run(inputs))
        if len(parts) == 1 and batch == count:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}


def _crops_from_image(boxes_xyxy: np.ndarray, model: CropPoseModel) -> np.ndarray:
    """Return the (N, 2, 3) matrices of the crops around boxes."""
    centers = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2 - 0.5
    reach = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) / 2 * model.padding
    padded = np.concatenate((centers - reach, centers + reach), axis=1)
    return np.array([crop_matrix(box, model.crop_size) for box in padded])


def _with_mirrored(crops_from_image: np.ndarray, model: MirrorModel) -> np.ndarray:
    """Return the (2N, 2, 3) matrices of N crops and then of their mirror images."""
    mirrored = crops_from_image * np.array([[-1], [1]])
    mirrored[:, 0, 2] += model.mirror_width
    return np.concatenate((crops_from_image, mirrored))


def _halves(outputs: Outputs) -> tuple[Outputs, Outputs]:
    first = {name: array[: len(array) // 2] for name, array in outputs.items()}
    return first, {name: array[len(array) // 2 :] for name, array in outputs.items()}
