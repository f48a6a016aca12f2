"""Where people may be, as a grid for costmaps."""

from functools import partial
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import PoseArray

from ros_vision_perception.core.human import TrackState
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from test.nodes.ros import Ros
from test.nodes.somebody import are, in_room, somebody, standing

pytestmark = pytest.mark.ros


def test_the_grid_is_likely_occupied_where_people_are_also_when_a_bag_begins_anew(
    ros: Ros,
) -> None:
    nav_msgs = pytest.importorskip('nav_msgs.msg', reason='needs nav_msgs')
    ros.start(InterfacesNode, occupancy=True, occupancy_size_m=6.0, occupancy_x_m=2.0)
    grids = ros.listen(nav_msgs.OccupancyGrid, 'humans/occupancy')
    publisher = ros.publisher(HumanStateArray, 'humans')
    lost = standing(3.0, -1.0, track_state=TrackState.LOST, time_since_update_s=1.0)
    newer, older = in_room(standing(2.02, 1.01), lost), in_room()
    older.header.stamp.sec -= 1000
    for count, told in enumerate((newer, older, newer), start=1):
        publisher.publish(told)
        ros.until(partial(are, grids, count), 'for a grid')
    first, empty, again = (np.array(grid.data).reshape(60, 60) for grid in grids)
    info = grids[0].info
    assert grids[0].header == newer.header
    assert (info.width, info.height, info.origin.orientation.w) == (60, 60, 1.0)
    assert info.resolution == pytest.approx(0.1)
    assert (info.origin.position.x, info.origin.position.y) == pytest.approx((-1.0, -3.0))
    assert first[40, 30] == first.max() == 100
    assert first[20, 40] > 2, 'who is lost may be there'
    assert first.min() >= 0
    assert not empty.any()
    np.testing.assert_array_equal(again, first)


def test_no_grid_is_made_where_z_is_not_up_and_the_cure_is_said_once(
    ros: Ros, logged: list[str]
) -> None:
    nav_msgs = pytest.importorskip('nav_msgs.msg', reason='needs nav_msgs')
    ros.start(InterfacesNode, occupancy=True)
    grids = ros.listen(nav_msgs.OccupancyGrid, 'humans/occupancy')
    poses = ros.listen(PoseArray, 'humans/poses')
    publisher = ros.publisher(HumanStateArray, 'humans')
    in_camera = np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], np.float32)
    for _ in range(2):
        publisher.publish(in_room(standing(0.0, 2.0, axes=in_camera)))
    publisher.publish(in_room(standing(0.0, 2.0), somebody(8, in_space=False)))
    ros.until(lambda: len(poses) == 3 and grids, 'for what the node tells')
    assert len(grids) == 1
    told = '\n'.join(logged)
    assert told.count('z is not up there; cure: target_frame') == 1
    assert told.count('people without a position in metres are not in humans/occupancy') == 1


def test_without_nav_msgs_the_node_starts_and_says_so(
    ros: Ros, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ('nav_msgs', 'nav_msgs.msg'):
        monkeypatch.setitem(sys.modules, module, None)
    ros.start(InterfacesNode, occupancy=True)
    assert any('apt install ros-$ROS_DISTRO-nav-msgs' in line for line in logged)
