"""From what models see in one image to everyone who is known about, and what they do."""

from dataclasses import replace

from ros_vision_perception.core import conduct, events, fusion
from ros_vision_perception.core.activity import Classify
from ros_vision_perception.core.conduct import ConductState
from ros_vision_perception.core.events import EventState
from ros_vision_perception.core.fusion import FusionConfig, FusionState
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Observation


class Fuser:
    """Keeps what must be kept from image to image."""

    def __init__(
        self, config: FusionConfig, skeleton: Skeleton, classify: Classify | None = None
    ) -> None:
        """Fuse observations whose keypoints have this skeleton; `classify` tells activities."""
        self._config, self._skeleton, self._classify = config, skeleton, classify
        self.reset()

    def tune(self, config: FusionConfig) -> None:
        """Fuse by another configuration from now on, with the same people."""
        self._config = config

    def exchange(self, classify: Classify | None) -> None:
        """Tell activities by another network, or not at all, from now on."""
        self._classify = classify

    def reset(self) -> None:
        """Forget everyone: the next observation is the first of a new stream."""
        self._people, self._conduct, self._events = FusionState(), ConductState(), EventState()

    def step(self, observation: Observation) -> Humans:
        """Take in one observation and return what is known now.

        Raises:
            ValueError: when time runs backwards or the skeletons differ.
        """
        self._people, humans = fusion.step(self._people, observation, self._config, self._skeleton)
        self._conduct, humans = conduct.step(self._conduct, humans, self._classify)
        self._events, over = events.follow(self._events, humans)
        return replace(humans, events=over) if over else humans
