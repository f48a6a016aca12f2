"""Where people are one frame later, from their joints: in between two looks of a detector."""

from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.geometry import box_areas
from ros_vision_perception.core.poses import distinct_poses
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import Boxes, PointsInImage

# A box grows and shrinks from one frame to the next by this factor at most: more is a wrong pose.
_MAX_GROWTH = 1.25
# Of the mean score of the joints at the last look: with less somebody is lost.
_MIN_SHARE = 0.5
# Only of somebody with at least this person score it is worth a look that they are lost: detectors
# guess a lot, and most of their weak guesses come and go.
_LIKELY = 0.5
# After so long without a frame somebody who walks may have left the box.
_MAX_GAP_S = 0.5


@dataclass(frozen=True)
class Followed:
    """N people in one frame.

    Attributes:
        people: boxes, and the scores that the detector gave them when it last looked.
        joints: of these people, all of them numbers.
        sureness: (N,) mean score of their joints when the detector last looked.
        is_likely: (N,) whether somebody was more likely there than not when it last looked.
        image_size: (width, height) px of the frame.
        stamp_ns: of the frame.
    """

    people: Boxes
    joints: PointsInImage
    sureness: np.ndarray
    is_likely: np.ndarray
    image_size: tuple[int, int]
    stamp_ns: int

    @classmethod
    def begin(cls, people: Boxes, joints: PointsInImage, frame: Frame) -> 'Followed':
        """Follow those people whom the detector found and whose joints are numbers."""
        sureness = joints.scores.mean(axis=1)
        is_likely = _person_scores(people, sureness) >= _LIKELY
        found = cls(people, joints, sureness, is_likely, frame.size, frame.stamp_ns)
        return found._only(_are_numbers(joints))

    def __len__(self) -> int:
        return len(self.sureness)

    def leads_to(self, frame: Frame) -> bool:
        """Return whether people may be looked for where they were."""
        gap_s = (frame.stamp_ns - self.stamp_ns) * 1e-9
        return frame.size == self.image_size and gap_s <= _MAX_GAP_S

    def go_on(self, joints: PointsInImage, frame: Frame, skeleton: Skeleton) -> 'Followed':
        """Return those of the N people who are still there.

        Args:
            joints: found in their boxes.
            frame: in which they were found.
            skeleton: of the joints.
        """
        seen = _are_numbers(joints) & (joints.scores.mean(axis=1) >= _MIN_SHARE * self.sureness)
        before, joints = self._only(seen), joints[seen]
        boxes = _moved(before.people.boxes_xyxy, before.joints, joints)
        boxes = np.clip(boxes, 0, np.tile(self.image_size, 2)).astype(np.float32)
        people = Boxes(boxes, before.people.scores)
        now = replace(before, people=people, joints=joints, stamp_ns=frame.stamp_ns)
        now = now._only(box_areas(boxes) > 1)
        return now._only(distinct_poses(now.joints.points_xy, now.person_scores, skeleton))

    @property
    def person_scores(self) -> np.ndarray:
        """(N,) how likely each is a person, in [0, 1]."""
        return _person_scores(self.people, self.joints.scores.mean(axis=1))

    def _only(self, rows: np.ndarray) -> 'Followed':
        people = Boxes(self.people.boxes_xyxy[rows], self.people.scores[rows])
        return replace(
            self,
            people=people,
            joints=self.joints[rows],
            sureness=self.sureness[rows],
            is_likely=self.is_likely[rows],
        )


def _person_scores(people: Boxes, sureness: np.ndarray) -> np.ndarray:
    # A box may hold no person, or half of one: the joints know better. The root ranks people as
    # the usual product does, and the tracking may take it for a probability.
    return np.sqrt(people.scores * sureness)


def _are_numbers(joints: PointsInImage) -> np.ndarray:
    """Return the (N,) people all of whose joints are numbers."""
    finite = np.isfinite(joints.points_xy).all(axis=2) & np.isfinite(joints.scores)
    return finite.all(axis=1)


def _moved(boxes_xyxy: np.ndarray, before: PointsInImage, now: PointsInImage) -> np.ndarray:
    """Return boxes (N, 4) after they moved and grew as the joints in them did.

    On clips this comes closer to what the detector says than a box around the joints, which loses
    legs that are hidden for a moment.
    """
    weights = before.scores * now.scores
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    old_middle, old_spread = _middle(before.points_xy, weights)
    new_middle, new_spread = _middle(now.points_xy, weights)
    growth = (new_spread / np.maximum(old_spread, 1e-9)).clip(1 / _MAX_GROWTH, _MAX_GROWTH)
    # Edges count from 0, half a pixel before the middle of the first pixel.
    corners = boxes_xyxy.reshape(-1, 2, 2) - 0.5 - old_middle[:, None]
    return (corners * growth[:, None, None] + new_middle[:, None] + 0.5).reshape(-1, 4)


def _middle(points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the means (N, 2) and the root mean square distances (N,) from them, px."""
    middle = np.einsum('nk,nkc->nc', weights, points)
    squared = ((points - middle[:, None]) ** 2).sum(axis=2)
    return middle, np.sqrt((weights * squared).sum(axis=1))
