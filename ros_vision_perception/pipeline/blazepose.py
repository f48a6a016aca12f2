"""BlazePose on a stream of frames: who was seen is followed, and the detector looks for the rest.

A person who is followed costs one landmark crop per frame, and all crops are one call. The
detector is run on everything at first, then on one view at a time, in turn, so that its cost is
spread thin: the whole image, and square tiles in which small people appear larger.
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.geometry import crop_matrix
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.poses import distinct_poses, whole_bodies
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models import blazepose_detector as detector
from ros_vision_perception.models import blazepose_landmark as landmark
from ros_vision_perception.models.blazepose_landmark import Rois
from ros_vision_perception.pipeline.stages import Stages

# A person whose circle pokes out of a tile by more than this share of its radius is only partly
# seen there: another tile, or the whole image, sees more.
_MAX_OUTSIDE = 0.5


@dataclass(frozen=True)
class BlazePoseConfig:
    """How many people to follow, and how hard to look for them.

    Attributes:
        max_people: the most people followed at once.
        min_detection_score: of a person the detector finds, in (0, 1).
        min_new_person_score: of a person whom the landmark network sees for the first time. The
            detector may guess generously, because a guess is only kept when this confirms it.
        min_person_score: of a person who is followed on, in (0, 1).
        detect_interval_s: time between two looks for new people while somebody is followed.
        tile_sides: sides of the detector's tiles relative to the image's shorter side; none
            means that only the whole image is searched.
    """

    max_people: int = 10
    min_detection_score: float = 0.5
    min_new_person_score: float = 0.8
    min_person_score: float = 0.5
    detect_interval_s: float = 0.25
    tile_sides: tuple[float, ...] = (1.0, 0.5)


class BlazePosePipeline:
    """Finds and follows people. Keeps the squares around them from frame to frame."""

    skeleton = BLAZEPOSE33

    def __init__(
        self,
        detector_backend: Backend,
        landmark_backend: Backend,
        model_name: str,
        config: BlazePoseConfig,
    ) -> None:
        """Use two loaded networks; `landmark_backend` may or may not give 'mask'."""
        self.model_name = model_name
        self._detector = detector_backend
        self._landmark = landmark_backend
        self._config = config
        self.reset()

    def reset(self) -> None:
        """Forget everyone: the next frame is the first of a new stream."""
        self._rois = Rois.empty()
        self._lost_someone = True
        self._last_look_ns: int | None = None
        self._turn = 0

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames must come in the order of their stamps."""
        rois = self._rois
        if len(rois) < self._config.max_people:
            rois = Rois.concatenate([rois, self._look_for_people(frame, stages)])
        rois = rois[: self._config.max_people]
        if len(rois) == 0:
            self._rois, self._lost_someone = rois, True
            return Keypoints.empty(self.skeleton, frame.size)
        with stages('preprocess'):
            crops_from_image = rois.crop_from_image()
            tensor = landmark.preprocess(frame, crops_from_image)
        with stages('infer'):
            outputs = self._landmark.run({'image': tensor})
        with stages('decode'):
            people = landmark.decode(outputs, rois, crops_from_image)
            keep = self._people(people)
            masks: tuple[BoxMask, ...] = ()
            if 'mask' in outputs:
                masks = tuple(
                    landmark.decode_mask(
                        outputs['mask'][i].squeeze(), crops_from_image[i], frame.size
                    )
                    for i in keep
                )
                whole = whole_bodies(masks)
                keep, masks = keep[whole], tuple(masks[i] for i in whole)
            self._lost_someone = len(keep) < len(self._rois)
            self._rois = people.next_rois[keep]
            return _to_keypoints(people, keep, masks, frame.size)

    def _look_for_people(self, frame: Frame, stages: Stages) -> Rois:
        """Run the detector where it is due and return the squares of people not yet followed."""
        views = self._due_views(frame)
        if len(views) == 0:
            return Rois.empty()
        found = []
        for view in views:
            crop_from_image = crop_matrix(view, detector.INPUT_SIZE)
            with stages('preprocess'):
                tensor = detector.preprocess(frame, crop_from_image)
            with stages('infer'):
                outputs = self._detector.run({'image': tensor})
            with stages('decode'):
                boxes, logits = outputs['boxes'][0], outputs['scores'].reshape(-1)
                seen = detector.decode(
                    boxes, logits, crop_from_image, self._config.min_detection_score
                )
                found.append(seen[_fits(seen, view, frame.size)])
        with stages('decode'):
            people = detector.weighted_nms(detector.Detections.concatenate(found))
            hips = people.points_xy[:, detector.HIP_CENTER]
            rois = Rois.from_alignment(hips, people.points_xy[:, detector.BODY_CIRCLE])
            return rois[~_is_followed(rois, self._rois)]

    def _due_views(self, frame: Frame) -> np.ndarray:
        """Return the squares (V, 4) px to search in this frame."""
        first = self._last_look_ns is None
        elapsed_ns = 0 if first else frame.stamp_ns - self._last_look_ns
        if not (first or self._lost_someone or elapsed_ns >= self._config.detect_interval_s * 1e9):
            return np.empty((0, 4))
        self._last_look_ns = frame.stamp_ns
        views = search_views(frame.size, self._config.tile_sides)
        if first:
            return views
        self._turn = (self._turn + 1) % len(views)
        if self._lost_someone:
            return views[[0]] if self._turn == 0 else views[[0, self._turn]]
        return views[[self._turn]]

    def _people(self, people: landmark.Landmarks) -> np.ndarray:
        """Return the indices of the squares that hold a person, each person once."""
        is_new = np.arange(len(people.person_scores)) >= len(self._rois)
        least = np.where(is_new, self._config.min_new_person_score, self._config.min_person_score)
        likely = np.flatnonzero(people.person_scores >= least)
        distinct = distinct_poses(
            people.keypoints_xy[likely], people.person_scores[likely], self.skeleton
        )
        return likely[distinct]


