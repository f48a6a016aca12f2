"""The parameters of each node: typed, described and bounded in one place.

`declare` gives them to ROS, and `parameter_files` writes the files in `config/` and the page of
the documentation from them.
"""

from dataclasses import dataclass, fields

from ros_vision_perception.core.fusion import FusionConfig
from ros_vision_perception.core.lifecycle import Lifetimes
from ros_vision_perception.nodes.limits import parameter as _parameter
from ros_vision_perception.nodes.model_parameters import (
    PoseModelParameters,
    SegmentationModelParameters,
)
from ros_vision_perception.pipeline.load import DEFAULT_SEGMENTATION

# When a parameter may change: at once; while other models are loaded for it; else only before.
AT_ONCE, LOADS, UNCONFIGURED = 'at once', 'loads models', 'unconfigured'


@dataclass(frozen=True)
class ManagedParameters:
    """How a node begins."""

    autostart: bool = _parameter(
        True, 'Configure and activate the node at its start, without being told to.'
    )


@dataclass(frozen=True)
class ImageParameters(ManagedParameters):
    """How the image is received."""

    transport: str = _parameter(
        'auto',
        'Which image to subscribe to; auto takes what is published, raw where both are.',
        choices=('auto', 'raw', 'compressed'),
    )
    qos: str = _parameter(
        'sensor',
        'How the image is asked for: sensor is best effort, reliable has lost images sent again, '
        'which the publisher must offer.',
        choices=('sensor', 'reliable'),
    )


@dataclass(frozen=True)
class _LifetimeParameters(ManagedParameters):
    confirm_s: float = _parameter(
        Lifetimes.confirm_s, 'Time constant with which a person is believed in, s.', 0.01, 10.0
    )
    hidden_s: float = _parameter(
        Lifetimes.hidden_s, 'Half-life of a person who went behind something, s.', 0.01, 60.0
    )
    open_s: float = _parameter(
        Lifetimes.open_s, 'Half-life of a person who vanished in plain view, s.', 0.01, 60.0
    )
    border_s: float = _parameter(
        Lifetimes.border_s, 'Half-life of a person who was leaving the image, s.', 0.01, 60.0
    )
    tentative_s: float = _parameter(
        Lifetimes.tentative_s, 'Half-life of somebody not yet confirmed, s.', 0.01, 60.0
    )

    @property
    def lifetimes(self) -> Lifetimes:
        """How fast tracks are confirmed and given up."""
        return Lifetimes(
            confirm_s=self.confirm_s,
            hidden_s=self.hidden_s,
            open_s=self.open_s,
            border_s=self.border_s,
            tentative_s=self.tentative_s,
        )


@dataclass(frozen=True)
class JoinParameters(_LifetimeParameters):
    """How the inputs of one stamp are joined and fused."""

    activity_model: str = _parameter(
        'built-in',
        "Network that tells walking from falling and so on: 'built-in', or the path of one that "
        "`train activity` made; '' for none.",
    )

    use_depth: bool = _parameter(
        False, 'Subscribe to depth/image, aligned with the image and with equal stamps.'
    )
    join_deadline_ms: float = _parameter(
        100.0,
        'How long poses, or an image, wait for the other inputs of their stamp; then the result '
        'is degraded, ms. Without them the others wait for ten times as long.',
        1.0,
        10000.0,
    )
    rectified: bool = _parameter(
        False, 'The image is rectified: P of the camera_info holds, else K and the lens.'
    )
    target_frame: str = _parameter(
        '',
        "Frame of TF in which humans are given, as it is at the image's stamp; '' for that of "
        'the camera.',
    )
    tf_wait_ms: float = _parameter(
        50.0,
        'How long to wait for the transform to target_frame; then people stay in the frame of the '
        'camera and the result is degraded, ms.',
        0.0,
        1000.0,
    )


@dataclass(frozen=True)
class PoseParameters(PoseModelParameters, ImageParameters):
    """Parameters of `pose_node`."""


@dataclass(frozen=True)
class SegmentationParameters(SegmentationModelParameters, ImageParameters):
    """Parameters of `segmentation_node`."""


@dataclass(frozen=True)
class FusionParameters(JoinParameters):
    """Parameters of `fusion_node`."""

    use_masks: bool = _parameter(True, 'Wait for masks; without, only poses are used.')

    @property
    def fusion(self) -> FusionConfig:
        """What the fusion may expect."""
        return FusionConfig(
            expects_masks=self.use_masks,
            expects_depth=self.use_depth,
            lifetimes=self.lifetimes,
        )


