"""What real models say about photographs of people with things and people laid over them.

The clips are the demo's scene from some moment on, at some size and sharpness, staged with more
occluders. Its photographs come with scikit-image; nothing is downloaded.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from ros_vision_perception.core.types import Frame, Observation
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.tools.demo import cutouts
from ros_vision_perception.tools.demo.scene import FPS as SCENE_FPS
from ros_vision_perception.tools.demo.scene import PERIOD_FRAMES, Scene
from ros_vision_perception.tools.evaluate.synthetic import stage
from ros_vision_perception.tools.truth import Truth

_FRAMES = 45
# Every so many frames of the scene are taken.
_STEPS = (2, 3)
_SCALES = (0.5, 1.0)
_BLUR_PX = (0.3, 1.2)


def composites(
    count: int, seed: int, pose: PosePipeline, segmentation: SegmentationPipeline
) -> Iterator[list[tuple[Observation, Truth]]]:
    """Yield `count` clips: what the models say about each frame, and the truth about it."""
    scene = Scene()
    people = (cutouts.astronaut(), cutouts.astronaut_in_blue(), cutouts.cameraman())
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        step = int(rng.choice(_STEPS))
        frames = (int(rng.integers(PERIOD_FRAMES)) + step * np.arange(_FRAMES)).tolist()
        scale, blur = rng.uniform(*_SCALES), rng.uniform(*_BLUR_PX)
        truths = [_resized(scene.truth(frame), scale) for frame in frames]
        size = tuple(round(side * scale) for side in scene.image(0).shape[1::-1])
        fps = SCENE_FPS / step
        staging = stage(truths, (size[0], size[1]), fps, people, int(rng.integers(1 << 30)))
        pose.reset()
        clip = []
        for place, (frame, truth) in enumerate(zip(frames, truths, strict=True)):
            clean = cv2.resize(scene.image(frame), size, interpolation=cv2.INTER_AREA)
            image = cv2.GaussianBlur(staging.image(clean, place), (0, 0), blur)
            shot = Frame(image, 'bgr8', round((1 + place / fps) * 1e9))
            keypoints = pose.estimate(shot, no_stages)
            masks = segmentation.segment(shot, no_stages)
            seen = Observation(shot.stamp_ns, shot.size, keypoints, masks)
            clip.append((seen, staging.truth(truth, place)))
        yield clip


def _resized(truth: Truth, scale: float) -> Truth:
    joints = (truth.joints_xy + 0.5) * scale - 0.5
    return replace(truth, joints_xy=joints, areas_px2=truth.areas_px2 * scale**2)
