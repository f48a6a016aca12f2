"""Compares new results with those of an earlier replay, and draws the first difference."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.conversions.humans import humans_from_msg
from ros_vision_perception.nodes.conversions.images import bgr_from_frame
from ros_vision_perception.render.overlay import draw_overlay
from ros_vision_perception.tools.replay.compare import Difference, Tolerances, first_difference
from ros_vision_perception.tools.replay.inputs import IMAGE, open_bag
from ros_vision_perception.tools.replay.job import Job

# Machines round differently: far less than a pixel, or a per mille.
TOLERANCES = Tolerances(absolute=0.01, relative=1e-3)
_GAP_PX = 8


def main(job: Job, golden: Path) -> int:
    """Say whether the results of a job are those of `golden`; return the exit status."""
    difference = first_difference(job.output, golden, TOLERANCES)
    if difference is None:
        print(f'same results as {golden}')
        return 0
    print(difference)
    picture = draw(job, difference)
    if picture is not None:
        path = job.output.with_name(f'{job.output.name}.difference.png')
        cv2.imwrite(str(path), picture)
        print(f'drawn, left as it is and right as expected: {path}')
    return 1


def draw(job: Job, difference: Difference) -> np.ndarray | None:
    """Return the image (H, 2 W + gap, 3) uint8 BGR with both results, None without people."""
    messages = [message for message in difference.messages if hasattr(message, 'humans')]
    if not messages:
        return None
    try:
        results = [humans_from_msg(message) for message in messages]
    except FrameError:  # what this version does not know
        return None
    image = _image(job, results[0].stamp_ns)
    if image is None:
        return None
    pictures = [draw_overlay(image, humans) for humans in results]
    gap = np.zeros((len(image), _GAP_PX, 3), np.uint8)
    return np.hstack([pictures[0], gap, pictures[1]]) if len(pictures) == 2 else pictures[0]


def _image(job: Job, stamp_ns: int) -> np.ndarray | None:
    with open_bag(job.recipe.bag, job.recipe.selection) as bag:
        for message in bag.messages(lambda _line: None):
            value: Any = message.value
            is_image = message.kind == IMAGE and not isinstance(value, FrameError)
            if is_image and message.stamp_ns == stamp_ns:
                return bgr_from_frame(value)
    return None
