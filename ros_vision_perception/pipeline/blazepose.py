"""BlazePose on a stream of frames: who was seen is followed, and the detector looks for the rest.

A person who is followed costs one landmark crop per frame, and all crops are one call. The
detector finds the others, in a few views of some of the frames (see `search`). While somebody is
followed, it runs between two frames, and whom it finds is looked at in the next one.
"""

from dataclasses import dataclass
import math

import numpy as np

from ros_vision_perception.backends.base import Backend
from ros_vision_perception.core.geometry import crop_matrix
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models import blazepose_detector as detector
from ros_vision_perception.models import blazepose_landmark as landmark
from ros_vision_perception.models.blazepose_landmark import Rois
from ros_vision_perception.pipeline.blazepose_people import Followed, Sight
from ros_vision_perception.pipeline.search import Search
from ros_vision_perception.pipeline.stages import Stages

# A body is about this wide relative to its height. A person who pokes out of a tile by more than
# this share of that is only partly seen there: another tile, or the whole image, sees more.
_BODY_WIDTH, _MAX_OUTSIDE = 0.4, 0.5
# The network doubts people for single frames, above all from behind or when they are hidden, and
# is sure again in the next. A person is followed while the doubt, smoothed with this time
# constant, leaves this confidence.
_DOUBT_S, _MIN_CONFIDENCE = 0.4, 0.3
# Whether it believes in somebody depends erratically on the size of the square, and the points it
# is made from are off for people cut by the border: each look tries another size of new squares.
_SIZES = (1.0, 0.8, 1.3)
# Between two frames; somebody who walks moves by a tenth of their square meanwhile.
_MAX_WAIT_NS = 100_000_000


