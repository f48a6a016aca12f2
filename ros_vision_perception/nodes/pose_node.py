"""Finds the poses of the people in the camera's images."""

from collections.abc import Callable
import sys
import time
from typing import Any

from rclpy.node import Node

from ros_vision_perception.nodes.declare import declare
from ros_vision_perception.nodes.diagnostics import Diagnostics, Models
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.outputs import KeypointsOutput, SkeletonOutput
from ros_vision_perception.nodes.parameters import PoseModelParameters, PoseParameters
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


class PoseNode(Node):
    """Image in, keypoints out.

    Attributes:
        image: its input.
    """

    def __init__(
        self, load: Callable[[PoseParameters, Networks], PosePipeline] = load, **options: Any
    ) -> None:
        """Load the model with `load`, then subscribe; `options` are those of `rclpy.node.Node`."""
        super().__init__('pose_node', **options)
        parameters = declare(self, PoseParameters)
        networks = Networks(parameters.backends, self.get_logger().info)
        self._pose = load(parameters, networks)
        networks.tell()
        skeleton, model = self._pose.skeleton, self._pose.model_name
        SkeletonOutput(self).publish(skeleton)
        self._keypoints = KeypointsOutput(self, skeleton, model)
        self.image = ImageInput(self, parameters, self._on_frame)
        models = Models({'pose_model': model}, networks)
        self._diagnostics = Diagnostics(self, (models, self.image))

    def _on_frame(self, arrival: Arrival) -> None:
        if arrival.is_restart:
            self._pose.reset()
        stages = self.image.stages
        keypoints = self._pose.estimate(arrival.frame, stages)
        with stages('publish'):
            self._keypoints.publish(keypoints, arrival.header)
        latency_ns = time.perf_counter_ns() - arrival.received_ns
        self._diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('pose_node', PoseNode, sys.argv[1:] if argv is None else argv)
