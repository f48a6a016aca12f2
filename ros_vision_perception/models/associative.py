"""Associative embedding: joints of everybody at once, grouped by tags. HigherHRNet, HRNet-AE.

Sources: Newell et al., "Associative Embedding: End-to-End Learning for Joint Detection and
Grouping", 2017; Cheng et al., "HigherHRNet: Scale-Aware Representation Learning for Bottom-Up
Human Pose Estimation", 2020. R, G, B, normalised by the mean and deviation of ImageNet, 512 px.
The first output has K heatmaps and K maps of tags; HigherHRNet's second one K heatmaps of twice
the size. Joints of one person have like tags, joints of others tags at least 1 away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.association import assign
from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.models.imaging import rgb_letterbox, to_tensor
from ros_vision_perception.models.people import people_with_scores

EXPECTED = 'image Nx3xHxW -> Nx34xhxw, and for HigherHRNet Nx17x2hx2w'
_JOINTS = len(COCO17)
_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
_DEFAULT_SIZE = (512, 512)
# The surest first: the joints that begin people and fix their tags.
_ORDER = (0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16)
# Peaks: the least height, the most per joint, and how far apart, cells.
_PEAK, _MOST, _APART = 0.1, 30, 5
# Tags further apart belong to different people.
_SAME_TAG = 1.0
# Joints that tell how sure it is that somebody is there.
_TELLING = 8


@dataclass(frozen=True)
class Associative:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        tags_name: of the output with heatmaps and tags.
        fine_name: of the output with finer heatmaps; None without one.
        config: which people are kept.
    """

    input_name: str
    input_size: tuple[int, int]
    tags_name: str
    fine_name: str | None
    config: DetectionConfig
    skeleton = COCO17

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames."""
        crops = [rgb_letterbox(frame, self.input_size) for frame in frames]
        return {self.input_name: to_tensor(crops, 1 / (255 * _DEVIATION), -_MEAN / _DEVIATION)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame, best first; see `PoseModel.decode`."""
        people = []
        for row, image_size in enumerate(image_sizes):
            maps = np.nan_to_num(outputs[self.tags_name][row])
            heat, tags = maps[:_JOINTS], maps[_JOINTS:]
            if self.fine_name is not None:
                fine = np.nan_to_num(outputs[self.fine_name][row])
                size = fine.shape[2], fine.shape[1]
                heat, tags = (_resized(heat, size) + fine) / 2, _resized(tags, size)
            people.append(self._people(heat, tags, image_size))
        return people

    def _people(
        self, heat: np.ndarray, tags: np.ndarray, image_size: tuple[int, int]
    ) -> Keypoints:
        points, scores, person_scores = group(heat, tags)
        keep = np.flatnonzero(person_scores >= self.config.min_score)
        keep = keep[np.argsort(-person_scores[keep], kind='stable')[: self.config.max_count]]
        points, scores, person_scores = points[keep], scores[keep], person_scores[keep]
        scale, shift = letterbox_scale_shift(image_size, self.input_size)
        cell = np.array(self.input_size) / heat.shape[:0:-1]
        joints = ((points + 0.5) * cell - shift) / scale - 0.5
        boxes = _boxes(joints, scores, image_size)
        return people_with_scores(COCO17, image_size, joints, scores, boxes, person_scores)


