"""Visibility, occluders, places and covariances of hidden joints, on photographs and clips.

Photographs are annotated (COCO's form). Over a video, things and people are laid whose masks are
known; where the pose model is sure of a joint on the clean video is taken for its true place.
Without either, the demo's scene is measured.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
import sys
from typing import Any

from rich.console import Console
from rich.progress import track

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.pipeline.perception import Perception
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.evaluate import clips
from ros_vision_perception.tools.evaluate.clips import Clip
from ros_vision_perception.tools.evaluate.occlusion_figures import occlusion_figures
from ros_vision_perception.tools.evaluate.records import Recorder, Records
from ros_vision_perception.tools.evaluate.worst_frames import WorstFrames

_THREADS, _MAX_PEOPLE = 2, 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the task."""
    parser.add_argument(
        '--annotations', type=Path, nargs='+', metavar='JSON', help='of photographs, COCO form'
    )
    parser.add_argument(
        '--images', type=Path, nargs='+', metavar='DIR', help='a folder for each of them'
    )
    parser.add_argument('--video', type=Path, nargs='+', metavar='FILE', help='to lay things over')
    parser.add_argument('--frames', type=int, metavar='N', help='at most, of each video')
    parser.add_argument(
        '--seed',
        type=int,
        nargs='+',
        default=[0, 1, 2, 3],
        metavar='N',
        help='what is laid over, and where; once for each N',
    )
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument('--output', type=Path, metavar='DIR', help='draw diagrams and frames here')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the models' names and their figures; those of laid-over photographs in 'staged'.

    Raises:
        ConfigurationError: when the photographs do not fit the annotations, or nothing is known.
    """

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    pose = load_pose(
        arguments.pose,
        threads=_THREADS,
        max_people=_MAX_PEOPLE,
        with_masks=True,
        skeleton='',
        report=report,
    )
    segmentation = load_segmentation(arguments.segmentation, threads=_THREADS, report=report)
    perception = Perception(pose, segmentation, FusionConfig())
    result: dict[str, Any] = {'model': pose.model_name, 'segmentation': segmentation.model_name}
    for name, part in _parts(arguments, pose):
        figures = measure(part, perception, arguments.output, name)
        result.update({name: figures} if name else figures)
    return result


def _parts(
    arguments: argparse.Namespace, pose: PosePipeline
) -> Iterator[tuple[str, Sequence[Clip]]]:
    """Yield what is measured together, the first one without a name."""
    seeds = arguments.seed
    if arguments.annotations:
        if len(arguments.images or ()) != len(arguments.annotations):
            raise ConfigurationError('--images needs one folder for each file of --annotations')
        pairs = list(zip(arguments.annotations, arguments.images, strict=True))
        yield '', [clip for pair in pairs for clip in clips.photo_clips(*pair)]
        staged = [
            clip
            for pair in pairs
            for clip in clips.staged_photo_clips(*pair, pose.skeleton, seeds)
        ]
        if staged:
            yield 'staged', staged
    elif arguments.video:
        yield (
            '',
            [
                clip
                for path in arguments.video
                for clip in clips.video_clips(path, pose, seeds, arguments.frames)
            ],
        )
    else:
        yield '', [clips.scene_clip(pose.skeleton)]


def measure(
    part: Sequence[Clip], perception: Perception, output: Path | None = None, name: str = ''
) -> dict[str, Any]:
    """Return the figures over all clips.

    Args:
        part: what to look at.
        perception: forgets everyone before each clip.
        output: folder for diagrams and frames; None for none.
        name: first part of their names.

    Raises:
        ConfigurationError: when nothing is known of any joint.
    """
    worst = WorstFrames()
    tables: list[Records] = []
    for clip in track(part, description=name or 'measuring', console=Console(stderr=True)):
        perception.reset()
        recorder = Recorder()
        for frame, truth_of in clip.frames():
            result = perception.step(frame, None, None, no_stages)
            truth = truth_of(result.keypoints)
            number = len(tables)
            records = recorder.record(truth, result.keypoints, result.humans, number)
            tables.append(records)
            if output:
                worst.add(clip.name, frame.pixels, truth, result.humans, records)
    records = Records.concatenate(tables)
    if not len(records):
        raise ConfigurationError('nothing is known of any joint there')
    if output:
        from ros_vision_perception.tools.evaluate.diagrams import draw_diagrams

        output.mkdir(parents=True, exist_ok=True)
        prefix = f'{name}_' if name else ''
        draw_diagrams(records, output, prefix)
        worst.write(output / f'{prefix}worst_frames.png')
    return {'frames': len(tables), **occlusion_figures(records)}
