"""PersonLab, as in PoseNet and BodyPix: joints of everybody at once, grouped by part offsets.

Source: Papandreou et al., "PersonLab: Person Pose Estimation and Instance Segmentation with a
Bottom-Up, Part-Based, Geometric Embedding Model", 2018, and the published networks: R, G, B in
[-1, 1]; one cell every 16 px (or 8, or 32), the first on the first pixel. Per cell: logits of 17
joints; offsets to where the joint is exactly, first y, then x; displacements along the 16 edges of
a tree from the nose, forward and backward.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.geometry import letterbox_scale_shift
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, Keypoints
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.imaging import rgb_letterbox
from ros_vision_perception.models.people import people_with_scores

EXPECTED = (
    'image NxHxWx3 -> heatmaps Nxhxwx17, short_offsets Nxhxwx34, displacement_fwd and '
    'displacement_bwd Nxhxwx32'
)
OUTPUTS = 'heatmaps', 'short_offsets', 'displacement_fwd', 'displacement_bwd'
_CHANNELS = 17, 34, 32, 32
# The tree: from the nose outwards.
_EDGES = tuple(
    (COCO17.index(parent), COCO17.index(child))
    for parent, child in (
        *(('nose', 'left_eye'), ('left_eye', 'left_ear')),
        *(('nose', 'right_eye'), ('right_eye', 'right_ear')),
        *(('nose', 'left_shoulder'), ('left_shoulder', 'left_elbow')),
        *(('left_elbow', 'left_wrist'), ('left_shoulder', 'left_hip')),
        *(('left_hip', 'left_knee'), ('left_knee', 'left_ankle')),
        *(('nose', 'right_shoulder'), ('right_shoulder', 'right_elbow')),
        *(('right_elbow', 'right_wrist'), ('right_shoulder', 'right_hip')),
        *(('right_hip', 'right_knee'), ('right_knee', 'right_ankle')),
    )
)
# For networks that take any size: the longest side, px, and the px between two cells.
_LONGEST, _STRIDE = 513, 16
# A person begins at a joint at least this sure, and no nearer than this to the same joint of one
# who is surer, px of the input.
_SEED, _APART = 0.3, 20.0
# So many joints tell how sure it is that somebody is there.
_TELLING = 8
# How often a joint is drawn to where the cell that it lies in says that it is.
_REFINEMENTS = 2


@dataclass(frozen=True)
class PersonLab:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px; None when the network takes any.
        output_names: of `OUTPUTS`.
        config: which people are kept.
    """

    input_name: str
    input_size: tuple[int, int] | None
    output_names: tuple[str, ...]
    config: DetectionConfig
    skeleton = COCO17

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames of one size."""
        size = self.size_for(frames[0].size)
        crops = [rgb_letterbox(frame, size) for frame in frames]
        return {self.input_name: np.array(crops, np.float32) / 127.5 - 1}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[Keypoints]:
        """Return the people of each frame, best first; see `PoseModel.decode`."""
        return [
            self._people(
                _Field.of([outputs[name][row] for name in self.output_names], self.size_for(size)),
                size,
            )
            for row, size in enumerate(image_sizes)
        ]

    def _people(self, field: '_Field', image_size: tuple[int, int]) -> Keypoints:
        found = sorted(_poses(field, self.config), key=lambda pose: -pose[2])
        if not found:
            return Keypoints.empty(COCO17, image_size)
        points, scores, person_scores = (
            np.array(part, np.float32) for part in zip(*found, strict=True)
        )
        scale, shift = letterbox_scale_shift(image_size, self.size_for(image_size))
        joints = (points + 0.5 - shift) / scale - 0.5
        boxes = _boxes(joints, scores, image_size)
        return people_with_scores(COCO17, image_size, joints, scores, boxes, person_scores)

    def size_for(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the input for an image."""
        if self.input_size is not None:
            return self.input_size
        scale = (_LONGEST - 1) / max(image_size)
        width, height = (
            max(1, round(length * scale / _STRIDE)) * _STRIDE + 1 for length in image_size
        )
        return width, height


@dataclass(frozen=True)
class _Field:
    """What the network says of one image, h x w cells.

    Attributes:
        scores: (h, w, 17) probabilities.
        exact: (h, w, 17, 2) px x, y: where the joint near a cell is exactly.
        along: (2, h, w, 16, 2) px: from one end of an edge to the other, forward and backward.
        cell: (2,) px between two cells.
    """

    scores: np.ndarray
    exact: np.ndarray
    along: np.ndarray
    cell: np.ndarray

    @classmethod
    def of(cls, arrays: list[np.ndarray], size: tuple[int, int]) -> '_Field':
        heatmaps, offsets, forward, backward = arrays
        rows, columns = heatmaps.shape[:2]
        cell = (np.array(size) - 1) / np.maximum((columns - 1, rows - 1), 1)
        grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1) * cell
        return cls(
            1 / (1 + np.exp(-heatmaps)),
            grid[:, :, None] + _pairs(offsets),
            np.stack((_pairs(forward), _pairs(backward))),
            cell,
        )

    def cell_at(self, point: np.ndarray) -> tuple[int, int]:
        """Return row and column of the cell nearest to a point (2,) px."""
        rows, columns = self.scores.shape[:2]
        column, row = np.rint(point / self.cell).astype(int).tolist()
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def _pairs(values: np.ndarray) -> np.ndarray:
    """Return (h, w, n, 2) x, y of (h, w, 2 n), first all y, then all x."""
    half = values.shape[-1] // 2
    return np.stack((values[..., half:], values[..., :half]), axis=-1)


