"""One instant, sorted out: which people are in the image, and which mask is whose."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ros_vision_perception.core.association import box_scales, match_masks
from ros_vision_perception.core.geometry import oks_of_pairs, suppress
from ros_vision_perception.core.masks import BoxMask, union
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Keypoints, Observation

PERSON = 'person'
# What people stand on or before, by the first part of a class's name: hides nobody.
_SCENERY = frozenset(
    (
        *('building', 'ceiling', 'dirt', 'floor', 'grass', 'pavement', 'road', 'rug', 'sand'),
        *('sea', 'sidewalk', 'sky', 'snow', 'terrain', 'wall'),
    )
)
# Two poses more alike than this (OKS) are one person found twice.
_SAME_POSE = 0.8


@dataclass(frozen=True)
class People:
    """N people whom the pose model found, each once.

    Attributes:
        keypoints_xy: (N, K, 2) float64 px, NaN where the model gave nothing.
        confidences: (N, K) float64 in [0, 1], how sure the model is to see each joint: its
            visibility, else its score; NaN where it has neither.
        has_visibility: (N, K) bool, whether the confidence is a visibility.
        presence: (N, K) float64, P(inside the image), NaN where the model has none.
        boxes_xyxy: (N, 4) float64 px.
        scales: (N,) float64 px, square root of the person's area.
        person_scores: (N,) float64 in [0, 1].
        keypoints_3d: (N, K, 3) float64 m, from the hip centre; NaN where the model has none.
        masks: N masks of the visible pixels; None where unknown.
        appearances: (N, D) float64, what they look like, NaN where unknown; None when nobody was
            described.
    """

    keypoints_xy: np.ndarray
    confidences: np.ndarray
    has_visibility: np.ndarray
    presence: np.ndarray
    boxes_xyxy: np.ndarray
    scales: np.ndarray
    person_scores: np.ndarray
    keypoints_3d: np.ndarray
    masks: tuple[BoxMask | None, ...]
    appearances: np.ndarray | None = None

    # What each joint has of its own.
    _JOINT_FIELDS: ClassVar = (
        'keypoints_xy',
        'confidences',
        'has_visibility',
        'presence',
        'keypoints_3d',
    )

    def __len__(self) -> int:
        return len(self.person_scores)

    @property
    def depths_3d(self) -> np.ndarray:
        """(N, K) m, how far each joint is behind the hips, NaN where the model has no idea."""
        return self.keypoints_3d[..., 2]

    def in_rows(self, rows: np.ndarray) -> 'People':
        """Return T people, taken from `rows` (T,) of these; of nobody where -1: all NaN."""
        if rows.tolist() == list(range(len(self))):
            return self
        masks = (*self.masks, None)
        somebody = rows >= 0
        everybody = somebody.all()

        def pick(values: np.ndarray, otherwise: float = np.nan) -> np.ndarray:
            if everybody:
                return values[rows]
            picked = np.full((len(rows), *values.shape[1:]), otherwise, values.dtype)
            picked[somebody] = values[rows[somebody]]
            return picked

        return People(
            keypoints_xy=pick(self.keypoints_xy),
            confidences=pick(self.confidences),
            has_visibility=pick(self.has_visibility, False),
            presence=pick(self.presence),
            boxes_xyxy=pick(self.boxes_xyxy),
            scales=pick(self.scales),
            person_scores=pick(self.person_scores),
            keypoints_3d=pick(self.keypoints_3d),
            masks=tuple(masks[row] for row in rows),
            appearances=None if self.appearances is None else pick(self.appearances),
        )

    def with_joints(self, order: np.ndarray) -> 'People':
        """Return the same people, whose joint k was joint `order[n, k]` (N, K)."""
        person = np.arange(len(self))[:, None]
        return replace(
            self, **{name: getattr(self, name)[person, order] for name in self._JOINT_FIELDS}
        )


@dataclass(frozen=True)
class Surroundings:
    """What else the segmentation shows.

    Attributes:
        strangers: masks of people without a pose.
        objects: masks of anything but people, and `object_classes` their names.
        person_region: where a semantic model sees any person; None without one.
    """

    strangers: tuple[BoxMask, ...] = ()
    objects: tuple[BoxMask, ...] = ()
    object_classes: tuple[str, ...] = ()
    person_region: BoxMask | None = None


@dataclass(frozen=True)
class Sightings:
    """T tracked people as one image shows them; row t belongs to track t.

    Attributes:
        track_ids: (T,) int64.
        people: what was detected of them; NaN where they were not.
        found: (T,) bool, whether the pose model found them.
        predicted_xy: (T, K, 2) float64 px, where the track expects the joints, and
            `predicted_variances` (T, K) px^2 of it.
        positions_xy: (T, K, 2) float64 px, detected, else predicted.
        in_image: (T, K) bool, whether the position is inside the image.
        tolerances: (T, K) float64 px, scatter of a well-seen joint.
        scales: (T,) float64 px, square root of the person's area.
        image_size: (width, height) px.
        looked: whether the pose model gave an answer for this image; else nobody was missed.
    """

    track_ids: np.ndarray
    people: People
    found: np.ndarray
    predicted_xy: np.ndarray
    predicted_variances: np.ndarray
    positions_xy: np.ndarray
    in_image: np.ndarray
    tolerances: np.ndarray
    scales: np.ndarray
    image_size: tuple[int, int]
    looked: bool


def sort_out(observation: Observation, skeleton: Skeleton) -> tuple[People, Surroundings]:
    """Find each person once and tell their mask from those of others and of objects.

    A person's own mask is the instance mask that holds their joints, else the pose model's mask.
    """
    keypoints, masks = observation.keypoints, observation.masks
    if keypoints is None:
        keypoints = Keypoints.empty(skeleton, observation.image_size)
    people = _each_once(_people(keypoints), skeleton.sigmas)
    if masks is None:
        return people, Surroundings()
    names = masks.class_names
    persons = np.array([index for index, name in enumerate(names) if name == PERSON], np.intp)
    objects = [
        index
        for index, name in enumerate(names)
        if name != PERSON and name.partition('-')[0] not in _SCENERY
    ]
    person_masks = tuple(masks.masks[index] for index in persons)
    own, strangers, region = list(people.masks), person_masks, None
    if masks.is_instance:
        matched = match_masks(
            people.keypoints_xy,
            np.fmax(people.confidences, 0.0),
            people.boxes_xyxy,
            person_masks,
            masks.boxes_xyxy[persons],
        )
        for person, mask in zip(*matched, strict=True):
            own[person] = person_masks[mask]
        if people.appearances is None and masks.appearances is not None:
            appearances = np.full((len(people), masks.appearances.shape[1]), np.nan)
            appearances[matched[0]] = masks.appearances[persons[matched[1]]]
            people = replace(people, appearances=appearances)
        taken = set(matched[1])
        strangers = tuple(m for index, m in enumerate(person_masks) if index not in taken)
    elif person_masks:
        strangers, region = (), union(person_masks, masks.image_size)
    return replace(people, masks=tuple(own)), Surroundings(
        strangers=strangers,
        objects=tuple(masks.masks[index] for index in objects),
        object_classes=tuple(names[index] for index in objects),
        person_region=region,
    )


def _people(keypoints: Keypoints) -> People:
    """Return everybody with at least one joint; what the model left out is NaN."""
    known = np.isfinite(keypoints.keypoints_xy[..., 0] + keypoints.keypoints_xy[..., 1])
    rows = known.any(axis=1).nonzero()[0]
    joints_xy = np.where(known[..., None], keypoints.keypoints_xy, np.nan)[rows].astype(np.float64)
    boxes_xyxy = keypoints.boxes_xyxy[rows].astype(np.float64)
    for person in (~np.isfinite(boxes_xyxy).all(axis=1)).nonzero()[0]:
        around = joints_xy[person, known[rows[person]]]
        boxes_xyxy[person] = *around.min(axis=0), *around.max(axis=0)
    visibility = keypoints.visibility[rows]
    told = np.isfinite(visibility)
    confidences = np.where(told, visibility, keypoints.scores[rows]).astype(np.float64)
    appearances = keypoints.appearances
    masks = keypoints.masks or (None,) * len(keypoints)
    return People(
        keypoints_xy=joints_xy,
        confidences=confidences.clip(0.0, 1.0),
        has_visibility=told,
        presence=keypoints.presence[rows].astype(np.float64),
        boxes_xyxy=boxes_xyxy,
        scales=box_scales(boxes_xyxy),
        person_scores=np.fmax(keypoints.person_scores[rows], 0.0).astype(np.float64),
        keypoints_3d=keypoints.keypoints_3d[rows].astype(np.float64),
        masks=tuple(_unless_empty(masks[row]) for row in rows),
        appearances=None if appearances is None else appearances[rows].astype(np.float64),
    )


def _each_once(people: People, sigmas: np.ndarray) -> People:
    """Drop poses that repeat a better one."""
    if len(people) < 2:
        return people
    # Only where boxes touch: in a crowd few of all pairs do.
    left, top, right, bottom = people.boxes_xyxy.T
    touch = (left[:, None] <= right) & (left <= right[:, None])
    touch &= (top[:, None] <= bottom) & (top <= bottom[:, None])
    np.fill_diagonal(touch, False)
    one, other = np.nonzero(touch)
    alike = np.zeros(touch.shape)
    joints_xy, areas = people.keypoints_xy, people.scales**2
    alike[one, other] = oks_of_pairs(
        joints_xy[one], joints_xy[other], sigmas, areas[other], np.ones(1)
    )
    if not (alike > _SAME_POSE).any():
        return people
    return people.in_rows(np.sort(suppress(alike, people.person_scores, _SAME_POSE)))


def _unless_empty(mask: BoxMask | None) -> BoxMask | None:
    return mask if mask is not None and mask.bitmap.size else None
