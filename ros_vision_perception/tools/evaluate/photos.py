"""Annotated photographs: whose joints are hidden, and by whom.

COCO's annotators marked each joint as seen (2), hidden (1) or not there (0). By whom or what it
is hidden, the masks tell. Where only masks are annotated, the model's own joints are asked in
whose mask they lie: in another person's, they are hidden by that person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ros_vision_perception.core.association import box_scales, match_masks
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17, Skeleton
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.truth import Truth

_SEEN, _HIDDEN = 2, 1
# The model's joint may be a little off: it lies in a mask when this far around it, relative to
# the size of the person, all is in the mask.
_MARGIN = 0.02


@dataclass(frozen=True)
class Photo:
    """What is annotated in a photograph with N people.

    Attributes:
        path: the photograph.
        boxes_xyxy: (N, 4) px.
        areas_px2: (N,).
        joints: (N, 17, 3) x, y px and COCO's flag; None where only masks are annotated.
        masks: N masks of what is visible of the people; empty where none are annotated.
        things: masks of all that is not a person.
    """

    path: Path
    boxes_xyxy: np.ndarray
    areas_px2: np.ndarray
    joints: np.ndarray | None
    masks: tuple[BoxMask, ...]
    things: tuple[BoxMask, ...]

    def truth(self, skeleton: Skeleton, keypoints: Keypoints) -> Truth:
        """Return what is true of the photograph.

        Args:
            skeleton: of the result.
            keypoints: what a model finds, in that skeleton; only looked at where no joints are
                annotated.
        """
        if self.joints is None:
            return self._truth_by_masks(keypoints)
        points, flags = self.joints[..., :2].copy(), self.joints[..., 2]
        states = np.full(flags.shape, JointState.UNKNOWN, np.uint8)
        states[flags == _SEEN] = JointState.VISIBLE
        states[flags == _HIDDEN] = JointState.PREDICTED
        points[states == JointState.UNKNOWN] = np.nan
        occluders = np.full(flags.shape, -1)
        if self.masks:
            for row, joint in np.argwhere(flags == _HIDDEN).tolist():
                states[row, joint], occluders[row, joint] = self._cause(row, points[row, joint])
        known = states != JointState.UNKNOWN
        return Truth(COCO17, points, states, occluders, self.areas_px2, known).in_skeleton(
            skeleton
        )

    def _cause(self, row: int, point: np.ndarray) -> tuple[JointState, int]:
        """Return why a hidden joint is hidden, and by whom."""
        owners = [person for person, mask in enumerate(self.masks) if mask.contains(point)]
        if owners == [row]:
            return JointState.OCCLUDED_BY_SELF, -1
        if len(owners) == 1:
            return JointState.OCCLUDED_BY_PERSON, owners[0]
        return (JointState.PREDICTED if owners else JointState.OCCLUDED_BY_OBJECT), -1

    def _truth_by_masks(self, keypoints: Keypoints) -> Truth:
        shape = len(self.masks), len(keypoints.skeleton)
        points, occluders = np.full((*shape, 2), np.nan), np.full(shape, -1)
        states = np.full(shape, JointState.UNKNOWN, np.uint8)
        poses, rows = match_masks(
            keypoints.keypoints_xy,
            keypoints.scores,
            keypoints.boxes_xyxy,
            self.masks,
            self.boxes_xyxy,
        )
        for pose, row in zip(poses.tolist(), rows.tolist(), strict=True):
            points[row] = keypoints.keypoints_xy[pose]
            margin = _MARGIN * float(box_scales(keypoints.boxes_xyxy[[pose]])[0])
            for thing in self.things:
                states[row, _wholly_in(thing, points[row], margin)] = JointState.OCCLUDED_BY_OBJECT
            for other, mask in enumerate(self.masks):
                inside = _wholly_in(mask, points[row], margin)
                # On the own body, the masks do not tell seen from hidden by itself.
                states[row, inside] = (
                    JointState.UNKNOWN if other == row else JointState.OCCLUDED_BY_PERSON
                )
                occluders[row, inside] = -1 if other == row else other
        nowhere = np.zeros(shape, bool)
        return Truth(keypoints.skeleton, points, states, occluders, self.areas_px2, nowhere)


def read_photos(annotations: Path, images: Path) -> list[Photo]:
    """Return the photographs with people that a file in COCO's form tells of.

    Raises:
        ConfigurationError: when the file cannot be read.
    """
    data = coco.read_annotations(annotations)
    names = {number: category['name'] for number, category in data.cats.items()}
    photos = []
    for image_id in sorted(data.imgs):
        entries = [entry for entry in data.imgToAnns[image_id] if not entry.get('iscrowd')]
        people = [entry for entry in entries if names[entry['category_id']] == 'person']
        things = [entry for entry in entries if names[entry['category_id']] != 'person']
        if people:
            path = images / Path(data.imgs[image_id]['file_name']).name
            photos.append(_photo(path, people, things, data))
    return photos


def _photo(path: Path, people: list[dict], things: list[dict], data: Any) -> Photo:
    boxes = np.array([entry['bbox'] for entry in people], np.float64)
    boxes[:, 2:] += boxes[:, :2]
    areas = box_scales(boxes) ** 2
    names = data.cats[people[0]['category_id']].get('keypoints')
    return Photo(
        path,
        boxes.astype(np.float32),
        np.array([entry.get('area', area) for entry, area in zip(people, areas, strict=True)]),
        _joints(people, names) if 'keypoints' in people[0] else None,
        tuple(_masks(people, data)),
        tuple(_masks(things, data)),
    )


def _joints(people: list[dict], names: Sequence[str]) -> np.ndarray:
    """Return (N, 17, 3) COCO's joints, by name, flag 0 where there are none."""
    joints = np.zeros((len(people), len(COCO17), 3))
    for column, name in enumerate(names):
        if name in COCO17.joint_names:
            joints[:, COCO17.index(name)] = [
                entry['keypoints'][3 * column : 3 * column + 3] for entry in people
            ]
    return joints


def _masks(entries: list[dict], data: Any) -> Iterator[BoxMask]:
    """Yield the mask of each entry; nothing at all when one has none."""
    if all(entry.get('segmentation') for entry in entries):
        for entry in entries:
            yield BoxMask.from_bitmap(data.annToMask(entry).astype(bool))


def _wholly_in(mask: BoxMask, points_xy: np.ndarray, margin: float) -> np.ndarray:
    """Return (K,) bool: whether the mask has each point (K, 2) and all around it."""
    around = margin * np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)])
    return np.all(mask.contains(points_xy[:, None] + around), axis=1)
