"""Semantic segmentation: a class for every pixel. DeepLabV3, DeepLabV3+, FCN, SegFormer, ...

Sources: Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
Segmentation", 2018, and the exports of TensorFlow, TorchVision and MMSegmentation, which differ in
layout and normalisation:

- channels last (TensorFlow): R, G, B in [-1, 1]; scores N x h x w x C;
- channels first (TorchVision, MMSegmentation): R, G, B, normalised by the mean and deviation of
  ImageNet; scores N x C x h x w (the first output where there are two: TorchVision's second one is
  for training), or labels N x h x w or N x 1 x h x w.

How many classes there are says which: 21 of PASCAL VOC with the background, 19 of Cityscapes; of
others the entry `names` must tell, as in `yolo`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.geometry import stretch_matrix
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models import yolo
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.imaging import mask_in_image, rgb_stretched, to_tensor

EXPECTED = (
    'image Nx3xHxW or NxHxWx3 -> scores Nxclassesxhxw or Nxhxwxclasses, '
    'or labels Nx1xhxw or Nxhxw with the metadata entry names'
)
_BACKGROUND = 'background'
# By the number of classes; things are called as in COCO.
_CLASS_NAMES = {
    21: (
        *(_BACKGROUND, 'airplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat'),
        *('chair', 'cow', 'dining table', 'dog', 'horse', 'motorcycle', 'person'),
        *('potted plant', 'sheep', 'couch', 'train', 'tv'),
    ),
    19: (
        *('road', 'sidewalk', 'building', 'wall', 'fence', 'pole', 'traffic light'),
        *('traffic sign', 'vegetation', 'terrain', 'sky', 'person', 'rider', 'car', 'truck'),
        *('bus', 'train', 'motorcycle', 'bicycle'),
    ),
}
_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# For networks that take any size: as large as TorchVision's were trained with.
_DEFAULT_SIZE = (512, 512)
# Smaller regions, as a share of the image, are noise.
_SMALLEST = 1e-4


@dataclass(frozen=True)
class Semantic:
    """A network of this family.

    Attributes:
        input_name: of the image.
        input_size: (width, height) px.
        channels_last: whether input and scores are.
        output_name: of the scores or labels.
        gives_labels: whether it gives one label per pixel instead of scores.
        class_names: C names.
    """

    input_name: str
    input_size: tuple[int, int]
    channels_last: bool
    output_name: str
    gives_labels: bool
    class_names: tuple[str, ...]

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        """Return the network's input for a batch of frames, stretched."""
        size = self.input_size
        crops = [rgb_stretched(frame, size) for frame in frames]
        if self.channels_last:
            return {self.input_name: np.array(crops, np.float32) / 127.5 - 1}
        scale = 1 / (255 * _DEVIATION)
        return {self.input_name: to_tensor(crops, scale, -_MEAN / _DEVIATION)}

    def decode(
        self, outputs: Mapping[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        """Return of each frame one mask per class that is there, the background aside.

        The score of a mask is the mean probability of its class over the region, 1 where the
        network gives labels.
        """
        output = outputs[self.output_name]
        if self.gives_labels:
            fields = [
                _fields_of_labels(labels.squeeze(), len(self.class_names)) for labels in output
            ]
        else:
            planes = np.moveaxis(output, -1, 1) if self.channels_last else output
            fields = [_fields_of_scores(scores) for scores in planes]
        return [
            self._regions(*parts, image_size)
            for parts, image_size in zip(fields, image_sizes, strict=True)
        ]

    def _regions(
        self, margins: dict[int, np.ndarray], scores: dict[int, float], image_size: tuple[int, int]
    ) -> InstanceMasks:
        found: list[tuple[int, BoxMask]] = []
        for label, margin in margins.items():
            if self.class_names[label] == _BACKGROUND:
                continue
            size = margin.shape[1], margin.shape[0]
            mask = mask_in_image(margin, 0.0, stretch_matrix(image_size, size), image_size)
            if mask.area > _SMALLEST * image_size[0] * image_size[1]:
                found.append((label, mask))
        return InstanceMasks(
            image_size=image_size,
            class_ids=np.array([label for label, _ in found], np.int32),
            class_names=tuple(self.class_names[label] for label, _ in found),
            scores=np.array([scores[label] for label, _ in found], np.float32),
            boxes_xyxy=np.array([mask.box_xyxy for _, mask in found], np.float32).reshape(-1, 4),
            masks=tuple(mask for _, mask in found),
            is_instance=False,
        )


def _fields_of_scores(scores: np.ndarray) -> tuple[dict[int, np.ndarray], dict[int, float]]:
    """Return for each class that wins somewhere by how much it wins (h, w), and its score.

    Where the margin over the best other class is interpolated, borders lie between the pixels.
    """
    best = scores.argmax(axis=0)
    two = np.partition(scores, -2, axis=0)[-2:]
    total = np.exp(scores - two[1]).sum(axis=0)
    margins, means = {}, {}
    for label in np.unique(best).tolist():
        wins = best == label
        margins[label] = scores[label] - np.where(wins, two[0], two[1])
        means[label] = float((1 / total[wins]).mean())
    return margins, means


def _fields_of_labels(
    labels: np.ndarray, classes: int
) -> tuple[dict[int, np.ndarray], dict[int, float]]:
    """Return the same for labels (h, w): +1 where they are, -1 elsewhere."""
    # Some exports give whole numbers of another type.
    labels = np.nan_to_num(labels, nan=-1).astype(np.int64)
    there = [label for label in np.unique(labels).tolist() if 0 <= label < classes]
    margins = {label: np.where(labels == label, 1.0, -1.0).astype(np.float32) for label in there}
    return margins, dict.fromkeys(there, 1.0)


def recognise(signature: Signature, config: DetectionConfig) -> Semantic | None:
    """Return the model that a network is, or None; see `Family.recognise`."""
    if len(signature.inputs) != 1 or len(signature.outputs) not in (1, 2):
        return None
    ((input_name, image),) = signature.inputs.items()
    output_name, shape = next(iter(signature.outputs.items()))
    if len(image) != 4 or 3 not in (image[1], image[3]):
        return None
    if any(other != shape for other in signature.outputs.values()):
        return None
    channels_last = image[1] != 3
    height, width = image[1:3] if channels_last else image[2:]
    size = (width, height) if width and height else _DEFAULT_SIZE
    names = yolo.class_names(signature)
    gives_labels = len(shape) == 3 or (len(shape) == 4 and shape[1] == 1)
    if gives_labels:
        return (
            Semantic(input_name, size, channels_last, output_name, True, names) if names else None
        )
    classes = _classes(shape, channels_last)
    if classes is None or not _is_map(shape, channels_last):
        return None
    names = names or _CLASS_NAMES.get(classes)
    if names is None and signature.metadata.get('family') == 'semantic':
        raise ModelError(
            f'expected the entry names for its {classes} classes; known without: '
            f'{", ".join(map(str, _CLASS_NAMES))}'
        )
    if names is None or len(names) != classes:
        return None
    return Semantic(input_name, size, channels_last, output_name, False, names)


def _classes(shape: Shape, channels_last: bool) -> int | None:
    return shape[3 if channels_last else 1] if len(shape) == 4 else None


def _is_map(shape: Shape, channels_last: bool) -> bool:
    """Return whether there are enough rows and columns for a picture, as far as it is known."""
    rows_columns = shape[1:3] if channels_last else shape[2:]
    return all(length is None or length > 8 for length in rows_columns)
