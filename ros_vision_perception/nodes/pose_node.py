"""Finds the poses of the people in the camera's images."""

from collections.abc import Callable
import sys
from typing import Any

from ros_vision_perception.nodes.image_input import Arrival
from ros_vision_perception.nodes.model_node import ModelNode
from ros_vision_perception.nodes.model_parameters import PoseModelParameters
from ros_vision_perception.nodes.outputs import KeypointsOutput, SkeletonOutput
from ros_vision_perception.nodes.parameters import PoseParameters
from ros_vision_perception.nodes.run import run
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import Stages, no_stages


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


class PoseNode(ModelNode[PoseParameters, PosePipeline]):
    """Image in, keypoints out."""

    PARAMETER = 'pose_model'

    def __init__(
        self, load: Callable[[PoseParameters, Networks], PosePipeline] = load, **options: Any
    ) -> None:
        """Get the model from `load`; `options` are those of `rclpy.node.Node`."""
        super().__init__('pose_node', PoseParameters, load, **options)

    def adopt(self, loaded: tuple[Networks, PosePipeline]) -> None:
        """Find poses with this model from now on."""
        super().adopt(loaded)
        _, pose = loaded
        self._skeleton.publish(pose.skeleton)
        self._keypoints.announce(pose.skeleton, pose.model_name)

    def open_outputs(self) -> None:
        """Make the publishers."""
        self._skeleton, self._keypoints = SkeletonOutput(self), KeypointsOutput(self)

    def open_inputs(self) -> None:
        """Subscribe, and begin without anybody."""
        if self.model is not None:
            self.model.reset()
        super().open_inputs()

    def answer(self, model: PosePipeline, arrival: Arrival, stages: Stages) -> None:
        """Publish the poses in an image."""
        if arrival.is_restart:
            model.reset()
        keypoints = model.estimate(arrival.frame, stages)
        with stages('publish'):
            self._keypoints.publish(keypoints, arrival.header)

    def look_ahead(self, model: PosePipeline) -> None:
        """Let the model do what the last answer did not have to wait for."""
        model.look_ahead(no_stages)


def main(argv: list[str] | None = None) -> None:
    """Run the node; see `run.run`."""
    run('pose_node', PoseNode, sys.argv[1:] if argv is None else argv)
