"""Builds the TensorRT engines of a model ahead of its first use."""

from ros_vision_perception.backends.machine import TENSORRT
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.nodes.model_parameters import NetworkParameters, PoseModelParameters
from ros_vision_perception.pipeline.load import load_pose, load_segmentation
from ros_vision_perception.pipeline.networks import BackendConfig, Networks, Report


def build_engines(model: str, precision: str, max_people: int, report: Report) -> None:
    """Load a model as a node does, on TensorRT: so it finds its engines in the cache later.

    Args:
        model: name in the catalogue, or a path.
        precision: as the node's parameter.
        max_people: likewise.
        report: told what is built and how far it is.

    Raises:
        ConfigurationError: when there is no TensorRT here.
        ModelError: when it is no model that is known, or TensorRT cannot take it.
    """
    networks = Networks(BackendConfig(TENSORRT, precision), report)
    threads = NetworkParameters.threads
    try:
        load_pose(
            model,
            threads=threads,
            max_people=max_people,
            with_masks=PoseModelParameters.pose_masks,
            skeleton='',
            report=report,
            runtime=networks,
        )
    except ModelError as no_pose:
        try:
            load_segmentation(model, threads=threads, report=report, runtime=networks)
        except ModelError as error:
            raise ModelError(f'{no_pose}; and as a segmentation model: {error}') from error
    networks.tell()
