"""Models that find stick people: no weights, and the truth is known."""

import numpy as np

from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.pipeline.stages import Stages
from test.core.people import IMAGE_SIZE, Scene, detect, figure, rectangle, segment

PERIOD_NS = 100_000_000
FIRST_NS = 1_700_000_000_000_000_000


def scene(stamp_ns: int) -> Scene:
    """Return two people who walk towards each other, and a pillar; time tells where."""
    step = (stamp_ns - FIRST_NS) // PERIOD_NS
    people = (figure(90.0 + 4 * step, phase=0.5 * step), figure(210.0 - 3 * step, phase=1 + step))
    return Scene(people, things=(('pillar', rectangle(250, 290)),))


def stamp_ns(step: int) -> int:
    """Return the stamp of the image with this number."""
    return FIRST_NS + step * PERIOD_NS


def pixels() -> np.ndarray:
    """Return an image (H, W, 3) of the right size; what is on it does not matter."""
    return np.full((*IMAGE_SIZE[::-1], 3), 90, np.uint8)


class Recorder:
    """Remembers which frames a model was given.

    Attributes:
        stamps: of the frames.
        frames: the frames.
        resets: how many frames had come before each reset.
        looks_ahead: how many frames had come before each look ahead.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.stamps: list[int] = []
        self.frames: list[Frame] = []
        self.resets: list[int] = []
        self.looks_ahead: list[int] = []
        self.model_name = 'sticks'

    def record(self, frame: Frame) -> None:
        """Remember a frame."""
        self.stamps.append(frame.stamp_ns)
        self.frames.append(frame)


class StickPose(Recorder):
    """A pose model that knows where everyone is."""

    skeleton = COCO17

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone in the scene of the frame's stamp, as the image shows them."""
        self.record(frame)
        with stages('infer'):
            people = scene(frame.stamp_ns)
            return detect(people, with_masks=True, noise_px=0.5, seed=frame.stamp_ns % 997)

    def look_ahead(self, stages: Stages) -> None:
        """Remember that there was time."""
        self.looks_ahead.append(len(self.stamps))

    def reset(self) -> None:
        """Remember that the past was forgotten."""
        self.resets.append(len(self.stamps))


class StickSegmentation(Recorder):
    """A segmentation model that knows where everyone is."""

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return everyone and everything in the scene of the frame's stamp."""
        self.record(frame)
        with stages('infer'):
            return segment(scene(frame.stamp_ns))
