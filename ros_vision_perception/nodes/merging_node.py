"""Joins what several cameras say about people: each person once, in one frame."""

from collections.abc import Sequence
from functools import partial
import sys
import time
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import ConfigurationError, FrameError
from ros_vision_perception.core.merging import PeopleMerger
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import humans_from_msg
from ros_vision_perception.nodes.conversions.stamps import make_header
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.health import Level, Problem, Source
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.outputs import HumansOutput
from ros_vision_perception.nodes.parameters import MergingParameters
from ros_vision_perception.nodes.quality import RELIABLE
from ros_vision_perception.nodes.run import run
from ros_vision_perception.nodes.stamp_order import StampOrder
from ros_vision_perception.nodes.subscribing import subscribe

_SILENT_AFTER_S = 2.0


class MergingNode(ManagedNode[MergingParameters]):
    """`CAMERA/humans` of several cameras in, `humans` out, at the time of the newest image."""

    def __init__(self, **options: Any) -> None:
        """Make the node; `options` are those of `rclpy.node.Node`."""
        self.forget()
        super().__init__('merging_node', MergingParameters, **options)

    def load(self, parameters: MergingParameters) -> None:
        """Load nothing: it has no model.

        Raises:
            ConfigurationError: when there is nothing to merge.
        """
        cameras = parameters.cameras
        if len(set(cameras)) < max(len(cameras), 2):
            raise ConfigurationError(
                f'parameter cameras: got {list(cameras)}, expected two different names or more'
            )

    def adopt(self, loaded: None) -> None:
        """Do nothing: the skeleton comes with the people."""

    def tune(self) -> None:
        """Do nothing: nothing can change while it works."""

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._humans = HumansOutput(self)

    def open_inputs(self) -> None:
        """Subscribe, and begin without anybody."""
        self.forget()
        cameras = self.parameters.cameras
        self._merger = PeopleMerger(cameras)
        self._faults = Faults(self.get_logger().warning)
        now_ns = time.perf_counter_ns()
        for camera in cameras:
            self._orders[camera], self._received_ns[camera] = StampOrder(), now_ns
            receive = partial(self._receive, camera)
            subscribe(self, HumanStateArray, f'{camera}/humans', receive, RELIABLE)

    def close_inputs(self) -> None:
        """Forget everyone."""
        self.forget()

    def sources(self) -> Sequence[Source]:
        """Return nothing else."""
        return ()

    def forget(self) -> None:
        """Forget everyone."""
        self._skeleton: Skeleton | None = None
        self._messages = 0
        self._orders: dict[str, StampOrder] = {}
        self._received_ns: dict[str, int] = {}

    def _receive(self, camera: str, message: Any, _info: dict) -> None:
        received_ns = self._received_ns[camera] = time.perf_counter_ns()
        self._messages += 1
        try:
            self._merge(camera, message, received_ns)
        except FrameError as error:
            self._faults.note(error, self.resolve_topic_name(f'{camera}/humans'))

    def _merge(self, camera: str, message: Any, received_ns: int) -> None:
        frame_id, wanted = message.header.frame_id, self.parameters.target_frame
        if frame_id != wanted:
            raise FrameError(
                'another_frame',
                f'got people in {frame_id!r}, expected {wanted!r}; '
                'cure: set target_frame of its perception_node, and publish TF',
            )
        humans = humans_from_msg(message)
        if self._skeleton is None:
            self._skeleton = humans.skeleton
            self._humans.announce(humans.skeleton)
        if humans.skeleton != self._skeleton:
            raise FrameError(
                'another_skeleton',
                f'got joints of {humans.skeleton.name}, expected {self._skeleton.name} as from '
                'the other cameras; cure: set `skeleton` of their nodes to the same',
            )
        self._orders[camera].is_restart(humans.stamp_ns)
        try:
            merged = self._merger.step(camera, humans)
        except np.linalg.LinAlgError as error:
            raise FrameError(
                'bad_covariances', f'got covariances that no errors have: {error}'
            ) from error
        header = make_header(merged.stamp_ns, wanted)
        latency_ns = self._humans.publish(merged, header, received_ns)
        self.diagnostics.note_result(header, latency_ns, {})

    def counts(self) -> dict[str, int]:
        """Return how many messages came, and how many were dropped for which cause."""
        if not self._orders:
            return {}
        dropped = {f'dropped_{cause}': count for cause, count in self._faults.counts.items()}
        return {'frames_in': self._messages, **dropped}

    def values(self) -> dict[str, str]:
        """Return how long ago each camera said something."""
        ages = {f'{camera}_age_s': f'{age_s:.2f}' for camera, age_s in self._ages_s().items()}
        return super().values() | ages

    def problems(self) -> list[Problem]:
        """Return who is silent, and what could not be used."""
        if not self._orders:
            return super().problems()
        silent = {name: age for name, age in self._ages_s().items() if age > _SILENT_AFTER_S}
        level = Level.STALE if len(silent) == len(self._orders) else Level.WARN
        said = [
            Problem(f'silence of {camera}', self._silence(camera, age_s), level)
            for camera, age_s in silent.items()
        ]
        return [*super().problems(), *said, *self._faults.news()]

    def _silence(self, camera: str, age_s: float) -> str:
        topic = self.resolve_topic_name(f'{camera}/humans')
        publishers = self.count_publishers(topic)
        return f'nothing on {topic} for {age_s:.0f} s; it has {publishers} publishers'

    def _ages_s(self) -> dict[str, float]:
        now_ns = time.perf_counter_ns()
        return {name: (now_ns - at_ns) * 1e-9 for name, at_ns in self._received_ns.items()}


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('merging_node', MergingNode, sys.argv[1:] if argv is None else argv)
