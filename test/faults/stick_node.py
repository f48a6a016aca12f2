"""A perception node as a process; its models find two people who stand still, in any image."""

from dataclasses import replace
import os
import sys
import time

from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.nodes import shared_memory
from ros_vision_perception.nodes.perception_node import PerceptionNode
from ros_vision_perception.nodes.run import run
from ros_vision_perception.pipeline.stages import Stages
from test.core.people import detect, segment
from test.nodes.models import FIRST_NS, StickPose, StickSegmentation, scene

# How long the pose model takes, s.
TAKE_S = 'STICKS_TAKE_S'


class StandingPose(StickPose):
    """Finds them, and remembers nothing."""

    def __init__(self) -> None:
        """Look once."""
        super().__init__()
        self._people = detect(scene(FIRST_NS), with_masks=True)
        self._take_s = float(os.environ.get(TAKE_S, '0'))

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        """Return them, after a while."""
        with stages('infer'):
            time.sleep(self._take_s)
        return replace(self._people, image_size=frame.size)


class StandingSegmentation(StickSegmentation):
    """Finds them, and remembers nothing."""

    def __init__(self) -> None:
        """Look once."""
        super().__init__()
        self._people = segment(scene(FIRST_NS))

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        """Return them."""
        return replace(self._people, image_size=frame.size)


def main() -> None:
    """Run the node; one that was killed a moment ago has been dead for long."""
    shared_memory._NEW_S = 1.0
    run(
        'perception_node',
        lambda: PerceptionNode(lambda _parameters, _networks: _models()),
        sys.argv[1:],
    )


def _models() -> tuple[StandingPose, StandingSegmentation]:
    return StandingPose(), StandingSegmentation()


if __name__ == '__main__':
    main()
