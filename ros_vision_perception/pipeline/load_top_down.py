"""From two files to a pose model: whichever is the detector, and whichever reads the crops."""

import numpy as np

from ros_vision_perception.backends.base import OpenNetwork
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import DetectionConfig
from ros_vision_perception.pipeline import families
from ros_vision_perception.pipeline.crops import CropPose
from ros_vision_perception.pipeline.recognise import Network, recognised, what_it_is
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig, TopDownPose
from ros_vision_perception.zoo.resolve import ResolvedModel

PAIR = (
    'DETECTOR+POSE or a folder with both: '
    f'a person detector ({", ".join(families.DETECTOR)}) '
    f'and a network for crops of people ({", ".join(families.CROP_POSE)})'
)
_FIRST_FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 'bgr8', 0)


def load_top_down(
    resolved: ResolvedModel,
    detection: DetectionConfig,
    config: TopDownConfig,
    open_network: OpenNetwork,
) -> TopDownPose:
    """Load a model of two networks.

    Args:
        resolved: the model.
        detection: which people are kept.
        config: how their joints are found.
        open_network: loads a file.

    Raises:
        ModelError: when they are no pair of a detector and a network for crops.
        ConfigurationError: when the network for crops cannot do what is asked.
    """
    networks = [Network.load(path, open_network) for path in resolved.files.values()]
    detectors = recognised(networks, families.DETECTOR, detection)
    poses = recognised(networks, families.CROP_POSE, detection)
    if (len(networks), len(detectors), len(poses)) != (2, 1, 1):
        raise ModelError(
            f'model {resolved.name!r}: expected {PAIR}; got '
            + '; '.join(
                f'{network.path.name}: {what_it_is(network, detection)}' for network in networks
            )
        )
    ((detector, people),), ((pose, joints),) = detectors, poses
    # The slow first calls, and the memory that the largest take: now, not among the frames.
    outputs = detector.backend.run(people.preprocess([_FIRST_FRAME]))
    people.decode(outputs, [_FIRST_FRAME.size])
    crops = CropPose(pose.backend, joints, flip_test=config.flip_test)
    boxes = np.tile([0.0, 0.0, 100.0, 100.0], (detection.max_count, 1))
    crops.find(_FIRST_FRAME, boxes, no_stages)
    found_by = detector.backend, people
    return TopDownPose(found_by, crops, resolved.name, config.detect_every)
