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
_NAMES = {posture.name.lower(): posture for posture in Posture if posture != Posture.UNKNOWN}


@dataclass(frozen=True)
class Labels:
    """Postures of people in the photographs of one file of COCO's form.

    Attributes:
        annotations: the file.
        images: folder of its photographs.
        postures: by the id of the annotation.
        legs_hidden: ids of those of whom no hip is seen with the knee below it.
    """

    annotations: Path
    images: Path
    postures: Mapping[int, Posture]
    legs_hidden: frozenset[int]


@dataclass(frozen=True)
class Judged:
    """Somebody whose posture is known.

    Attributes:
        annotation_id: of the person.
        truth: the posture.
        shows_legs: whether a hip is seen with the knee below it.
        said: what we say; None where the person was not found.
    """

    annotation_id: int
    truth: Posture
    shows_legs: bool
    said: Posture | None


def read_labels(path: Path, root: Path) -> list[Labels]:
    """Return what a YAML file says of photographs below a folder.

    Raises:
        ConfigurationError: when it is no such file.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding='utf-8'))
        return [_labels_of(root, *item) for item in document.items()]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigurationError(f'{path} cannot be read: {reason}') from error
    except (AttributeError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f'{path}: expected, for each file of annotations, `images`, maybe `legs_hidden`, and '
            f'ids under: {", ".join(_NAMES)}'
        ) from error


def _labels_of(root: Path, annotations: str, said: Mapping[str, Any]) -> Labels:
    numbers = {name: ids for name, ids in said.items() if name not in ('images', 'legs_hidden')}
    postures = {number: _NAMES[name] for name, ids in numbers.items() for number in ids}
    hidden = frozenset(said.get('legs_hidden', ()))
    return Labels(root / annotations, root / said['images'], postures, hidden)


def judge(perception: Perception, labels: Labels) -> Iterator[Judged]:
    """Yield everyone who has a label."""
    data = coco.read_annotations(labels.annotations)
    for image_id in track(sorted(data.imgs), 'measuring', transient=True):
        people = [entry for entry in data.imgToAnns[image_id] if not entry.get('iscrowd')]
        ids = [entry['id'] for entry in people if entry['id'] in labels.postures]
        if not ids:
            continue
        humans = _look(perception, _photograph(labels.images, data.imgs[image_id]['file_name']))
        said = _said(people, humans)
        for number in ids:
            shows_legs = number not in labels.legs_hidden
            yield Judged(number, labels.postures[number], shows_legs, said.get(number))


def _photograph(folder: Path, name: str) -> Path:
    """Return the file: COCO's own forms name it alone, or below a folder of their own."""
    return folder / name if (folder / name).exists() else folder / Path(name).name


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
    boxes = np.array([_box_of(entry) for entry in people], np.float64)
    ours = np.array([human.box_xyxy for human in humans.people]).reshape(-1, 4)
    overlap = box_iou(boxes, ours)
    pairs = assign(np.where(overlap >= _MIN_IOU, overlap, 0.0))
    return {
        people[row]['id']: humans.people[column].posture
        for row, column in zip(*pairs, strict=True)
    }


def _box_of(entry: dict[str, Any]) -> list[float]:
    """Return x_min, y_min, x_max, y_max: the box, or where the annotated joints are."""
    if 'bbox' in entry:
        x, y, width, height = entry['bbox']
        return [x, y, x + width, y + height]
    joints = np.array(entry['keypoints'], np.float64).reshape(-1, 3)
    places = joints[joints[:, 2] > 0, :2]
    return [*places.min(axis=0), *places.max(axis=0)]


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
    parser.add_argument(
        '--labels', type=Path, required=True, metavar='YAML',
        help='file of annotations: {images: folder, posture: [ids of annotations]}',
    )  # fmt: skip
    parser.add_argument(
        '--photographs', type=Path, required=True, metavar='DIR',
        help='below which are the files and folders that the labels name',
    )  # fmt: skip
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument('--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the model's name and the figures."""

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    labels = read_labels(arguments.labels, arguments.photographs)
    pose = load_pose(
        arguments.pose, threads=2, max_people=20, with_masks=True, skeleton='', report=report
    )
    segmentation = load_segmentation(arguments.segmentation, threads=2, report=report)
    perception = Perception(pose, segmentation, FusionConfig())
    judged = [one for of_file in labels for one in judge(perception, of_file)]
    for one in judged:
        if one.said is not None and one.said != one.truth:
            print(f'{one.annotation_id}: {one.truth.name}, said {one.said.name}', file=sys.stderr)
    return {'model': pose.model_name, **figures(judged)}
