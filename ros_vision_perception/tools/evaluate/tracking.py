"""Whether people keep their ids, against truth in the form of the MOT Challenge and ByteTrack."""

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig
from ros_vision_perception.tools.evaluate import byte_track, followed
from ros_vision_perception.tools.evaluate.followed import Run, Tracked
from ros_vision_perception.tools.evaluate.mot import Sequence, read_sequences, read_truth
from ros_vision_perception.tools.evaluate.switches import draw_switches, draw_time_lines
from ros_vision_perception.tools.sources import from_images, from_video

# Whoever is at least this likely to be there counts as said to be there.
_PRESENT = 0.5
_MAX_PEOPLE = 50


def follow(perception: Perception, sequence: Sequence) -> tuple[Run, Run]:
    """Return how the perception, and how ByteTrack on the same poses, follow a sequence."""
    perception.reset()
    truth, tracked, detections = [], [], []
    for index, image in enumerate(sequence.source.frames()):
        frame = Frame(image, 'bgr8', round(index / sequence.source.fps * 1e9))
        result = perception.step(frame, None, None, no_stages)
        truth.append(sequence.truth_at(index))
        tracked.append(_said(result.humans))
        detections.append(result.keypoints)
    baseline = byte_track.follow(detections, sequence.source.fps)
    fps = sequence.source.fps
    return Run(truth, tracked, fps), Run(truth, baseline, fps)


def _said(humans: Humans) -> Tracked:
    """Return everyone who is likely to be there, seen or not."""
    people = [p for p in humans.people if p.existence_probability >= _PRESENT]
    boxes = np.array([person.box_xyxy for person in people], np.float64).reshape(-1, 4)
    return Tracked(np.array([person.track_id for person in people], np.int64), boxes)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument(
        '--annotations',
        type=Path,
        required=True,
        metavar='PATH',
        help='gt.txt of the video or images, or a folder of sequences: NAME/gt/gt.txt, NAME/img1',
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--video', type=Path, metavar='FILE')
    source.add_argument('--images', type=Path, metavar='DIR')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--detect-every',
        type=int,
        default=1,
        metavar='N',
        help='of DETECTOR+POSE: look for people in every Nth frame, follow them in between',
    )
    parser.add_argument(
        '--segmentation',
        default=DEFAULT_SEGMENTATION,
        metavar='MODEL',
        help="name or path; '' for none",
    )
    parser.add_argument('--reid', default='', metavar='FILE', help='re-identification network')
    parser.add_argument(
        '--iou', type=float, default=0.5, help='overlap of a track with its person; default 0.5'
    )
    parser.add_argument('--output', type=Path, metavar='DIR', help='for pictures of the switches')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the models' names and the figures, those of ByteTrack under 'baseline'."""
    followed.load_library()
    perception, names = _perception(arguments)
    ours, baseline, sequences = [], [], []
    for sequence in _sequences(arguments):
        print(sequence.name, file=sys.stderr)
        own, other = follow(perception, sequence)
        sequences.append(sequence.name)
        ours.append(own)
        baseline.append(other)
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            path = arguments.output / sequence.name
            draw_time_lines({'ours': own, 'ByteTrack': other}, path, arguments.iou)
            draw_switches(sequence.source, own, path, arguments.iou)
    result: dict[str, Any] = {
        **names,
        'sequences': len(sequences),
        'frames': sum(len(own.truth) for own in ours),
        **followed.figures(ours, arguments.iou),
        'baseline': followed.figures(baseline, arguments.iou),
    }
    if len(sequences) > 1:
        result['per_sequence'] = {
            name: {
                **followed.figures([own], arguments.iou),
                'baseline': followed.figures([other], arguments.iou),
            }
            for name, own, other in zip(sequences, ours, baseline, strict=True)
        }
    return result


def _sequences(arguments: argparse.Namespace) -> Iterator[Sequence]:
    if arguments.video is None and arguments.images is None:
        if not arguments.annotations.is_dir():
            raise ConfigurationError(
                f'{arguments.annotations} is no folder of sequences; '
                'with a single gt.txt give --video or --images too'
            )
        yield from read_sequences(arguments.annotations)
        return
    source = from_video(arguments.video) if arguments.video else from_images(arguments.images)
    yield Sequence(source.name, source, read_truth(arguments.annotations))


def _perception(arguments: argparse.Namespace) -> tuple[Perception, dict[str, str]]:
    def report(line: str) -> None:
        print(line, file=sys.stderr)

    pose = load_pose(
        arguments.pose,
        threads=2,
        max_people=_MAX_PEOPLE,
        with_masks=True,
        skeleton='',
        report=report,
        reid=arguments.reid,
        top_down=TopDownConfig(arguments.detect_every),
    )
    names = {'model': pose.model_name}
    if not arguments.segmentation:
        return Perception(pose, None, FusionConfig(expects_masks=False)), names
    segmentation = load_segmentation(arguments.segmentation, threads=2, report=report)
    names['segmentation'] = segmentation.model_name
    return Perception(pose, segmentation, FusionConfig()), names