def group(heat: np.ndarray, tags: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the joints (P, K, 2) in cells, their scores (P, K), and scores (P,) of the people.

    Joint by joint, the peaks go to the people whose mean tag is like theirs, together at the
    least distance of tags; what is left begins new people. Joints without a peak are where the
    heatmap is highest among the cells whose tag is like the person's; they do not speak for the
    person.

    Args:
        heat: (K, h, w).
        tags: (K, h, w).
    """
    points = np.full((0, len(heat), 2), np.nan)
    scores, own = np.zeros((0, len(heat))), np.full((0, len(heat)), np.nan)
    for joint in _ORDER:
        cells = _peaks(heat[joint])
        rows, columns = cells.T
        heights, marks = heat[joint, rows, columns], tags[joint, rows, columns]
        apart = np.abs(_means(own)[:, None] - marks)
        # Nearer tags first, and of equally near ones the higher peak.
        benefit = np.where(apart < _SAME_TAG, 2.0 - apart + 1e-3 * heights, 0.0)
        people, chosen = assign(benefit)
        # A second peak with the tag of somebody is an echo of the first, and nobody new.
        new = np.flatnonzero(~(apart < _SAME_TAG).any(axis=0))
        grown = len(points) + len(new)
        points, scores, own = (
            np.concatenate((values, np.full((len(new), *values.shape[1:]), filler)))
            for values, filler in ((points, np.nan), (scores, 0.0), (own, np.nan))
        )
        rows_of = np.concatenate((people, np.arange(grown - len(new), grown))).astype(int)
        order = np.concatenate((chosen, new)).astype(int)
        for person, peak in zip(rows_of.tolist(), cells[order].tolist(), strict=True):
            points[person, joint] = _between_cells(heat[joint], *peak)
        scores[rows_of, joint], own[rows_of, joint] = heights[order], marks[order]
    person_scores = np.sort(scores, axis=1)[:, -_TELLING:].mean(axis=1)
    _fill(points, scores, _means(own), heat, tags)
    return points, scores, person_scores


def _means(tags: np.ndarray) -> np.ndarray:
    """Return the mean tag (P,) of each person, of (P, K) with NaN; each has one at least."""
    known = np.isfinite(tags)
    return np.where(known, tags, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def _peaks(heat: np.ndarray) -> np.ndarray:
    """Return row and column (P, 2) of the highest peaks."""
    heat = heat.astype(np.float32)
    highest = cv2.dilate(heat, np.ones((_APART, _APART), np.uint8))
    cells = np.argwhere((heat >= highest) & (heat > _PEAK))
    cells = cells[np.argsort(-heat[tuple(cells.T)], kind='stable')]
    # Of neighbours that are equally high the first one.
    near = np.abs(cells[:, None] - cells).max(axis=2) <= _APART // 2
    return cells[~np.tril(near, -1).any(axis=1)][:_MOST]


def _between_cells(heat: np.ndarray, row: int, column: int) -> tuple[float, float]:
    """Return x, y of a peak, a quarter of a cell towards the higher neighbour."""
    rows, columns = heat.shape
    x, y = float(column), float(row)
    if 0 < column < columns - 1:
        x += 0.25 * np.sign(heat[row, column + 1] - heat[row, column - 1])
    if 0 < row < rows - 1:
        y += 0.25 * np.sign(heat[row + 1, column] - heat[row - 1, column])
    return x, y


def _fill(
    points: np.ndarray, scores: np.ndarray, marks: np.ndarray, heat: np.ndarray, tags: np.ndarray
) -> None:
    """Place, in place, the joints of people that have none."""
    for person, joint in np.argwhere(np.isnan(points[..., 0])).tolist():
        # A cell counts less by its height the further its tag is away, in whole tags.
        value = heat[joint] - np.round(np.abs(tags[joint] - marks[person]))
        row, column = np.unravel_index(value.argmax(), value.shape)
        points[person, joint] = _between_cells(heat[joint], int(row), int(column))
        scores[person, joint] = max(float(heat[joint, row, column]), 0.0)


def _resized(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return (C, h, w) maps of another size (width, height)."""
    return np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in maps])


def _boxes(joints: np.ndarray, scores: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Return the (N, 4) boxes around the joints with a peak, within the image."""
    likely = (scores > _PEAK)[..., None]
    low = np.where(likely, joints, np.inf).min(axis=1, initial=np.inf)
    high = np.where(likely, joints, -np.inf).max(axis=1, initial=-np.inf)
    limit = np.tile(np.array(image_size, np.float32), 2)
    return np.concatenate((low, high + 1), axis=1).clip(0, limit).astype(np.float32)


def recognise(signature: Signature, config: DetectionConfig) -> Associative | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) not in (1, 2):
        return None
    ((input_name, image),) = signature.inputs.items()
    if len(image) != 4 or image[1] != 3:
        return None
    shapes = {name: shape for name, shape in signature.outputs.items() if len(shape) == 4}
    tagged = [name for name, shape in shapes.items() if shape[1] == 2 * _JOINTS]
    fine = [name for name, shape in shapes.items() if shape[1] == _JOINTS]
    if len(tagged) != 1 or len(tagged) + len(fine) != len(signature.outputs):
        return None
    height, width = image[2:]
    size = (width, height) if width and height else _DEFAULT_SIZE
    return Associative(input_name, size, tagged[0], fine[0] if fine else None, config)
