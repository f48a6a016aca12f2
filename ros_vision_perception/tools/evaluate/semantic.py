"""Intersection over union of a segmentation model's regions with annotated photographs."""

import argparse
from pathlib import Path
import sys
from typing import Any

import numpy as np
from rich.progress import track

from ros_vision_perception.core.types import InstanceMasks
from ros_vision_perception.models.regions import RegionConfig
from ros_vision_perception.pipeline.load import DEFAULT_SEGMENTATION, load_segmentation
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.evaluate import coco
from ros_vision_perception.tools.evaluate.worst_masks import WorstMasks


def evaluate_semantic(
    pipeline: SegmentationPipeline, annotations: Path, images: Path, worst: WorstMasks
) -> dict[str, Any]:
    """Return the IoU of each annotated class, over all pixels of all photographs, and their mean.

    Instances of one class are one region. Pixels of crowds count as their class. The mean is over
    the annotated classes that the model ever names.

    Args:
        pipeline: whose classes are called as the annotated ones.
        annotations: file in the form of COCO's `instances_*.json`.
        images: folder of the photographs that the file names.
        worst: keeps those where the largest share of what is there or found is not both.
    """
    data = coco.read_annotations(annotations)
    names = {number: category['name'] for number, category in data.cats.items()}
    shared = dict.fromkeys(names.values(), 0)
    either = dict.fromkeys(names.values(), 0)
    named: set[str] = set()
    for image_id in track(sorted(data.imgs), 'measuring', transient=True):
        frame = coco.read_frame(images / Path(data.imgs[image_id]['file_name']).name)
        found = pipeline.segment(frame, no_stages)
        named |= set(found.class_names)
        truth: dict[str, np.ndarray] = {}
        for entry in data.imgToAnns[image_id]:
            name, mask = names[entry['category_id']], data.annToMask(entry).astype(bool)
            truth[name] = truth.get(name, False) | mask
        regions = np.zeros(frame.size[::-1], int)
        both = any_of_both = 0
        for number, name in enumerate(names.values(), 1):
            if name not in truth and name not in found.class_names:
                continue
            ours, theirs = _region(found, name), truth.get(name, np.zeros((), bool))
            regions = np.where(theirs, number, regions)
            agreed, claimed = int((ours & theirs).sum()), int((ours | theirs).sum())
            shared[name] += agreed
            either[name] += claimed
            # A class that the model has not named so far it may not know.
            if name in named:
                both, any_of_both = both + agreed, any_of_both + claimed
        if any_of_both:
            worst.add(1 - both / any_of_both, frame, found, regions)
    ious = {name: shared[name] / either[name] for name in sorted(named) if either.get(name)}
    return {'mIoU': float(np.mean(list(ious.values()))) if ious else None, 'IoU': ious,
            'images': len(data.imgs)}  # fmt: skip


def _region(found: InstanceMasks, name: str) -> np.ndarray:
    """Return the (H, W) bool region of a class."""
    region = np.zeros(found.image_size[::-1], bool)
    for mask, class_name in zip(found.masks, found.class_names, strict=True):
        if class_name == name:
            region |= mask.to_image(found.image_size)
    return region


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--annotations', type=Path, required=True, metavar='JSON')
    parser.add_argument('--images', type=Path, required=True, metavar='DIR')
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument(
        '--clean', type=int, default=0, metavar='PX', help='specks and gaps narrower than this go'
    )
    parser.add_argument('--output', type=Path, metavar='PNG', help='draw the worst photographs')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name and its figures."""
    pipeline = load_segmentation(
        arguments.segmentation,
        threads=2,
        report=lambda line: print(line, file=sys.stderr),
        regions=RegionConfig(arguments.clean),
    )
    worst = WorstMasks()
    figures = evaluate_semantic(pipeline, arguments.annotations, arguments.images, worst)
    if arguments.output:
        worst.write(arguments.output)
    return {'model': pipeline.model_name, **figures}