@dataclass(frozen=True)
class BlazePoseConfig:
    """How many people to follow, and how hard to look for them.

    Attributes:
        max_people: the most people followed at once.
        min_detection_score: of a person the detector finds, in (0, 1).
        min_new_person_score: of a person whom the landmark network sees for the first time. The
            detector may guess generously, because a guess is only kept when this confirms it.
        min_person_score: below it, a person who is followed is left out for this frame.
        search_interval_s: time between two looks for new people while somebody is followed.
        tile_sides: sides of the detector's tiles relative to the image's shorter side; none
            means that only the whole image is searched.
    """

    max_people: int = 10
    min_detection_score: float = 0.4
    min_new_person_score: float = 0.8
    min_person_score: float = 0.5
    search_interval_s: float = 0.2
    tile_sides: tuple[float, ...] = (1.0, 0.7, 0.55)


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
        self._search = Search(config.search_interval_s, config.tile_sides)
        self.reset()

    def reset(self) -> None:
        """Forget everyone: the next frame is the first of a new stream."""
        self._followed = Followed.nobody()
        self._put_off: Frame | None = None
        self._last_ns: int | None = None
        self._search.reset()

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the frame. Frames must come in the order of their stamps."""
        self.look_ahead(stages)
        rois = Rois.concatenate([self._followed.rois, self._newcomers(frame, stages)])
        rois = rois[: self._config.max_people]
        if len(rois) == 0:
            return Keypoints.empty(self.skeleton, frame.size)
        sight = self._see(frame, rois, stages)
        with stages('decode'):
            people = sight.people
            confidences = self._smooth(people.person_scores, frame.stamp_ns)
            # A square in which nobody is seen stays where it is, lest it slide to somebody else.
            sure = people.person_scores >= self._config.min_person_score
            rois = Rois.where(sure, people.next_rois, rois)
            going_on = np.flatnonzero(confidences >= _MIN_CONFIDENCE)
            seen = sight.followed(going_on, rois, confidences)
            distinct = seen.distinct()
            self._followed = seen[distinct]
            return sight.keypoints(
                going_on[distinct], self._followed.masks, self._config.min_person_score
            )

    def look_ahead(self, stages: Stages) -> None:
        """Look for new people in the last frame, if that was put off; the next one shows them."""
        frame, self._put_off = self._put_off, None
        if frame is None:
            return
        rois = self._look_for_people(frame, stages)
        if len(rois) == 0:
            return
        sight = self._see(frame, rois, stages)
        scores = sight.people.person_scores
        believed = np.flatnonzero(scores >= self._config.min_new_person_score)
        new = sight.followed(believed, sight.people.next_rois, scores)
        both = self._followed.joined(new)
        self._followed = both[both.distinct()]

    def _see(self, frame: Frame, rois: Rois, stages: Stages) -> Sight:
        """Return what the landmark network says about the squares in the frame."""
        with stages('preprocess'):
            crops_from_image = rois.crop_from_image()
            tensor = landmark.preprocess(frame, crops_from_image)
        with stages('infer'):
            outputs = self._landmark.run({'image': tensor})
        with stages('decode'):
            people = landmark.decode(outputs, rois, crops_from_image)
            return Sight(people, outputs.get('mask'), crops_from_image, frame.size)

    def _smooth(self, scores: np.ndarray, stamp_ns: int) -> np.ndarray:
        """Return how sure it is, frames before included, that each square holds a person.

        Args:
            scores: (N,) of this frame: first those who were followed here, then new ones.
            stamp_ns: of the frame.
        """
        elapsed_s = 0.0 if self._last_ns is None else (stamp_ns - self._last_ns) * 1e-9
        self._last_ns = stamp_ns
        before = self._followed.confidences
        followed = len(before)
        confidences = np.where(scores >= self._config.min_new_person_score, scores, 0.0)
        share = 1.0 - np.exp(-elapsed_s / _DOUBT_S)
        confidences[:followed] = before + share * (scores[:followed] - before)
        lost = self._followed.rois[confidences[:followed] < _MIN_CONFIDENCE]
        self._search.lose(lost.boxes_xyxy(), stamp_ns)
        return confidences

    def _newcomers(self, frame: Frame, stages: Stages) -> Rois:
        """Return the squares in which somebody new may be, or put off looking for them.

        Nobody waits who is alone, or for a slow camera: they would have left their square.
        """
        gap_ns = math.inf if self._last_ns is None else frame.stamp_ns - self._last_ns
        if len(self._followed) == 0 or gap_ns > _MAX_WAIT_NS:
            return self._look_for_people(frame, stages)
        self._put_off = frame
        return Rois.empty()

    def _look_for_people(self, frame: Frame, stages: Stages) -> Rois:
        """Run the detector where it is due and return the squares of people not yet followed."""
        if len(self._followed) >= self._config.max_people:
            return Rois.empty()
        views = self._search.views(frame, anybody=len(self._followed) > 0)
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
            rois = rois[~_is_followed(rois, self._followed.rois)]
            self._search.look_again(rois.centers_xy, frame.stamp_ns)
            return rois.scaled(_SIZES[self._search.looks % len(_SIZES)])


def _fits(
    people: detector.Detections, view: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return (N,) bool: whether a view (4,) px holds enough of each person found in it."""
    centers = people.points_xy[:, detector.HIP_CENTER]
    along = np.abs(people.points_xy[:, detector.BODY_CIRCLE] - centers)
    reach = along + _BODY_WIDTH * along[:, ::-1]
    # Beyond the border of the image there is nothing to see for any view.
    low = np.where(view[:2] > 0.0, view[:2], -np.inf)
    high = np.where(view[2:] < np.array(image_size) - 1.0, view[2:], np.inf)
    outside = np.maximum(low - (centers - reach), centers + reach - high)
    return (outside < _MAX_OUTSIDE * reach).all(axis=1)


def _is_followed(new: Rois, followed: Rois) -> np.ndarray:
    """Return (N,) bool: whether a new square is around somebody who is followed already."""
    distances = np.linalg.norm(new.centers_xy[:, None] - followed.centers_xy[None], axis=-1)
    sides = np.minimum(new.sides[:, None], followed.sides[None])
    ratios = np.maximum(new.sides[:, None], followed.sides[None]) / sides
    return ((distances < 0.15 * sides) & (ratios < 1.6)).any(axis=1)
