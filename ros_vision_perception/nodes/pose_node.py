"""Finds the poses of the people in the camera's images."""

from collections.abc import Callable
import sys
import time
from typing import Any

from ros_vision_perception.nodes.diagnostics import Models
from ros_vision_perception.nodes.health import Source
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.model_parameters import PoseModelParameters
from ros_vision_perception.nodes.outputs import KeypointsOutput, SkeletonOutput
from ros_vision_perception.nodes.parameters import PoseParameters
from ros_vision_perception.nodes.run import run
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.pose import PosePipeline


def load(parameters: PoseModelParameters, networks: Networks) -> PosePipeline:
    """Load the pose model on `networks`; raises PerceptionError when that cannot be done."""
    return load_pose(
        parameters.pose_model,
        threads=parameters.threads,
        max_people=parameters.max_people,
        with_masks=parameters.pose_masks,
        skeleton=parameters.skeleton,
        report=networks.report,
        reid=parameters.reid_model,
        runtime=networks,
        top_down=parameters.top_down,
    )


class PoseNode(ManagedNode[PoseParameters]):
    """Image in, keypoints out.

    Attributes:
        image: its input.
    """

    image: ImageInput | None
    _models: Models | None
    _pose: PosePipeline | None

    def __init__(
        self, load: Callable[[PoseParameters, Networks], PosePipeline] = load, **options: Any
    ) -> None:
        """Get the model from `load`; `options` are those of `rclpy.node.Node`."""
        self._load_model = load
        self.forget()
        super().__init__('pose_node', PoseParameters, **options)

    def load(self, parameters: PoseParameters) -> tuple[Networks, PosePipeline]:
        """Return the model and what runs it."""
        networks = Networks(parameters.backends, self.get_logger().info)
        pose = self._load_model(parameters, networks)
        networks.tell()
        return networks, pose

    def adopt(self, loaded: tuple[Networks, PosePipeline]) -> None:
        """Find poses with this model from now on."""
        networks, self._pose = loaded
        self._models = Models({'pose_model': self._pose.model_name}, networks)
        self._skeleton.publish(self._pose.skeleton)
        self._keypoints.announce(self._pose.skeleton, self._pose.model_name)

    def tune(self) -> None:
        """Do nothing: all that can change needs another model."""

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._skeleton, self._keypoints = SkeletonOutput(self), KeypointsOutput(self)

    def open_inputs(self) -> None:
        """Subscribe."""
        if self._pose is not None:
            self._pose.reset()
        self.image = ImageInput(self, self.parameters, self._on_frame)

    def close_inputs(self) -> None:
        """Forget the input."""
        self.image = None

    def sources(self) -> list[Source]:
        """Return the model and the input, as far as they are there."""
        return [part for part in (self._models, self.image) if part is not None]

    def forget(self) -> None:
        """Drop the model."""
        self.image = self._models = self._pose = None

    def _on_frame(self, arrival: Arrival) -> None:
        if self.image is None or self._pose is None:
            return
        if arrival.is_restart:
            self._pose.reset()
        stages = self.image.stages
        keypoints = self._pose.estimate(arrival.frame, stages)
        with stages('publish'):
            self._keypoints.publish(keypoints, arrival.header)
        latency_ns = time.perf_counter_ns() - arrival.received_ns
        self.diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('pose_node', PoseNode, sys.argv[1:] if argv is None else argv)
