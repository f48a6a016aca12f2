"""The models alone: what each frame would cost without everything around them."""

import argparse
import time

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import load_pose, load_segmentation
from ros_vision_perception.pipeline.stages import StageTimes
from ros_vision_perception.pipeline.top_down import TopDownConfig
from ros_vision_perception.tools.backend_options import open_networks
from ros_vision_perception.tools.benchmark.inputs import paced

# As if from a camera of 30 frames per second.
_PERIOD_NS = 33_333_333


class BareModels:
    """Runs the models on frames in this process and keeps the time of the network calls.

    Attributes:
        calls_ms: per frame the time spent in calls of a network, ms.
        networks: what runs them.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Load both models; raises PerceptionError when that cannot be done."""
        self.calls_ms: list[float] = []
        self.networks = open_networks(arguments)
        self._pose = load_pose(
            arguments.pose,
            threads=arguments.threads,
            max_people=10,
            with_masks=True,
            skeleton='',
            report=self.networks.report,
            top_down=TopDownConfig(arguments.detect_every),
            runtime=self.networks,
        )
        self._segmentation = load_segmentation(
            arguments.segmentation,
            threads=arguments.threads,
            report=self.networks.report,
            runtime=self.networks,
        )
        self._stamp_ns, self._rate_hz = 0, arguments.rate

    def run(self, images: list[np.ndarray]) -> None:
        """Run both models on each image (H, W, 3) uint8 BGR, at the rate of the camera if any.

        A processor that was idle for a moment is slower than one that never rests.
        """
        stages = StageTimes(time.perf_counter_ns)
        for image in paced(images, self._rate_hz):
            self._stamp_ns += _PERIOD_NS
            frame = Frame(image, 'bgr8', self._stamp_ns)
            stages.clear()
            self._pose.estimate(frame, stages)
            self._segmentation.segment(frame, stages)
            self.calls_ms.append(stages.elapsed_ns['infer'] * 1e-6)
