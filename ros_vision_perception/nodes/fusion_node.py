"""Joins poses, masks and depth of one stamp into what is known about each person."""

from collections.abc import Callable, Sequence
import sys
import time
from typing import Any

from ros_vision_perception.core.activity import Classify
from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.core.skeleton import Skeleton
from ros_vision_perception.core.types import Observation
from ros_vision_perception.msg import InstanceMaskArray, PersonKeypointsArray
from ros_vision_perception.nodes.camera_parts import DepthImage
from ros_vision_perception.nodes.conversions.keypoints import keypoints_from_msg
from ros_vision_perception.nodes.conversions.masks import masks_from_msg
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.depth_input import DepthInput
from ros_vision_perception.nodes.faults import Faults
from ros_vision_perception.nodes.health import Level, Problem, Source
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.outputs import HumansOutput
from ros_vision_perception.nodes.parameters import FusionParameters
from ros_vision_perception.nodes.quality import RELIABLE
from ros_vision_perception.nodes.run import run
from ros_vision_perception.nodes.subscribing import subscribe
from ros_vision_perception.nodes.target_frame import TargetFrame
from ros_vision_perception.nodes.timed_join import TimedJoin
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.fuse import Fuser
from ros_vision_perception.pipeline.join import Joined
from ros_vision_perception.pipeline.stages import StageTimes

_SILENT_AFTER_S = 2.0


class FusionNode(ManagedNode[FusionParameters]):
    """Keypoints, masks and depth in, humans out."""

    _inputs: tuple[Source, ...]
    _classify: Classify | None

    def __init__(self, **options: Any) -> None:
        """Make the node; `options` are those of `rclpy.node.Node`."""
        self.forget()
        super().__init__('fusion_node', FusionParameters, **options)

    def load(self, parameters: FusionParameters) -> Classify | None:
        """Return what tells activities."""
        return load_activity(parameters.activity_model)

    def adopt(self, loaded: Classify | None) -> None:
        """Tell activities with this from now on."""
        self._classify = loaded
        if self._fuser is not None:
            self._fuser.exchange(loaded)

    def tune(self) -> None:
        """Join and fuse by the parameters as they are now."""
        if self._fuser is not None:
            self._fuser.tune(self.parameters.fusion)
        if self._inputs:
            self._join.tune(self.parameters.join_deadline_ms)

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._humans = HumansOutput(self)

    def open_inputs(self) -> None:
        """Subscribe, and begin without anybody."""
        self._forget_everyone()
        parameters = self.parameters
        self._stages = StageTimes(time.perf_counter_ns)
        say = self.get_logger().warning
        self._faults = {'keypoints': Faults(say), 'masks': Faults(say)}
        self._frames, self._received_ns = 0, time.perf_counter_ns()
        self._listen(PersonKeypointsArray, 'keypoints', keypoints_from_msg)
        inputs = ['keypoints']
        if parameters.use_masks:
            self._listen(InstanceMaskArray, 'masks', masks_from_msg)
            inputs.append('masks')
        if parameters.use_depth:
            inputs.append('depth')
        self._join = TimedJoin(self, tuple(inputs), parameters.join_deadline_ms, self._fuse)
        self._depth = DepthInput(self, parameters, self._on_depth)
        self._target = TargetFrame(self, parameters.target_frame, parameters.tf_wait_ms)
        self._inputs = (self._depth, self._join, self._target)
        self._target.open()

    def close_inputs(self) -> None:
        """Forget the input."""
        if self._inputs:
            self._target.close()
        self._inputs = ()

    def sources(self) -> Sequence[Source]:
        """Return the inputs, as far as they are there."""
        return self._inputs

    def forget(self) -> None:
        """Drop the network, and forget everyone."""
        self._classify = None
        self._forget_everyone()

    def _forget_everyone(self) -> None:
        self._skeleton: Skeleton | None = None
        self._fuser: Fuser | None = None
        self._inputs = ()

    def _listen(self, kind: type, topic: str, convert: Callable[[Any], Any]) -> None:
        def receive(message: Any, _info: dict) -> None:
            self._received_ns = time.perf_counter_ns()
            self._frames += kind is PersonKeypointsArray
            try:
                stamp_ns = stamp_from_header(message.header)
                with self._stages('convert'):
                    seen = convert(message)
            except FrameError as error:
                self._faults[topic].note(error, topic)
            else:
                self._join.add(topic, stamp_ns, (message.header, seen))

        subscribe(self, kind, topic, receive, RELIABLE)

    def _on_depth(self, stamp_ns: int, depth: DepthImage) -> None:
        self._join.add('depth', stamp_ns, (None, depth))

    def _fuse(self, joined: Joined) -> None:
        if joined.is_restart:
            self.get_logger().info('stamps jump back: beginning anew')
            if self._fuser is not None:
                self._fuser.reset()
        parts = {name: part for name, (_, part) in joined.parts.items()}
        if 'keypoints' in parts:
            self._adopt(parts['keypoints'].skeleton)
        seen = [joined.parts[name] for name in ('keypoints', 'masks') if name in parts]
        if not seen or self._fuser is None:
            return  # before the first poses nobody has looked for people
        header, first = seen[0]
        depth_m, camera = self._depth.parts.fitting(
            parts.get('depth'), header.frame_id, first.image_size
        )
        self._frames += 'keypoints' not in parts
        observation = Observation(
            stamp_ns=joined.stamp_ns,
            image_size=first.image_size,
            keypoints=parts.get('keypoints'),
            masks=parts.get('masks'),
            depth_m=depth_m,
            camera=camera,
        )
        with self._stages('fuse'):
            humans = self._fuser.step(observation)
        with self._stages('publish'):
            latency_ns = self._humans.publish(*self._target.place(humans, header), joined.first_ns)
        self.diagnostics.note_result(header, latency_ns, self._stages.elapsed_ns)
        self._stages.clear()

    def _adopt(self, skeleton: Skeleton) -> None:
        """Begin anew when the poses come in another skeleton, or for the first time."""
        if skeleton != self._skeleton:
            self._skeleton = skeleton
            self._fuser = Fuser(self.parameters.fusion, skeleton, self._classify)
            self._humans.announce(skeleton)

    def counts(self) -> dict[str, int]:
        """Return how many frames came, and what was dropped for which cause.

        Poses are a frame, and a stamp that went on without them is one.
        """
        if not self._inputs:
            return {}
        poses, masks = (faults.counts.items() for faults in self._faults.values())
        return {
            'frames_in': self._frames,
            **{f'dropped_{cause}': count for cause, count in poses},
            **{f'ignored_{cause}': count for cause, count in masks},
        }

    def values(self) -> dict[str, str]:
        """Return how long ago the last message came."""
        age = {'last_frame_age_s': f'{self._silent_s():.2f}'} if self._inputs else {}
        return super().values() | age

    def problems(self) -> list[Problem]:
        """Return what is wrong with the input, first of all that there is none."""
        if not self._inputs:
            return super().problems()
        problems = [*super().problems(), *self._news()]
        if self._silent_s() < _SILENT_AFTER_S:
            return problems
        topic = self.resolve_topic_name('keypoints')
        publishers = self.count_publishers(topic)
        text = f'nothing on {topic} for {self._silent_s():.0f} s; it has {publishers} publishers'
        return [Problem('silence', text, Level.STALE), *problems]

    def _news(self) -> list[Problem]:
        return [problem for faults in self._faults.values() for problem in faults.news()]

    def _silent_s(self) -> float:
        return (time.perf_counter_ns() - self._received_ns) * 1e-9


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('fusion_node', FusionNode, sys.argv[1:] if argv is None else argv)
