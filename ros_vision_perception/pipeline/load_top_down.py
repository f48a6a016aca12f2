"""From two files to a pose model: whichever is the detector, and whichever reads the crops."""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.backends.base import OpenNetwork
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import DetectionConfig
from ros_vision_perception.pipeline import families
from ros_vision_perception.pipeline.crops import CropPose
from ros_vision_perception.pipeline.recognise import Network, expected, recognised
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig, TopDownPose
from ros_vision_perception.zoo.resolve import ResolvedModel

Recognised = Sequence[tuple[Network, object]]
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
            f'model {resolved.name!r}: expected {pair()}; got '
            + '; '.join(
                f'{network.path.name}: {_role(network, detectors, poses)}' for network in networks
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


def _role(network: Network, detectors: Recognised, poses: Recognised) -> str:
    for role, found in (('a person detector', detectors), ('a network for crops', poses)):
        if any(network is other for other, _ in found):
            return role
    return f'neither, {network.signature}'


def pair() -> str:
    """Return what a model of two networks is made of, in one line, for people."""
    return (
        f'one person detector ({expected(families.DETECTOR)}) '
        f'and one network for crops of people ({expected(families.CROP_POSE)}), '
        'in one folder or as DETECTOR+POSE'
    )
