"""What the YOLO heads of Ultralytics (v8, 11, 26) have in common, whatever they find.

Sources: Ultralytics' documentation of export formats and of the metadata entries in exported
files. Two layouts of `output0`, in px of the input, for C classes and E further numbers (joints,
mask coefficients) per detection:

- raw, N x (4 + C + E) x anchors: box centre and size, score of each class, the further numbers;
- with the suppression inside the network, N x detections x (6 + E): box corners, score, class,
  the further numbers; rows that are not used have score 0.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.geometry import distinct_boxes, letterbox_scale_shift
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.imaging import letterbox_tensor, snug_size

_DEFAULT_SIDE = 640
# More candidates than this, of which the best are kept, are noise, and the suppression is slow.
_MAX_CANDIDATES = 1000
# Numbers beyond this many px are no detections; neither are NaN and infinity.
_FARTHEST = 1e6


@dataclass(frozen=True)
class Layout:
    """How to feed a network and how to read its detections.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px; of a network that takes any, the largest to give.
        any_size: whether the network takes images of any size.
        output_name: of the detections.
        class_names: C names.
        extras: E, further numbers per detection.
        suppressed: whether the network has the suppression inside.
    """

    input_name: str
    input_size: tuple[int, int]
    any_size: bool
    output_name: str
    class_names: tuple[str, ...]
    extras: int
    suppressed: bool


@dataclass(frozen=True)
class Detections:
    """N detections in one image, best first.

    Attributes:
        boxes_xyxy: (N, 4) float32 px of the input, edges at whole numbers.
        scores: (N,) float32 in [0, 1].
        class_ids: (N,) int32.
        extras: (N, E) float32.
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray
    extras: np.ndarray

    def __getitem__(self, index: np.ndarray) -> 'Detections':
        return Detections(
            self.boxes_xyxy[index], self.scores[index], self.class_ids[index], self.extras[index]
        )


def entry(signature: Signature, name: str) -> object:
    """Return a metadata entry as the Python value it spells; None where there is none."""
    text = signature.metadata.get(name)
    if text is None:
        return None
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise ModelError(
            f'metadata entry {name}: got {text!r}, expected a Python value'
        ) from error
    return value


def class_names(signature: Signature) -> tuple[str, ...] | None:
    """Return the names of the classes; None where the network does not say."""
    names = entry(signature, 'names')
    if names is None:
        return None
    if not isinstance(names, dict) or not names or set(names) != set(range(len(names))):
        raise ModelError(f'metadata entry names: got {names!r}, expected {{0: name, 1: ...}}')
    return tuple(str(names[index]) for index in range(len(names)))


def layout(
    signature: Signature, output_name: str, names: tuple[str, ...], extras: int
) -> Layout | None:
    """Return how to use a network, or None when its shapes are not those of this head."""
    if len(signature.inputs) != 1:
        return None
    ((input_name, input_shape),) = signature.inputs.items()
    shape = signature.outputs[output_name]
    if len(input_shape) != 4 or input_shape[1] != 3 or len(shape) != 3:
        return None
    suppressed = _is_suppressed(signature, shape, 4 + len(names) + extras, 6 + extras)
    if suppressed is None:
        return None
    height, width = input_shape[2:]
    if height is not None and width is not None:
        size, any_size = (width, height), False
    else:
        size, any_size = _exported_size(signature), True
    return Layout(input_name, size, any_size, output_name, names, extras, suppressed)


def _is_suppressed(signature: Signature, shape: Shape, rows: int, columns: int) -> bool | None:
    if shape[1] == rows:
        return False
    if shape[2] == columns:
        return True
    if shape[1:] != (None, None) or 'task' not in signature.metadata:
        return None
    arguments = entry(signature, 'args')
    inside = isinstance(arguments, dict) and bool(arguments.get('nms'))
    return inside or entry(signature, 'end2end') is True


