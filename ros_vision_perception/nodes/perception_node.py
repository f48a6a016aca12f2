"""Everything in one process: images in, what is known about each person out."""

from collections.abc import Callable
import sys
from typing import Any

from ros_vision_perception.core.activity import Classify
from ros_vision_perception.nodes import pose_node, segmentation_node
from ros_vision_perception.nodes.camera_parts import DepthImage
from ros_vision_perception.nodes.depth_input import DepthInput
from ros_vision_perception.nodes.diagnostics import Models
from ros_vision_perception.nodes.health import Source
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.outputs import (
    HumansOutput,
    KeypointsOutput,
    MasksOutput,
    OverlayOutput,
)
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.nodes.run import run
from ros_vision_perception.nodes.target_frame import TargetFrame
from ros_vision_perception.nodes.timed_join import TimedJoin
from ros_vision_perception.pipeline.activity import load_activity
from ros_vision_perception.pipeline.join import Joined
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.perception import Perception, PerceptionResult
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.sharing import NetworkPool
from ros_vision_perception.pipeline.stages import no_stages

Loaded = tuple[PosePipeline, SegmentationPipeline | None]


def load(parameters: PerceptionParameters, networks: Networks) -> Loaded:
    """Load the models on `networks`; raises PerceptionError when that cannot be done."""
    pose = pose_node.load(parameters, networks)
    if not parameters.segmentation_model:
        return pose, None
    return pose, segmentation_node.load(parameters, networks)


class PerceptionNode(ManagedNode[PerceptionParameters]):
    """Image, and depth where there is, in; humans, keypoints, masks and overlay out.

    Attributes:
        image, depth: its inputs.
    """

    image: ImageInput
    depth: DepthInput
    _models: Models | None
    _perception: Perception | None
    _inputs: tuple[Source, ...]

    def __init__(
        self,
        load: Callable[[PerceptionParameters, Networks], Loaded] = load,
        pool: NetworkPool | None = None,
        **options: Any,
    ) -> None:
        """Get the models from `load`, their networks from `pool`.

        `options` are those of `rclpy.node.Node`.
        """
        self._load_models, self._pool = load, pool
        self.forget()
        super().__init__('perception_node', PerceptionParameters, **options)

    def load(self, parameters: PerceptionParameters) -> tuple[Networks, Loaded, Classify | None]:
        """Return what runs the models, the models, and what tells activities."""
        networks = Networks(parameters.backends, self.get_logger().info, self._pool)
        models = self._load_models(parameters, networks)
        networks.tell()
        return networks, models, load_activity(parameters.activity_model)

    def adopt(self, loaded: tuple[Networks, Loaded, Classify | None]) -> None:
        """Look at people with these models from now on."""
        networks, (pose, segmentation), classify = loaded
        config = self.parameters.fusion
        if self._perception is None:
            self._perception = Perception(pose, segmentation, config, classify)
        else:
            self._perception.exchange(pose, segmentation, config, classify)
        self._mask_model = '' if segmentation is None else segmentation.model_name
        names = {'pose_model': pose.model_name, 'segmentation_model': self._mask_model}
        self._models = Models(names, networks)
        self._humans.announce(pose.skeleton)
        self._keypoints.announce(pose.skeleton, pose.model_name)

    def tune(self) -> None:
        """Join and fuse by the parameters as they are now."""
        if self._perception is not None:
            self._perception.tune(self.parameters.fusion)
        if self._inputs:
            self._join.tune(self.parameters.join_deadline_ms)

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._humans, self._keypoints = HumansOutput(self), KeypointsOutput(self)
        self._overlay, self._masks = OverlayOutput(self), MasksOutput(self)

    def open_inputs(self) -> None:
        """Subscribe, and begin without anybody."""
        if self._perception is not None:
            self._perception.reset()
        parameters = self.parameters
        inputs = ('image', 'depth') if parameters.use_depth else ('image',)
        self._join = TimedJoin(self, inputs, parameters.join_deadline_ms, self._on_joined)
        self.image = ImageInput(self, parameters, self._on_frame)
        self.depth = DepthInput(self, parameters, self._on_depth)
        self._target = TargetFrame(self, parameters.target_frame, parameters.tf_wait_ms)
        self._inputs = (self.image, self.depth, self._join, self._target)
        self._target.open()

    def close_inputs(self) -> None:
        """Forget the input."""
        if self._inputs:
            self._target.close()
        self._inputs = ()

    def sources(self) -> list[Source]:
        """Return the models and the inputs, as far as they are there."""
        return [*([self._models] if self._models else []), *self._inputs]

    def forget(self) -> None:
        """Drop the models."""
        self._models = self._perception = None
        self._inputs = ()

    def _on_frame(self, arrival: Arrival) -> None:
        self._join.add('image', arrival.frame.stamp_ns, arrival)

    def _on_depth(self, stamp_ns: int, depth: DepthImage) -> None:
        self._join.add('depth', stamp_ns, depth)

    def _on_joined(self, joined: Joined) -> None:
        if self._perception is None:
            return
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
            humans, header = self._target.place(result.humans, arrival.header)
            latency_ns = self._humans.publish(humans, header, arrival.received_ns)
            self._publish_parts(result, arrival)
        self.diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)
        self._perception.look_ahead(no_stages)

    def _publish_parts(self, result: PerceptionResult, arrival: Arrival) -> None:
        self._keypoints.publish(result.keypoints, arrival.header)
        if result.masks is not None:
            self._masks.publish(result.masks, arrival.header, self._mask_model)
        self._overlay.publish(arrival.frame, result.humans, arrival.header)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('perception_node', PerceptionNode, sys.argv[1:] if argv is None else argv)
