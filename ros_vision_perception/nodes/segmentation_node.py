"""Finds the masks of the people and things in the camera's images."""

from collections.abc import Callable
import sys
import time
from typing import Any

from ros_vision_perception.nodes.diagnostics import Models
from ros_vision_perception.nodes.health import Source
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.model_parameters import SegmentationModelParameters
from ros_vision_perception.nodes.outputs import MasksOutput
from ros_vision_perception.nodes.parameters import SegmentationParameters
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


class SegmentationNode(ManagedNode[SegmentationParameters]):
    """Image in, masks out.

    Attributes:
        image: its input.
    """

    image: ImageInput | None
    _models: Models | None
    _segmentation: SegmentationPipeline | None

    def __init__(
        self,
        load: Callable[[SegmentationParameters, Networks], SegmentationPipeline] = load,
        **options: Any,
    ) -> None:
        """Get the model from `load`; `options` are those of `rclpy.node.Node`."""
        self._load_model = load
        self.forget()
        super().__init__('segmentation_node', SegmentationParameters, **options)

    def load(self, parameters: SegmentationParameters) -> tuple[Networks, SegmentationPipeline]:
        """Return the model and what runs it."""
        networks = Networks(parameters.backends, self.get_logger().info)
        segmentation = self._load_model(parameters, networks)
        networks.tell()
        return networks, segmentation

    def adopt(self, loaded: tuple[Networks, SegmentationPipeline]) -> None:
        """Find masks with this model from now on."""
        networks, self._segmentation = loaded
        self._models = Models({'segmentation_model': self._segmentation.model_name}, networks)

    def tune(self) -> None:
        """Do nothing: all that can change needs another model."""

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._masks = MasksOutput(self)

    def open_inputs(self) -> None:
        """Subscribe."""
        self.image = ImageInput(self, self.parameters, self._on_frame)

    def close_inputs(self) -> None:
        """Forget the input."""
        self.image = None

    def sources(self) -> list[Source]:
        """Return the model and the input, as far as they are there."""
        return [part for part in (self._models, self.image) if part is not None]

    def forget(self) -> None:
        """Drop the model."""
        self.image = self._models = self._segmentation = None

    def _on_frame(self, arrival: Arrival) -> None:
        if self.image is None or self._segmentation is None:
            return
        stages = self.image.stages
        masks = self._segmentation.segment(arrival.frame, stages)
        with stages('publish'):
            self._masks.publish(masks, arrival.header, self._segmentation.model_name)
        latency_ns = time.perf_counter_ns() - arrival.received_ns
        self.diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('segmentation_node', SegmentationNode, sys.argv[1:] if argv is None else argv)
