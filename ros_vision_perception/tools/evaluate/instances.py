"""Mask AP of a segmentation model on annotated photographs, as COCO measures it."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import DEFAULT_SEGMENTATION, load_segmentation
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.backend_options import add_backend_options, open_networks
from ros_vision_perception.tools.evaluate import coco


def evaluate_instances(
    pipeline: SegmentationPipeline, annotations: Path, images: Path, worst: Path | None = None
) -> dict[str, float]:
    """Return COCO's mask metrics of a pipeline, over the classes that are annotated.

    Args:
        pipeline: whose classes are called as the annotated ones.
        annotations: file in the form of COCO's `instances_*.json`.
        images: folder of the photographs that the file names.
        worst: where to draw the photographs in which most is wrong.
    """

    def find(frame: Frame, categories: dict[str, int]) -> list[dict[str, Any]]:
        from pycocotools import mask as run_lengths  # `coco` has said when it is missing

        found = pipeline.segment(frame, no_stages)
        return [
            {
                'category_id': categories[name],
                'segmentation': run_lengths.encode(
                    np.asfortranarray(mask.to_image(frame.size), np.uint8)
                ),
                'score': float(score),
            }
            for name, score, mask in zip(found.class_names, found.scores, found.masks, strict=True)
            if name in categories
        ]

    return coco.evaluate('segm', annotations, images, find, worst)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--annotations', type=Path, required=True, metavar='JSON')
    parser.add_argument('--images', type=Path, required=True, metavar='DIR')
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument('--output', type=Path, metavar='PNG', help='draw the worst photographs')
    add_backend_options(parser)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name, what runs it, and its figures."""
    networks = open_networks(arguments)
    pipeline = load_segmentation(
        arguments.segmentation,
        threads=2,
        report=networks.report,
        min_score=coco.MIN_SCORE,
        runtime=networks,
    )
    figures = evaluate_instances(
        pipeline, arguments.annotations, arguments.images, arguments.output
    )
    return {'model': pipeline.model_name, 'networks': networks.where, **figures}
