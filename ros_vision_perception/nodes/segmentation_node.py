"""Finds the masks of the people and things in the camera's images."""

from collections.abc import Callable
import sys
from typing import Any

from ros_vision_perception.nodes.image_input import Arrival
from ros_vision_perception.nodes.model_node import ModelNode
from ros_vision_perception.nodes.model_parameters import SegmentationModelParameters
from ros_vision_perception.nodes.outputs import MasksOutput
from ros_vision_perception.nodes.parameters import SegmentationParameters
from ros_vision_perception.nodes.run import run
from ros_vision_perception.pipeline.load import load_segmentation
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import Stages


def load(parameters: SegmentationModelParameters, networks: Networks) -> SegmentationPipeline:
    """Load the model on `networks`; raises PerceptionError when that cannot be done."""
    return load_segmentation(
        parameters.segmentation_model,
        threads=parameters.threads,
        report=networks.report,
        regions=parameters.regions,
        runtime=networks,
    )


class SegmentationNode(ModelNode[SegmentationParameters, SegmentationPipeline]):
    """Image in, masks out."""

    PARAMETER = 'segmentation_model'

    def __init__(
        self,
        load: Callable[[SegmentationParameters, Networks], SegmentationPipeline] = load,
        **options: Any,
    ) -> None:
        """Get the model from `load`; `options` are those of `rclpy.node.Node`."""
        super().__init__('segmentation_node', SegmentationParameters, load, **options)

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._masks = MasksOutput(self)

    def answer(self, model: SegmentationPipeline, arrival: Arrival, stages: Stages) -> None:
        """Publish the masks in an image."""
        masks = model.segment(arrival.frame, stages)
        with stages('publish'):
            self._masks.publish(masks, arrival.header, model.model_name)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('segmentation_node', SegmentationNode, sys.argv[1:] if argv is None else argv)