def search_views(image_size: tuple[int, int], tile_sides: tuple[float, ...]) -> np.ndarray:
    """Return the squares to search: the whole image first, then tiles that overlap by half.

    Args:
        image_size: (width, height) px.
        tile_sides: sides of the tiles relative to the shorter side of the image.

    Returns:
        (V, 4) boxes xyxy px, with the edges of pixel (0, 0) at -0.5 and 0.5.
    """
    width, height = image_size
    whole = max(image_size)
    corners = [((width - whole) / 2, (height - whole) / 2, whole)]
    for relative in tile_sides:
        side = relative * min(image_size)
        if side < 0.9 * whole:
            corners += [(x, y, side) for y in _steps(height, side) for x in _steps(width, side)]
    return np.array([(x, y, x + side, y + side) for x, y, side in corners]) - 0.5


def _steps(length: float, side: float) -> np.ndarray:
    """Return where tiles of `side` begin so that they cover `length` and overlap by about half."""
    return np.linspace(0.0, length - side, 1 + int(np.ceil((length - side) / (0.55 * side) - 1e-6)))


def _fits(people: detector.Detections, view: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Return (N,) bool: whether a view (4,) px holds enough of each person found in it."""
    centers = people.points_xy[:, detector.HIP_CENTER]
    circle = people.points_xy[:, detector.BODY_CIRCLE]
    radii = np.linalg.norm(circle - centers, axis=-1, keepdims=True)
    # Beyond the border of the image there is nothing to see for any view.
    low = np.where(view[:2] > 0.0, view[:2], -np.inf)
    high = np.where(view[2:] < np.array(image_size) - 1.0, view[2:], np.inf)
    outside = np.maximum(low - (centers - radii), centers + radii - high)
    return (outside < _MAX_OUTSIDE * radii).all(axis=1)


def _is_followed(new: Rois, followed: Rois) -> np.ndarray:
    """Return (N,) bool: whether a new square is around somebody who is followed already."""
    distances = np.linalg.norm(new.centers_xy[:, None] - followed.centers_xy[None], axis=-1)
    sides = np.minimum(new.sides[:, None], followed.sides[None])
    ratios = np.maximum(new.sides[:, None], followed.sides[None]) / sides
    return ((distances < 0.15 * sides) & (ratios < 1.6)).any(axis=1)


def _to_keypoints(
    people: landmark.Landmarks,
    keep: np.ndarray,
    masks: tuple[BoxMask, ...],
    image_size: tuple[int, int],
) -> Keypoints:
    xy = people.keypoints_xy[keep]
    seen = people.presence[keep] > 0.5
    seen |= ~seen.any(axis=1, keepdims=True)
    low = np.where(seen[..., None], xy, np.inf).min(axis=1)
    high = np.where(seen[..., None], xy, -np.inf).max(axis=1)
    limit = np.array(image_size, np.float32)
    boxes = np.concatenate((low.clip(0, limit), high.clip(0, limit)), axis=1)
    return Keypoints(
        skeleton=BLAZEPOSE33,
        image_size=image_size,
        keypoints_xy=xy,
        scores=people.visibility[keep],
        visibility=people.visibility[keep],
        presence=people.presence[keep],
        boxes_xyxy=boxes.astype(np.float32),
        person_scores=people.person_scores[keep],
        keypoints_3d=people.keypoints_3d[keep],
        masks=masks,
    )
