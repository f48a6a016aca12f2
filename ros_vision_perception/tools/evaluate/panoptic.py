"""Panoptic quality of a segmentation model on annotated photographs."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.types import InstanceMasks
from ros_vision_perception.pipeline.load import load_segmentation
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.evaluate.worst_masks import WorstMasks

_MIN_IOU = 0.5
# Weaker things do more harm than good here, where each counts as much as a sure one.
_MIN_SCORE = 0.5


@dataclass(frozen=True)
class Segments:
    """Annotated segments of one photograph.

    Attributes:
        numbers: (H, W) int64, the segment of each pixel; 0 is none.
        categories: number -> name.
        crowds: numbers of segments that hold many things.
    """

    numbers: np.ndarray
    categories: Mapping[int, str]
    crowds: frozenset[int] = frozenset()


@dataclass
class Tally:
    """How many segments of one category match, and how well.

    Attributes:
        matched: pairs of the same category with an IoU above one half.
        iou: the sum of theirs.
        wrong: segments found that are none.
        missed: annotated segments that were not found.
    """

    matched: int = 0
    iou: float = 0.0
    wrong: int = 0
    missed: int = 0

    def add(self, other: 'Tally') -> None:
        """Count what another one counted too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def quality(self) -> tuple[float, float, float] | None:
        """PQ, SQ and RQ in [0, 1]; None where there was nothing."""
        pairs = self.matched + self.wrong / 2 + self.missed / 2
        if not pairs:
            return None
        return self.iou / pairs, self.iou / max(self.matched, 1), self.matched / pairs


def compare(found: InstanceMasks, truth: Segments) -> dict[str, Tally]:
    """Return per category how the masks found, which share no pixel, match the annotated ones.

    As Kirillov et al., "Panoptic Segmentation", 2019, sections 4.1 and 4.2: what has no annotation
    counts for nothing, and what lies mostly there, or in a crowd of its category, is not wrong.
    """
    tallies: dict[str, Tally] = {}
    ids, counts = np.unique(truth.numbers, return_counts=True)
    areas = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    taken = set()
    for mask, name in zip(found.masks, found.class_names, strict=True):
        height, width = mask.bitmap.shape
        under = truth.numbers[mask.y : mask.y + height, mask.x : mask.x + width][mask.bitmap]
        ids, counts = np.unique(under, return_counts=True)
        shared = dict(zip(ids.tolist(), counts.tolist(), strict=True))
        tally, free = tallies.setdefault(name, Tally()), shared.get(0, 0)
        ious = {
            number: area / (mask.area + areas[number] - area - free)
            for number, area in shared.items()
            if number not in truth.crowds and truth.categories.get(number) == name
        }
        best = max(ious, key=ious.__getitem__, default=0)
        # No two can have more than half of the same segment.
        if ious.get(best, 0.0) > _MIN_IOU:
            taken.add(best)
            tally.matched += 1
            tally.iou += ious[best]
            continue
        crowd = sum(
            shared.get(number, 0) for number in truth.crowds if truth.categories[number] == name
        )
        tally.wrong += (free + crowd) / max(mask.area, 1) <= _MIN_IOU
    for number, name in truth.categories.items():
        tallies.setdefault(name, Tally()).missed += number not in taken | truth.crowds
    return tallies


def evaluate_panoptic(
    pipeline: SegmentationPipeline, annotations: Path, images: Path, worst: WorstMasks
) -> dict[str, Any]:
    """Return PQ, SQ and RQ: means over the categories that are there, of all, things and stuff.

    Args:
        pipeline: whose classes are called as the annotated ones, and whose masks share no pixel.
        annotations: file in the form of COCO's `panoptic_*.json`, beside the folder with its PNGs,
            which is called as the file, or `panoptic`.
        images: folder of the photographs that the file names.
        worst: keeps those where least is right.
    """
    data = _read(annotations)
    names = {category['id']: category for category in data['categories']}
    is_thing = {category['name']: bool(category['isthing']) for category in names.values()}
    files = {image['id']: image['file_name'] for image in data['images']}
    total = {name: Tally() for name in is_thing}
    for annotation in track(data['annotations'], 'measuring', transient=True):
        frame = coco.read_frame(images / Path(files[annotation['image_id']]).name)
        found = pipeline.segment(frame, no_stages)
        truth = _segments(annotations, annotation, names)
        here = Tally()
        for name, tally in compare(found, truth).items():
            if name in total:
                total[name].add(tally)
                here.add(tally)
        quality = here.quality
        if quality is not None:
            worst.add(1 - quality[0], frame, found, truth.numbers)
    figures: dict[str, Any] = _means(list(total.values()))
    for key, kind in (('things', True), ('stuff', False)):
        figures[key] = _means([total[name] for name in total if is_thing[name] is kind])
    return {**figures, 'images': len(data['annotations'])}


def _means(tallies: list[Tally]) -> dict[str, Any]:
    qualities = [tally.quality for tally in tallies if tally.quality is not None]
    means = np.mean(qualities, axis=0).tolist() if qualities else [None] * 3
    return {**dict(zip(('PQ', 'SQ', 'RQ'), means, strict=True)), 'categories': len(qualities)}


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigurationError(f'no annotations at {path}')
    try:
        data = json.loads(path.read_text())
        assert {'annotations', 'categories', 'images'} <= data.keys()
        assert all('segments_info' in annotation for annotation in data['annotations'])
    except (AssertionError, AttributeError, TypeError, ValueError) as error:
        raise ConfigurationError(f'{path} does not hold panoptic annotations of COCO') from error
    return data


def _segments(path: Path, annotation: dict[str, Any], names: Mapping[int, Any]) -> Segments:
    folders = (path.parent / path.stem, path.parent / 'panoptic')
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    picture = cv2.imread(str(folder / annotation['file_name']))
    if picture is None:
        raise ConfigurationError(f'no segments at {folder / annotation["file_name"]}')
    # A number is R + 256 G + 256^2 B.
    numbers = picture[..., ::-1].astype(np.int64) @ np.array([1, 256, 65536])
    parts = annotation['segments_info']
    return Segments(
        numbers,
        {part['id']: names[part['category_id']]['name'] for part in parts},
        frozenset(part['id'] for part in parts if part['iscrowd']),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--annotations', type=Path, required=True, metavar='JSON')
    parser.add_argument('--images', type=Path, required=True, metavar='DIR')
    parser.add_argument(
        '--segmentation', required=True, metavar='THINGS+REGIONS', help='names or paths'
    )
    parser.add_argument('--output', type=Path, metavar='PNG', help='draw the worst photographs')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name and its figures."""
    pipeline = load_segmentation(
        arguments.segmentation,
        threads=2,
        report=lambda line: print(line, file=sys.stderr),
        min_score=_MIN_SCORE,
    )
    worst = WorstMasks()
    figures = evaluate_panoptic(pipeline, arguments.annotations, arguments.images, worst)
    if arguments.output:
        worst.write(arguments.output)
    return {'model': pipeline.model_name, **figures}
