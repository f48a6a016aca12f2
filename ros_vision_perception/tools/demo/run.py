"""Run the demo: start the nodes, send the images, keep, show and judge what comes back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import chain
import os
from pathlib import Path
import signal
import time
from types import FrameType

import numpy as np
from rich.console import Console

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.human import Humans
from ros_vision_perception.tools.children import Children
from ros_vision_perception.tools.demo.agreement import Agreement
from ros_vision_perception.tools.demo.recorder import Recorder
from ros_vision_perception.tools.demo.session import FRAME_ID, Session
from ros_vision_perception.tools.demo.view import View
from ros_vision_perception.tools.environment import prepare_environment
from ros_vision_perception.tools.sources import FrameSource
from ros_vision_perception.tools.truth import Truth
from ros_vision_perception.zoo.resolve import resolve


@dataclass(frozen=True)
class Options:
    """What to run.

    Attributes:
        source: of the images.
        truth: about an image, by its number; None where nobody knows.
        pose, segmentation: model names or paths.
        separate: three nodes in place of one.
        show: open a window.
        folder: for the results; empty.
    """

    source: FrameSource
    truth: Callable[[int], Truth] | None
    pose: str
    segmentation: str
    separate: bool
    show: bool
    folder: Path


def run(options: Options) -> None:
    """Run until the images or the user end it; raises PerceptionError when there is no result."""
    view = View(Console(highlight=False), began_s=time.monotonic(), with_window=options.show)
    prepare_environment()
    # A terminated demo ends its nodes like an interrupted one.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for model in (options.pose, options.segmentation):
        resolve(model, view.say)  # here, where progress can be seen
    with ExitStack() as cleanup:
        cleanup.callback(view.close)
        children = Children(options.folder, os.environ)
        cleanup.callback(children.stop)
        listeners = _start_nodes(children, options)
        session = Session(children, listeners)
        cleanup.callback(session.close)
        view.say(f'Starting the nodes with ROS_DOMAIN_ID={os.environ["ROS_DOMAIN_ID"]}')
        first, images = _with_first(options.source)
        session.wait_until_ready(first)
        recorder = Recorder(options.folder, options.source.fps, FRAME_ID)
        try:
            with _ends_on_signals(session):
                agreement = _play(session, images, recorder, options, view)
        finally:
            files = recorder.close()
    _report(session, agreement, files, view)


def _with_first(source: FrameSource) -> tuple[np.ndarray, Iterator[np.ndarray]]:
    """Return the first image, and all of them."""
    images = source.frames()
    first = next(images, None)
    if first is None:
        raise PerceptionError(f'{source.name} has no images')
    return first, chain([first], images)


def _start_nodes(children: Children, options: Options) -> int:
    """Start the nodes and return how many of them listen to the camera."""
    # Only with a mask of each person can it be told who hides whom.
    pose = {'pose_model': options.pose, 'pose_masks': 'true'}
    segmentation = {'segmentation_model': options.segmentation}
    if options.separate:
        children.start('pose_node', pose)
        children.start('segmentation_node', segmentation)
        children.start('fusion_node', {})
        return 2
    children.start('perception_node', pose | segmentation)
    return 1


@contextmanager
def _ends_on_signals(session: Session) -> Iterator[None]:
    """Let an interrupt end the run between two results, so that no file is left half-written.

    The second one ends it at once.
    """

    def end(number: int, frame: FrameType | None) -> None:
        session.stop()
        signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)


def _play(
    session: Session,
    images: Iterator[np.ndarray],
    recorder: Recorder,
    options: Options,
    view: View,
) -> Agreement | None:
    """Send, keep, show and judge all images; returns None where nobody knows the truth."""
    agreement = Agreement() if options.truth else None
    humans: Humans | None = None
    with view.live(), closing(session.answers(images, options.source.fps, recorder)) as answers:
        for answer in answers:
            if answer is not None:
                picture = recorder.result(answer.sent.index, answer.sent.image, answer.humans)
                if humans is None:
                    view.say_with_time(f'First overlay: {recorder.first_picture}')
                humans = answer.humans
                if agreement is not None and options.truth is not None:
                    agreement.add(options.truth(answer.sent.index), humans)
                if not view.show(picture):
                    break
            view.update(humans, session.statistics.line())
    return agreement


def _report(session: Session, agreement: Agreement | None, files: list[Path], view: View) -> None:
    view.say(session.statistics.line())
    if agreement is not None:
        view.say('\nAgreement with the truth about the scene', *agreement.lines())
    view.say('\nWritten', *(f'  {file}' for file in files))
    if not session.statistics.answered:
        raise PerceptionError('the nodes gave no result')