def _exported_size(signature: Signature) -> tuple[int, int]:
    size = entry(signature, 'imgsz')
    if isinstance(size, list | tuple) and len(size) == 2:
        return int(size[1]), int(size[0])
    return _DEFAULT_SIDE, _DEFAULT_SIDE


def input_size(layout: Layout, image_size: tuple[int, int]) -> tuple[int, int]:
    """Return (width, height) of the input for an image: without bars where the network allows."""
    return snug_size(image_size, layout.input_size) if layout.any_size else layout.input_size


def preprocess(layout: Layout, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
    """Return the network's input, (N, 3, h, w) float32 in [0, 1], of frames of one size."""
    size = input_size(layout, frames[0].size)
    return {layout.input_name: letterbox_tensor(frames, size, 1 / 255)}


def detections(
    layout: Layout, outputs: Mapping[str, np.ndarray], config: DetectionConfig
) -> list[Detections]:
    """Return the detections of each image of a batch."""
    output = outputs[layout.output_name]
    rows, columns = 4 + len(layout.class_names) + layout.extras, 6 + layout.extras
    if output.shape[2 if layout.suppressed else 1] != (columns if layout.suppressed else rows):
        raise ModelError(f'output {layout.output_name}: got shape {output.shape}')
    read = _read_suppressed if layout.suppressed else _read_raw
    return [read(image, len(layout.class_names), config) for image in output]


def _read_raw(image: np.ndarray, classes: int, config: DetectionConfig) -> Detections:
    # Views, until the few anchors that matter are known.
    class_scores = image[4 : 4 + classes]
    scores = class_scores[0] if classes == 1 else class_scores.max(axis=0)
    keep = np.flatnonzero(scores >= config.min_score)
    if len(keep) > _MAX_CANDIDATES:
        keep = keep[np.argsort(-scores[keep], kind='stable')[:_MAX_CANDIDATES]]
    rows = _sound(image[:, keep].T)
    rows = rows[(rows[:, 2:4] > 0).all(axis=1)]
    centers, half_sizes, class_scores = rows[:, :2], rows[:, 2:4] / 2, rows[:, 4 : 4 + classes]
    found = Detections(
        np.concatenate((centers - half_sizes, centers + half_sizes), axis=1),
        np.minimum(class_scores.max(axis=1), np.float32(1)),
        class_scores.argmax(axis=1).astype(np.int32),
        rows[:, 4 + classes :],
    )
    # Boxes of different classes are moved apart, so that they do not suppress each other.
    apart = found.class_ids[:, None] * (4 * _FARTHEST)
    return found[
        distinct_boxes(found.boxes_xyxy + apart, found.scores, config.max_iou, config.max_count)
    ]


def _read_suppressed(image: np.ndarray, classes: int, config: DetectionConfig) -> Detections:
    rows = _sound(image[image[:, 4] >= config.min_score])
    rows = rows[(rows[:, 5] >= 0) & (rows[:, 5] < classes)]
    rows = rows[(rows[:, 2:4] > rows[:, :2]).all(axis=1)]
    rows = rows[np.argsort(-rows[:, 4], kind='stable')[: config.max_count]]
    return Detections(
        rows[:, :4],
        np.minimum(rows[:, 4], np.float32(1)),
        rows[:, 5].astype(np.int32),
        rows[:, 6:],
    )


def _sound(rows: np.ndarray) -> np.ndarray:
    """Return the rows without those that hold NaN, infinity or what is as good as infinite."""
    return rows[(np.abs(rows) <= _FARTHEST).all(axis=1)]


def scale_and_shift(layout: Layout, image_size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return (2,), (2,): px of the input = px of the image * scale + shift.

    Between edges of pixels. Joints are meant so too: the training takes COCO's, which number the
    pixels from 0, to the input without regard to half a pixel, and so does this back.
    """
    return letterbox_scale_shift(image_size, input_size(layout, image_size))
