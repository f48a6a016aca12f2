"""Whom BlazePose's landmark network saw in a frame, and whom of them to follow."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.poses import distinct_poses, whole_bodies
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.models import blazepose_landmark as landmark
from ros_vision_perception.models.blazepose_landmark import Landmarks, Rois


@dataclass(frozen=True)
class Followed:
    """N people after a frame.

    Attributes:
        rois: where to look for them in the next one.
        confidences: (N,) how sure it is that each is a person, in [0, 1].
        keypoints_xy: (N, 33, 2) px, in this frame.
        masks: N masks in this frame; none where the network gives none.
    """

    rois: Rois
    confidences: np.ndarray
    keypoints_xy: np.ndarray
    masks: tuple[BoxMask, ...]

    @classmethod
    def nobody(cls) -> 'Followed':
        """Return no people."""
        return cls(Rois.empty(), np.empty(0), np.empty((0, len(BLAZEPOSE33), 2), np.float32), ())

    def __len__(self) -> int:
        return len(self.confidences)

    def __getitem__(self, indices: np.ndarray) -> 'Followed':
        masks = tuple(self.masks[i] for i in indices) if self.masks else ()
        xy = self.keypoints_xy[indices]
        return Followed(self.rois[indices], self.confidences[indices], xy, masks)

    def joined(self, others: 'Followed') -> 'Followed':
        """Return these people and others of the same frame."""
        return Followed(
            Rois.concatenate([self.rois, others.rois]),
            np.concatenate((self.confidences, others.confidences)),
            np.concatenate((self.keypoints_xy, others.keypoints_xy)),
            self.masks + others.masks,
        )

    def distinct(self) -> np.ndarray:
        """Return the indices, in order, of those who are not somebody else or a part of them."""
        indices = distinct_poses(self.keypoints_xy, self.confidences, BLAZEPOSE33)
        if not self.masks:
            return indices
        return indices[whole_bodies(tuple(self.masks[i] for i in indices))]


@dataclass(frozen=True)
class Sight:
    """What the network says about N squares of one frame.

    Attributes:
        people: as if each square held a person.
        mask_logits: (N, 1, 256, 256) or (N, 256, 256, 1), in the crops; None without masks.
        crops_from_image: (N, 2, 3) matrices, px to px.
        image_size: (width, height) px.
    """

    people: Landmarks
    mask_logits: np.ndarray | None
    crops_from_image: np.ndarray
    image_size: tuple[int, int]

    def followed(self, indices: np.ndarray, rois: Rois, confidences: np.ndarray) -> Followed:
        """Return the people at `indices`, with their part of N `rois` and `confidences`."""
        xy = self.people.keypoints_xy[indices]
        return Followed(rois[indices], confidences[indices], xy, self._masks(indices))

    def keypoints(
        self, indices: np.ndarray, masks: tuple[BoxMask, ...], min_score: float
    ) -> Keypoints:
        """Return the people at `indices`, whose masks are `masks`, as far as they are likely."""
        people = self.people
        shown = people.person_scores[indices] >= min_score
        masks = tuple(mask for mask, show in zip(masks, shown, strict=False) if show)
        keep = indices[shown]
        xy = people.keypoints_xy[keep]
        inside = people.presence[keep] > 0.5
        inside |= ~inside.any(axis=1, keepdims=True)
        limit = np.array(self.image_size, np.float32)
        low = np.where(inside[..., None], xy, np.inf).min(axis=1).clip(0, limit)
        high = np.where(inside[..., None], xy, -np.inf).max(axis=1).clip(0, limit)
        return Keypoints(
            skeleton=BLAZEPOSE33,
            image_size=self.image_size,
            keypoints_xy=xy,
            scores=people.visibility[keep],
            visibility=people.visibility[keep],
            presence=people.presence[keep],
            boxes_xyxy=np.concatenate((low, high), axis=1).astype(np.float32),
            person_scores=people.person_scores[keep],
            keypoints_3d=people.keypoints_3d[keep],
            masks=masks,
        )

    def _masks(self, indices: np.ndarray) -> tuple[BoxMask, ...]:
        if self.mask_logits is None:
            return ()
        return tuple(
            landmark.decode_mask(
                self.mask_logits[i].squeeze(), self.crops_from_image[i], self.image_size
            )
            for i in indices
        )
