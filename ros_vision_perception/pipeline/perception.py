"""Everything for one camera: frame in; poses, masks and humans out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.activity import Classify
from ros_vision_perception.core.camera import CameraModel
from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.types import (
    Frame,
    InstanceMasks,
    Keypoints,
    Observation,
)
from ros_vision_perception.pipeline.fuse import Fuser
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import Stages, no_stages


@dataclass(frozen=True)
class PerceptionResult:
    """What one frame gave.

    Attributes:
        keypoints: the poses.
        masks: the segmentation; None without a segmentation model.
        humans: everyone who is known about.
    """

    keypoints: Keypoints
    masks: InstanceMasks | None
    humans: Humans


class Perception:
    """Pose and segmentation side by side, then fusion. Keeps what must be kept between frames."""

    def __init__(
        self,
        pose: PosePipeline,
        segmentation: SegmentationPipeline | None,
        config: FusionConfig,
        classify: Classify | None = None,
    ) -> None:
        """Run `pose` and, where given, `segmentation` on each frame, and fuse the two.

        `classify` tells activities, where given.
        """
        self.skeleton = pose.skeleton
        self._pose = pose
        self._segmentation = segmentation
        self._beside = ThreadPoolExecutor(1, 'segmentation')
        self._fuser = Fuser(config, pose.skeleton, classify)

    def exchange(
        self,
        pose: PosePipeline,
        segmentation: SegmentationPipeline | None,
        config: FusionConfig,
        classify: Classify | None,
    ) -> None:
        """Run other models from now on; everyone is forgotten only if their joints are others."""
        if pose.skeleton != self.skeleton:
            self._fuser = Fuser(config, pose.skeleton, classify)
        self._fuser.exchange(classify)
        self.skeleton, self._pose, self._segmentation = pose.skeleton, pose, segmentation
        self.tune(config)

    def tune(self, config: FusionConfig) -> None:
        """Fuse by another configuration from now on."""
        self._fuser.tune(config)

    def reset(self) -> None:
        """Forget everyone: the next frame is the first of a new stream."""
        self._pose.reset()
        self._fuser.reset()

    def look_ahead(self, stages: Stages) -> None:
        """Do what the last result did not have to wait for; the next `step` does it else."""
        self._pose.look_ahead(stages)

    def step(
        self,
        frame: Frame,
        depth_m: np.ndarray | None,
        camera: CameraModel | None,
        stages: Stages,
    ) -> PerceptionResult:
        """Take in one frame, not older than the last.

        Args:
            frame: the camera image.
            depth_m: (h, w) float32 m, aligned with the image; None without depth.
            camera: intrinsics of the image; None when unknown.
            stages: measures where the time goes; of the segmentation only what the pose has to
                wait for it, as inference.

        Raises:
            ValueError: when time runs backwards; call `reset` for a new stream.
        """
        # While the networks run, Python is free for the other thread.
        segmented = None
        if self._segmentation is not None:
            segmented = self._beside.submit(self._segmentation.segment, frame, no_stages)
        keypoints = self._pose.estimate(frame, stages)
        with stages('infer'):
            masks = None if segmented is None else segmented.result()
        observation = Observation(frame.stamp_ns, frame.size, keypoints, masks, depth_m, camera)
        with stages('fuse'):
            humans = self._fuser.step(observation)
        return PerceptionResult(keypoints, masks, humans)
