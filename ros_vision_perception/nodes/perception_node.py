"""Everything in one process: images in, what is known about each person out."""

from collections.abc import Callable
import sys
from typing import Any

from rclpy.node import Node

from ros_vision_perception.nodes import pose_node, segmentation_node
from ros_vision_perception.nodes.camera_parts import DepthImage
from ros_vision_perception.nodes.declare import declare
from ros_vision_perception.nodes.depth_input import DepthInput
from ros_vision_perception.nodes.diagnostics import Diagnostics, Models
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.outputs import (
    HumansOutput,
    KeypointsOutput,
    MasksOutput,
    OverlayOutput,
)
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.nodes.run import run
from ros_vision_perception.nodes.timed_join import TimedJoin
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.join import Joined
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.perception import Perception, PerceptionResult
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline

Loaded = tuple[PosePipeline, SegmentationPipeline | None]


def load(parameters: PerceptionParameters, networks: Networks) -> Loaded:
    """Load the models on `networks`; raises PerceptionError when that cannot be done."""
    pose = pose_node.load(parameters, networks)
    if not parameters.segmentation_model:
        return pose, None
    return pose, segmentation_node.load(parameters, networks)


class PerceptionNode(Node):
    """Image, and depth where there is, in; humans, keypoints, masks and overlay out.

    Attributes:
        image, depth: its inputs.
    """

    def __init__(
        self, load: Callable[[PerceptionParameters, Networks], Loaded] = load, **options: Any
    ) -> None:
        """Load the models with `load`, then subscribe; `options` as of `rclpy.node.Node`."""
        super().__init__('perception_node', **options)
        parameters = declare(self, PerceptionParameters)
        networks = Networks(parameters.backends, self.get_logger().info)
        pose, segmentation = load(parameters, networks)
        networks.tell()
        classify = load_activity(parameters.activity_model)
        self._perception = Perception(pose, segmentation, parameters.fusion, classify)
        models = {'pose_model': pose.model_name}
        self._humans = HumansOutput(self)
        self._humans.announce(pose.skeleton)
        self._keypoints = KeypointsOutput(self, pose.skeleton, pose.model_name)
        self._overlay = OverlayOutput(self)
        self._masks: MasksOutput | None = None
        if segmentation is not None:
            self._masks = MasksOutput(self, segmentation.model_name)
            models['segmentation_model'] = segmentation.model_name
        inputs = ('image', 'depth') if parameters.use_depth else ('image',)
        self._join = TimedJoin(self, inputs, parameters.join_deadline_ms, self._on_joined)
        self.image = ImageInput(self, parameters, self._on_frame)
        self.depth = DepthInput(self, parameters, self._on_depth)
        self._diagnostics = Diagnostics(
            self, (Models(models, networks), self.image, self.depth, self._join)
        )

    def _on_frame(self, arrival: Arrival) -> None:
        self._join.add('image', arrival.frame.stamp_ns, arrival)

    def _on_depth(self, stamp_ns: int, depth: DepthImage) -> None:
        self._join.add('depth', stamp_ns, depth)

    def _on_joined(self, joined: Joined) -> None:
        if joined.is_restart:
            self._perception.reset()
        arrival = joined.parts.get('image')
        if arrival is None:
            return
        stages = self.image.stages
        frame, frame_id = arrival.frame, arrival.header.frame_id
        depth_m, camera = self.depth.parts.fitting(joined.parts.get('depth'), frame_id, frame.size)
        result = self._perception.step(frame, depth_m, camera, stages)
        with stages('publish'):
            latency_ns = self._humans.publish(result.humans, arrival.header, arrival.received_ns)
            self._publish_parts(result, arrival)
        self._diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)

    def _publish_parts(self, result: PerceptionResult, arrival: Arrival) -> None:
        self._keypoints.publish(result.keypoints, arrival.header)
        if self._masks is not None and result.masks is not None:
            self._masks.publish(result.masks, arrival.header)
        self._overlay.publish(arrival.frame, result.humans, arrival.header)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('perception_node', PerceptionNode, sys.argv[1:] if argv is None else argv)
