"""Whether people stand, sit, crouch, bend or lie, on photographs whose answers are known."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np
from rich.progress import track
import yaml

from ros_vision_perception.core.association import assign
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.geometry import box_iou
from ros_vision_perception.core.human import Humans, Posture
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.evaluate import coco

# A photograph is shown as a still for this long: tracks begin, postures are believed.
_FRAMES, _PERIOD_NS = 5, 200_000_000
_MIN_IOU = 0.5
_LEGS = [COCO17.index(f'{side}_{part}') for part in ('hip', 'knee') for side in ('left', 'right')]
_SEEN = 2


@dataclass(frozen=True)
class Judged:
    """Somebody whose posture is known.

    Attributes:
        annotation_id: of the person.
        truth: the posture.
        shows_legs: whether a hip and a knee of one side at least are annotated as seen.
        said: what we say; None where the person was not found.
    """

    annotation_id: int
    truth: Posture
    shows_legs: bool
    said: Posture | None


def read_labels(path: Path) -> dict[int, Posture]:
    """Return the postures in a YAML file, posture -> ids of annotations, by annotation.

    Raises:
        ConfigurationError: when it is no such file.
    """
    known = {posture.name.lower(): posture for posture in Posture if posture != Posture.UNKNOWN}
    try:
        document = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigurationError(f'{path} cannot be read: {reason}') from error
    if not isinstance(document, dict) or not document.keys() <= known.keys():
        raise ConfigurationError(f'{path}: expected ids of annotations under: {", ".join(known)}')
    return {number: known[name] for name, numbers in document.items() for number in numbers}


def judge(
    perception: Perception, labels: Mapping[int, Posture], annotations: Path, images: Path
) -> Iterator[Judged]:
    """Yield everyone in a file of COCO's form who has a label."""
    data = coco.read_annotations(annotations)
    for image_id in track(sorted(data.imgs), 'measuring', transient=True):
        people = [entry for entry in data.imgToAnns[image_id] if not entry.get('iscrowd')]
        labelled = [entry for entry in people if entry['id'] in labels]
        if not labelled:
            continue
        path = images / Path(data.imgs[image_id]['file_name']).name
        humans = _look(perception, path)
        said = _said(people, humans)
        for entry in labelled:
            flags = np.array(entry['keypoints']).reshape(-1, 3)[_LEGS, 2].reshape(2, 2)
            yield Judged(
                entry['id'],
                labels[entry['id']],
                bool((flags == _SEEN).all(axis=0).any()),
                said.get(entry['id']),
            )


def _look(perception: Perception, path: Path) -> Humans:
    image = cv2.imread(str(path))
    if image is None:
        raise ConfigurationError(f'{path} is not an image that OpenCV can read')
    perception.reset()
    for index in range(_FRAMES):
        frame = Frame(image, 'bgr8', (index + 1) * _PERIOD_NS)
        humans = perception.step(frame, None, None, no_stages).humans
    return humans


def _said(people: list[dict[str, Any]], humans: Humans) -> dict[int, Posture]:
    """Return what is said of each annotated person who was found."""
    boxes = np.array([entry['bbox'] for entry in people], np.float64)
    boxes[:, 2:] += boxes[:, :2]
    ours = np.array([human.box_xyxy for human in humans.people]).reshape(-1, 4)
    overlap = box_iou(boxes, ours)
    pairs = assign(np.where(overlap >= _MIN_IOU, overlap, 0.0))
    return {
        people[row]['id']: humans.people[column].posture
        for row, column in zip(*pairs, strict=True)
    }


def figures(judged: list[Judged]) -> dict[str, Any]:
    """Return how right it is: where hips and knees show, and where they do not."""
    found = [one for one in judged if one.said is not None]
    named = [one for one in found if one.said != Posture.UNKNOWN]
    show = [one for one in found if one.shows_legs]
    rest = [one for one in found if not one.shows_legs]
    return {
        'people': len(judged),
        'found': len(found),
        'accuracy': _share(one.said == one.truth for one in show),
        'shown': len(show),
        'accuracy_of_named': _share(one.said == one.truth for one in named if one.shows_legs),
        'hidden': len(rest),
        'hidden_unknown': sum(one.said == Posture.UNKNOWN for one in rest),
        'hidden_wrong': sum(one.said not in (Posture.UNKNOWN, one.truth) for one in rest),
        'per_posture': {
            posture.name: {
                'precision': _share(one.truth == posture for one in named if one.said == posture),
                'recall': _share(one.said == posture for one in show if one.truth == posture),
                'people': sum(one.truth == posture for one in show),
            }
            for posture in Posture
            if posture != Posture.UNKNOWN
        },
    }


def _share(truths: Iterator[bool]) -> float | None:
    listed = list(truths)
    return sum(listed) / len(listed) if listed else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument('--annotations', type=Path, nargs='+', required=True, metavar='JSON')
    parser.add_argument('--images', type=Path, nargs='+', required=True, metavar='DIR')
    parser.add_argument(
        '--labels', type=Path, required=True, metavar='YAML',
        help='posture: [ids of annotations]',
    )  # fmt: skip
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument('--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name and the figures."""

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    labels = read_labels(arguments.labels)
    pose = load_pose(
        arguments.pose, threads=2, max_people=20, with_masks=True, skeleton='', report=report
    )
    segmentation = load_segmentation(arguments.segmentation, threads=2, report=report)
    perception = Perception(pose, segmentation, FusionConfig())
    judged = [
        one
        for pair in zip(arguments.annotations, arguments.images, strict=True)
        for one in judge(perception, labels, *pair)
    ]
    for one in judged:
        if one.said is not None and one.said != one.truth:
            print(f'{one.annotation_id}: {one.truth.name}, said {one.said.name}', file=sys.stderr)
    return {'model': pose.model_name, **figures(judged)}
