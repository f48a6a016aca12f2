"""Real nodes, over DDS, on a scene with known truth or on your own images."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.tools import sources
from ros_vision_perception.tools.sources import FrameSource


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.topic and not arguments.bag:
        parser.error('--topic is for --bag')
    # Only now: --help needs no ROS.
    from ros_vision_perception.tools.demo.run import Options, run
    from ros_vision_perception.tools.demo.scene import FPS, PERIOD_FRAMES, Scene

    source, truth, duration_s = _chosen_source(arguments), None, arguments.duration
    if source is None:
        scene = Scene()
        truth = scene.truth
        source = FrameSource('scene', FPS, lambda: map(scene.image, count()))
        if duration_s is None and not arguments.loop:
            duration_s = PERIOD_FRAMES / FPS
    run(
        Options(
            source=_paced(source, arguments.fps, duration_s, loop=arguments.loop),
            truth=truth,
            pose=arguments.pose,
            segmentation=arguments.segmentation,
            separate=arguments.separate,
            show=arguments.show,
            folder=_output_folder(arguments.output, source.name),
        )
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='demo', description=__doc__)
    inputs = parser.add_argument_group(
        'input', 'default: photographs of people, moving behind each other and behind a pillar'
    ).add_mutually_exclusive_group()
    inputs.add_argument('--video', type=Path, metavar='FILE', help='a video')
    inputs.add_argument('--images', type=Path, metavar='DIR', help='a folder of images')
    inputs.add_argument('--camera', type=int, metavar='NUMBER', help='a camera, 0 is the first')
    inputs.add_argument('--bag', type=Path, metavar='PATH', help='a ROS bag')
    parser.add_argument('--topic', help='image topic of the bag; default: the only one')
    parser.add_argument('--fps', type=_positive, help='images per second; default: as recorded')
    parser.add_argument('--duration', type=_positive, metavar='SECONDS', help='end after this')
    parser.add_argument('--loop', action='store_true', help='begin again at the end')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument('--separate', action='store_true', help='three nodes instead of one')
    parser.add_argument('--show', action='store_true', help='open a window')
    parser.add_argument(
        '--output', type=Path, metavar='PATH', help='new folder for the results; default: out/...'
    )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float('inf'):
        raise argparse.ArgumentTypeError(f'got {text}, expected a number above 0')
    return value


def _chosen_source(arguments: argparse.Namespace) -> FrameSource | None:
    if arguments.video is not None:
        return sources.from_video(arguments.video)
    if arguments.images is not None:
        return sources.from_images(arguments.images)
    if arguments.camera is not None:
        return sources.from_camera(arguments.camera)
    if arguments.bag is not None:
        return sources.from_bag(arguments.bag, arguments.topic)
    return None


def _paced(
    source: FrameSource, fps: float | None, duration_s: float | None, *, loop: bool
) -> FrameSource:
    """Return the source at another pace, over and over, or cut to a duration."""
    fps = fps or source.fps
    limit = round(duration_s * fps) if duration_s else None
    frames = partial(_over_and_over, source.frames) if loop else source.frames
    return replace(source, fps=fps, frames=lambda: islice(frames(), limit))


def _over_and_over(begin: Callable[[], Iterator[np.ndarray]]) -> Iterator[np.ndarray]:
    """Yield all images, again and again; ends when there are no more, as from a lost camera."""
    while (first := next(images := begin(), None)) is not None:
        yield first
        yield from images


def _output_folder(chosen: Path | None, name: str) -> Path:
    folder = chosen or Path('out') / f'demo-{name}-{datetime.now():%Y%m%d-%H%M%S}'
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigurationError(f'{folder} is not empty; --output is a new folder')
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f'{folder} cannot be made: {error.strerror}') from error
    return folder.resolve()