@dataclass(frozen=True)
class PerceptionParameters(
    JoinParameters, SegmentationModelParameters, PoseModelParameters, ImageParameters
):
    """Parameters of `perception_node`."""

    segmentation_model: str = _parameter(
        DEFAULT_SEGMENTATION,
        'Segmentation model: name in the catalogue, or a path, or THINGS+REGIONS of these; '
        "'' for none.",
    )

    @property
    def fusion(self) -> FusionConfig:
        """What the fusion may expect."""
        return FusionConfig(
            expects_masks=bool(self.segmentation_model),
            expects_depth=self.use_depth,
            lifetimes=self.lifetimes,
        )


@dataclass(frozen=True)
class InterfacesParameters(ManagedParameters):
    """Parameters of `interfaces_node`: which of its outputs are turned on."""

    poses: bool = _parameter(True, 'humans/poses, geometry_msgs/PoseArray: where everyone is.')
    joint_cloud: bool = _parameter(
        True, 'humans/joints, sensor_msgs/PointCloud2: every joint a point, for costmaps.'
    )
    markers: bool = _parameter(
        True, 'humans/markers, visualization_msgs/MarkerArray: people in RViz, while it is shown.'
    )
    detections: bool = _parameter(
        False, 'humans/detections_2d, humans/detections_3d, humans/label_info of vision_msgs.'
    )
    people: bool = _parameter(False, 'people, people_msgs/People: for social costmap layers.')
    bodies: bool = _parameter(
        False, '/humans/bodies/... of hri_msgs (ROS4HRI, REP-155), topics for each person.'
    )
    joint_states: bool = _parameter(
        False,
        '/humans/bodies/<id>/joint_states, sensor_msgs/JointState (REP-155), ten times per second '
        'at most: the angles of the joints that are seen.',
    )
    frames: bool = _parameter(
        False, 'TF frames body_<id> and <joint>_<id>, ten times per second at most.'
    )
    occupancy: bool = _parameter(
        False,
        'humans/occupancy, nav_msgs/OccupancyGrid: where people are, may go and may be hidden, '
        'of people in a frame with z up (target_frame).',
    )
    occupancy_resolution_m: float = _parameter(0.1, 'Side of its cells.', 0.02, 1.0)
    occupancy_size_m: float = _parameter(10.0, 'Side of the grid.', 1.0, 40.0)
    occupancy_x_m: float = _parameter(
        0.0,
        'Where the middle of the grid is in the frame of the people: it moves with a frame of '
        'the robot, and stays with one of a map.',
        -1000.0,
        1000.0,
    )
    occupancy_y_m: float = _parameter(0.0, 'The same along y.', -1000.0, 1000.0)
    use_depth: bool = _parameter(
        False,
        'Subscribe to depth/image and camera_info, as the maker of the people does: nobody is '
        'hidden in cells that this camera looks through.',
    )
    rectified: bool = _parameter(
        False, 'The image is rectified: P of the camera_info holds; a lens is not understood.'
    )


@dataclass(frozen=True)
class MergingParameters(ManagedParameters):
    """Parameters of `merging_node`."""

    cameras: tuple[str, ...] = _parameter(
        ('left', 'right'), 'Namespaces of the cameras, relative to that of the node.'
    )
    target_frame: str = _parameter(
        'map', 'Frame in which the people of all cameras come: target_frame of their nodes.'
    )


NODES = {
    'perception_node': PerceptionParameters,
    'pose_node': PoseParameters,
    'segmentation_node': SegmentationParameters,
    'fusion_node': FusionParameters,
    'merging_node': MergingParameters,
    'interfaces_node': InterfacesParameters,
}


_LOADED = {'activity_model'} | {
    field.name
    for kind in (PoseModelParameters, SegmentationModelParameters)
    for field in fields(kind)
}
_TUNED = {'join_deadline_ms'} | {field.name for field in fields(_LifetimeParameters)} - {
    field.name for field in fields(ManagedParameters)
}


def change_of(name: str) -> str:
    """Return when the parameter called `name` may change."""
    return LOADS if name in _LOADED else AT_ONCE if name in _TUNED else UNCONFIGURED
