"""Poses from two networks: one finds the people, the other their joints, in a crop of each."""

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.geometry import crop_matrix
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import Boxes, CropPoseModel, DetectorModel, PointsInImage
from ros_vision_perception.pipeline.stages import Stages

# A crop is this much larger than the box, as in the training of most networks for crops (Xiao et
# al., "Simple Baselines for Human Pose Estimation and Tracking", 2018).
_PADDING = 1.25


class TopDownPose:
    """A pose pipeline of a detector and a network for crops; it keeps no past."""

    def __init__(
        self,
        detector: tuple[Backend, DetectorModel],
        pose: tuple[Backend, CropPoseModel],
        model_name: str,
    ) -> None:
        """Run both models on their loaded networks."""
        self.model_name = model_name
        self._detector_backend, self._detector = detector
        self._pose_backend, self._pose = pose
        self._batch = fixed_batch(self._pose_backend)

    @property
    def skeleton(self) -> Skeleton:
        """The joints of every person."""
        return self._pose.skeleton

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame."""
        with stages('preprocess'):
            inputs = self._detector.preprocess([frame])
        with stages('infer'):
            outputs = self._detector_backend.run(inputs)
        with stages('decode'):
            (people,) = self._detector.decode(outputs, [frame.size])
            crops = _crops_from_image(people.boxes_xyxy, self._pose.crop_size)
        if len(crops) == 0:
            return Keypoints.empty(self.skeleton, frame.size)
        batch = self._batch or len(crops)
        parts = [
            self._joints(frame, crops[begin : begin + batch], stages)
            for begin in range(0, len(crops), batch)
        ]
        with stages('decode'):
            joints = PointsInImage(
                np.concatenate([part.points_xy for part in parts]),
                np.concatenate([part.scores for part in parts]),
            )
            return _keypoints(people, joints, self.skeleton, frame.size)

    def reset(self) -> None:
        """Forget the past, of which there is none."""

    def _joints(self, frame: Frame, crops_from_image: np.ndarray, stages: Stages) -> PointsInImage:
        count = len(crops_from_image)
        if self._batch is not None:
            # A network of a fixed batch gets it full: of what is missing, the first once more.
            missing = np.repeat(crops_from_image[:1], self._batch - count, axis=0)
            crops_from_image = np.concatenate((crops_from_image, missing))
        with stages('preprocess'):
            inputs = self._pose.preprocess(frame, crops_from_image)
        with stages('infer'):
            outputs = self._pose_backend.run(inputs)
        with stages('decode'):
            joints = self._pose.decode(outputs, crops_from_image)
            return PointsInImage(joints.points_xy[:count], joints.scores[:count])


def fixed_batch(backend: Backend) -> int | None:
    """Return how many crops a network takes at once; None when it takes any number."""
    (shape,) = backend.input_shapes.values()
    return shape[0]


def _crops_from_image(boxes_xyxy: np.ndarray, crop_size: tuple[int, int]) -> np.ndarray:
    """Return the (N, 2, 3) matrices of the crops around boxes, whose edges count from 0."""
    centers = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2 - 0.5
    reach = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) / 2 * _PADDING
    padded = np.concatenate((centers - reach, centers + reach), axis=1)
    return np.array([crop_matrix(box, crop_size) for box in padded]).reshape(-1, 2, 3)


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
