"""Pose and segmentation of one frame, side by side."""

from threading import Event

import numpy as np
import pytest

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.pipeline.perception import Perception, PerceptionResult
from ros_vision_perception.pipeline.stages import Stages, no_stages
from test.nodes.models import FIRST_NS, StickPose, StickSegmentation, pixels

PATIENCE_S = 60.0


class Meeting:
    """Two who both wait until the other one is there."""

    def __init__(self) -> None:
        """Nobody is there."""
        self.pose, self.segmentation = Event(), Event()


class WaitingPose(StickPose):
    """Ends when the segmentation has begun."""

    def __init__(self, meeting: Meeting) -> None:
        """Meet at `meeting`."""
        super().__init__()
        self._meeting = meeting

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return everyone, once the segmentation is there too."""
        self._meeting.pose.set()
        assert self._meeting.segmentation.wait(PATIENCE_S)
        return super().estimate(frame, stages)


class WaitingSegmentation(StickSegmentation):
    """Ends when the pose has begun."""

    def __init__(self, meeting: Meeting) -> None:
        """Meet at `meeting`."""
        super().__init__()
        self._meeting = meeting

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return the masks, once the pose is there too."""
        self._meeting.segmentation.set()
        assert self._meeting.pose.wait(PATIENCE_S)
        return super().segment(frame, stages)


class BrokenSegmentation(StickSegmentation):
    """Fails."""

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Raise."""
        raise ModelError('it does not take its inputs')


def step(perception: Perception) -> PerceptionResult:
    """Return the result of the first frame."""
    return perception.step(Frame(pixels(), 'bgr8', FIRST_NS), None, None, no_stages)


def test_both_models_are_at_work_at_the_same_time() -> None:
    meeting = Meeting()
    result = step(Perception(WaitingPose(meeting), WaitingSegmentation(meeting), FusionConfig()))
    alone = StickPose(), StickSegmentation()
    expected = step(Perception(*alone, FusionConfig()))
    assert len(result.humans.people) == 2
    np.testing.assert_equal(result.keypoints.keypoints_xy, expected.keypoints.keypoints_xy)
    assert result.masks is not None and expected.masks is not None
    assert len(result.masks) == len(expected.masks) > 0


def test_what_goes_wrong_with_the_segmentation_is_told() -> None:
    with pytest.raises(ModelError, match='does not take its inputs'):
        step(Perception(StickPose(), BrokenSegmentation(), FusionConfig()))
