"""Finds the masks of the people and things in the camera's images."""

from collections.abc import Callable
import sys
import time
from typing import Any

from rclpy.node import Node

from ros_vision_perception.nodes.declare import declare
from ros_vision_perception.nodes.diagnostics import Diagnostics, Models
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.outputs import MasksOutput
from ros_vision_perception.nodes.parameters import (
    SegmentationModelParameters,
    SegmentationParameters,
)
from ros_vision_perception.nodes.run import run
from ros_vision_perception.pipeline.load import load_segmentation
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline


def load(parameters: SegmentationModelParameters, networks: Networks) -> SegmentationPipeline:
    """Load the model on `networks`; raises PerceptionError when that cannot be done."""
    return load_segmentation(
        parameters.segmentation_model,
        threads=parameters.threads,
        report=networks.report,
        regions=parameters.regions,
        runtime=networks,
    )


class SegmentationNode(Node):
    """Image in, masks out.

    Attributes:
        image: its input.
    """

    def __init__(
        self,
        load: Callable[[SegmentationParameters, Networks], SegmentationPipeline] = load,
        **options: Any,
    ) -> None:
        """Load the model with `load`, then subscribe; `options` are those of `rclpy.node.Node`."""
        super().__init__('segmentation_node', **options)
        parameters = declare(self, SegmentationParameters)
        networks = Networks(parameters.backends, self.get_logger().info)
        self._segmentation = load(parameters, networks)
        networks.tell()
        model = self._segmentation.model_name
        self._masks = MasksOutput(self, model)
        self.image = ImageInput(self, parameters, self._on_frame)
        models = Models({'segmentation_model': model}, networks)
        self._diagnostics = Diagnostics(self, (models, self.image))

    def _on_frame(self, arrival: Arrival) -> None:
        stages = self.image.stages
        masks = self._segmentation.segment(arrival.frame, stages)
        with stages('publish'):
            self._masks.publish(masks, arrival.header)
        latency_ns = time.perf_counter_ns() - arrival.received_ns
        self._diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('segmentation_node', SegmentationNode, sys.argv[1:] if argv is None else argv)