def _poses(
    field: _Field, config: DetectionConfig
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Yield joints (17, 2) px of the input, their scores (17,) and the score of each person."""
    taken = np.empty((0, len(COCO17), 2))
    for row, column, joint in _seeds(field.scores):
        seed = field.exact[row, column, joint]
        if not np.isfinite(seed).all() or _is_near(seed, taken[:, joint]):
            continue
        points, scores = _trace(field, joint, seed, float(field.scores[row, column, joint]))
        # What somebody else has already does not count.
        own = ~(np.linalg.norm(taken - points, axis=-1) < _APART).any(axis=0)
        # Of the better half of the joints: whoever shows only that is no less a person.
        person_score = float(np.sort(np.where(own, scores, 0.0))[-_TELLING:].mean())
        if person_score < config.min_score or not np.isfinite(points).all():
            continue
        taken = np.concatenate((taken, points[None]))
        yield points, scores, person_score
        if len(taken) == config.max_count:
            return


def _seeds(scores: np.ndarray) -> list[tuple[int, int, int]]:
    """Return row, column and joint of the local maxima that are sure enough, best first."""
    padded = np.pad(scores, ((1, 1), (1, 1), (0, 0)), constant_values=-1.0)
    rows, columns = scores.shape[:2]
    around = [
        padded[row : row + rows, column : column + columns]
        for row in range(3)
        for column in range(3)
    ]
    peaks = np.argwhere((scores >= np.max(around, axis=0)) & (scores >= _SEED))
    order = np.argsort(-scores[tuple(peaks.T)], kind='stable')
    return [(row, column, joint) for row, column, joint in peaks[order].tolist()]


def _is_near(point: np.ndarray, others: np.ndarray) -> bool:
    return bool((np.linalg.norm(others - point, axis=-1) < _APART).any())


def _trace(
    field: _Field, joint: int, point: np.ndarray, score: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return all joints (17, 2) of the person with this joint, and their scores (17,)."""
    points, scores = np.full((len(COCO17), 2), np.nan), np.full(len(COCO17), np.nan)
    points[joint], scores[joint] = point, score
    # To the nose first, then from there to all the others.
    for edge in reversed(range(len(_EDGES))):
        parent, child = _EDGES[edge]
        if not np.isnan(scores[child]) and np.isnan(scores[parent]):
            points[parent], scores[parent] = _step(field, 1, edge, points[child], parent)
    for edge, (parent, child) in enumerate(_EDGES):
        if np.isnan(scores[child]):
            points[child], scores[child] = _step(field, 0, edge, points[parent], child)
    return points, scores


def _step(
    field: _Field, direction: int, edge: int, start: np.ndarray, joint: int
) -> tuple[np.ndarray, float]:
    """Return where the joint at the other end of an edge is, and its score."""
    point, score = start, 0.0
    if np.isfinite(point).all():
        row, column = field.cell_at(point)
        point = point + field.along[direction, row, column, edge]
    for _ in range(_REFINEMENTS):
        if not np.isfinite(point).all():
            return point, 0.0
        row, column = field.cell_at(point)
        point, score = field.exact[row, column, joint], float(field.scores[row, column, joint])
    return point, score


def _boxes(joints: np.ndarray, scores: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Return the (N, 4) boxes around the joints that are likely, within the image."""
    likely = (scores > 0.5 * scores.max(axis=1, keepdims=True))[..., None]
    low = np.where(likely, joints, np.inf).min(axis=1)
    high = np.where(likely, joints, -np.inf).max(axis=1)
    limit = np.array(image_size, np.float32)
    return np.concatenate((low, high + 1), axis=1).clip(0, np.tile(limit, 2)).astype(np.float32)


def output_names(outputs: Mapping[str, Shape]) -> tuple[str, ...] | None:
    """Return which outputs are `OUTPUTS`, by their last part; None where one is missing."""
    names = []
    for wanted, channels in zip(OUTPUTS, _CHANNELS, strict=True):
        found = [
            name
            for name, shape in outputs.items()
            if name.endswith(wanted) and len(shape) == 4 and shape[3] == channels
        ]
        exact = [name for name in found if name == wanted]
        if len(exact or found) != 1:
            return None
        names += exact or found
    return tuple(names)


def recognise(signature: Signature, config: DetectionConfig) -> PersonLab | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    names = output_names(signature.outputs)
    if names is None or len(signature.inputs) != 1:
        return None
    ((input_name, image),) = signature.inputs.items()
    if len(image) != 4 or image[3] != 3:
        return None
    height, width = image[1:3]
    return PersonLab(input_name, (width, height) if width and height else None, names, config)
