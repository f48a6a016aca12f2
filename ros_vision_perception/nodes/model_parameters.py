"""The parameters that say which models look at the image, and what runs them."""

from dataclasses import dataclass

from ros_vision_perception.core.skeleton import SKELETONS
from ros_vision_perception.models.regions import RegionConfig
from ros_vision_perception.nodes.limits import parameter as _parameter
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.pipeline.networks import CHOICES, PRECISIONS, BackendConfig
from ros_vision_perception.pipeline.top_down import TopDownConfig


@dataclass(frozen=True)
class NetworkParameters:
    """What runs the networks."""

    backend: str = _parameter(
        BackendConfig.backend,
        'What runs the networks: auto is the best of this machine, gpu the best that uses a GPU; '
        'what this machine does not have is refused.',
        choices=CHOICES,
    )
    precision: str = _parameter(
        BackendConfig.precision,
        'In which to compute; auto is fp16 where TensorRT can choose it, else as in the file.',
        choices=PRECISIONS,
    )
    run_meanwhile: bool = _parameter(
        BackendConfig.run_meanwhile,
        'Run on the CPU while an engine is built, instead of waiting.',
    )
    threads: int = _parameter(2, 'Threads per call of a network on the CPU.', 1, 64)

    @property
    def backends(self) -> BackendConfig:
        """Where the networks run."""
        return BackendConfig(self.backend, self.precision, self.run_meanwhile)


@dataclass(frozen=True)
class PoseModelParameters(NetworkParameters):
    """Which poses to look for."""

    pose_model: str = _parameter(
        DEFAULT_POSE, 'Pose model: name in the catalogue, or a path, or DETECTOR+POSE of these.'
    )
    pose_detect_every: int = _parameter(
        1,
        'Look for people in every so manyth image; in between those seen last are followed '
        'by their joints. For DETECTOR+POSE.',
        1,
        100,
    )
    pose_flip_test: bool = _parameter(
        False,
        'Average each crop and its mirror image: more accurate, takes twice as long. '
        'For DETECTOR+POSE, where the joints come from heatmaps or SimCC.',
    )
    pose_masks: bool = _parameter(
        True,
        "Get each person's mask from the pose model, where it gives one: to tell who hides whom.",
    )
    reid_model: str = _parameter(
        '',
        'Re-identification network to know people again by: a path; '
        "'' for the colours of their masks.",
    )
    max_people: int = _parameter(10, 'The most people followed at once.', 1, 100)
    skeleton: str = _parameter(
        '', "Joints to publish; '' for the model's own.", choices=('', *SKELETONS)
    )

    @property
    def top_down(self) -> TopDownConfig:
        """How joints are found where people and joints are found by two networks."""
        return TopDownConfig(self.pose_detect_every, self.pose_flip_test)


@dataclass(frozen=True)
class SegmentationModelParameters(NetworkParameters):
    """Which masks to look for."""

    segmentation_model: str = _parameter(
        DEFAULT_SEGMENTATION,
        'Segmentation model: name in the catalogue, or a path, or THINGS+REGIONS of these.',
    )
    segmentation_clean_px: int = _parameter(
        RegionConfig.clean_px,
        'Specks, gaps and holes of regions narrower than this go, px; 0 leaves all. '
        'For semantic models.',
        0,
        100,
    )
    segmentation_split: bool = _parameter(
        RegionConfig.split,
        'Make each connected piece of a region a mask of its own. For semantic models.',
    )

    @property
    def regions(self) -> RegionConfig:
        """How regions are tidied up."""
        return RegionConfig(self.segmentation_clean_px, self.segmentation_split)
