"""What other packages speak about people, each an output of `interfaces_node`.

An output is made by its class, with the node, and raises ModuleNotFoundError where the messages
that it needs are not installed. `publish` takes everyone who is believed to be there.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from geometry_msgs.msg import PoseArray
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from visualization_msgs.msg import MarkerArray

from ros_vision_perception.core.human import Humans, HumanState, TrackState
from ros_vision_perception.core.occupancy import Grid, has_z_up, occupancy
from ros_vision_perception.nodes.conversions import (
    detections,
    grids,
    markers,
    people_poses,
    walkers,
)
from ros_vision_perception.nodes.image_frame import ImageFrame
from ros_vision_perception.nodes.quality import LATCHED, RELIABLE
from ros_vision_perception.nodes.ros4hri import Bodies, Frames, JointStates
from ros_vision_perception.nodes.seen_ground import SeenGround
from ros_vision_perception.render.figures import figure


class Interface(Protocol):
    """One way to speak about people."""

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish `people`, who are those of `humans` that are believed to be there."""
        ...


class Poses:
    """`humans/poses`, geometry_msgs/PoseArray: where everyone is, m."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._publisher = node.create_publisher(PoseArray, 'humans/poses', RELIABLE)

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish the poses."""
        self._publisher.publish(people_poses.poses_to_msg(people, header))


class JointCloud:
    """`humans/joints`, sensor_msgs/PointCloud2: every joint a point, for costmaps."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._publisher = node.create_publisher(PointCloud2, 'humans/joints', RELIABLE)

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish the joints."""
        self._publisher.publish(people_poses.joints_to_msg(people, header))


class Markers:
    """`humans/markers`, visualization_msgs/MarkerArray: people in RViz, while somebody looks."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._publisher = node.create_publisher(MarkerArray, 'humans/markers', RELIABLE)
        self._say = node.get_logger().warning
        self._shown: set[tuple[str, int]] = set()
        self._told = False

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish the markers, and take away those of people who went."""
        if not self._publisher.get_subscription_count():
            return
        figures = [figure(human, humans.skeleton) for human in people]
        if None in figures and not self._told:
            self._told = True
            self._say(
                'people without a position in metres have no markers; cure: publish camera_info'
            )
        made = [
            marker
            for person in figures
            if person is not None
            for marker in markers.figure_to_msgs(person, header)
        ]
        shown = {(marker.ns, marker.id) for marker in made}
        gone = markers.deletions_to_msgs(sorted(self._shown - shown), header)
        self._shown = shown
        self._publisher.publish(MarkerArray(markers=[*gone, *made]))


class Detections:
    """`humans/detections_2d`, `humans/detections_3d`, `humans/label_info` of vision_msgs."""

    def __init__(self, node: Node) -> None:
        """Publish what the classes are called."""
        self._kinds = kinds = import_module('vision_msgs.msg')
        self._in_image, self._in_space = (
            node.create_publisher(kind, f'humans/detections_{size}', RELIABLE)
            for kind, size in ((kinds.Detection2DArray, '2d'), (kinds.Detection3DArray, '3d'))
        )
        self._labels = node.create_publisher(kinds.LabelInfo, 'humans/label_info', LATCHED)
        self._labels.publish(detections.label_info_to_msg(kinds))
        self._image = ImageFrame(node)

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish the boxes."""
        in_image = self._image.header(header)
        self._in_image.publish(detections.detections_2d_to_msg(self._kinds, people, in_image))
        self._in_space.publish(detections.detections_3d_to_msg(self._kinds, people, header))


class Walkers:
    """`people`, people_msgs/People: for social layers of costmaps."""

    def __init__(self, node: Node) -> None:
        """Publish nothing yet."""
        self._kinds = import_module('people_msgs.msg')
        self._publisher = node.create_publisher(self._kinds.People, 'people', RELIABLE)

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish positions and velocities."""
        self._publisher.publish(walkers.people_to_msg(self._kinds, people, header))


class Occupancy:
    """`humans/occupancy`, nav_msgs/OccupancyGrid: where people are, may go, may be hidden."""

    def __init__(self, node: Any) -> None:
        """Publish nothing yet."""
        self._kinds, to = import_module('nav_msgs.msg'), node.parameters
        cells = max(round(to.occupancy_size_m / to.occupancy_resolution_m), 1)
        middle = (to.occupancy_x_m, to.occupancy_y_m)
        self._grid = Grid(middle, to.occupancy_resolution_m, cells)
        # A costmap asks for maps that are kept for it.
        topic = 'humans/occupancy'
        self._publisher = node.create_publisher(self._kinds.OccupancyGrid, topic, LATCHED)
        self._say = node.get_logger().warning
        self._told: set[str] = set()
        self._ground = SeenGround(node, self._grid) if to.use_depth else None
        if self._ground is not None:
            node.inputs.append(self._ground.input)

    def publish(self, humans: Humans, people: list[HumanState], header: Any) -> None:
        """Publish the grid, with those who are lost as well, who may be anywhere near."""
        if not has_z_up(humans.people, header.frame_id):
            self._warn(
                f'no humans/occupancy in frame {header.frame_id!r}: z is not up there; cure: '
                f'target_frame of the node that makes the people, such as base_link or odom'
            )
            return
        there = [human for human in humans.people if human.track_state != TrackState.TENTATIVE]
        if not all(human.has_3d for human in there):
            self._warn(
                'people without a position in metres are not in humans/occupancy; '
                'cure: publish camera_info'
            )
        seen = None if self._ground is None else self._ground.at(header)
        probability = occupancy(there, self._grid, seen)
        self._publisher.publish(grids.grid_to_msg(self._kinds, self._grid, probability, header))

    def _warn(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._say(text)


# Name of the parameter that turns an output on -> what makes it.
INTERFACES: dict[str, Callable[[Node], Interface]] = {
    'poses': Poses,
    'joint_cloud': JointCloud,
    'markers': Markers,
    'detections': Detections,
    'people': Walkers,
    'bodies': Bodies,
    'joint_states': JointStates,
    'frames': Frames,
    'occupancy': Occupancy,
}
