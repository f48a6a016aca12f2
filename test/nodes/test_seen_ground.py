"""The grid of `interfaces_node` leaves out the ground that a depth camera sees empty."""

from functools import partial
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import Quaternion, TransformStamped
from sensor_msgs.msg import CameraInfo, Image

from ros_vision_perception.core.human import TrackState
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.depth_input import DepthInput
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from test.nodes.ros import Ros
from test.nodes.somebody import are, in_room, standing
from test.nodes.test_target_frame import Tf

pytestmark = pytest.mark.ros

PILLAR_M, WALL_M = 2.0, 8.0


@pytest.fixture
def tf(monkeypatch: pytest.MonkeyPatch) -> Tf:
    """Return a stand-in for tf2_ros, which has no wheel."""
    stand_in = Tf()
    monkeypatch.setitem(sys.modules, 'tf2_ros', stand_in.module())
    return stand_in


def into_camera() -> TransformStamped:
    """Return what takes places of the robot to a camera that looks ahead, 0.5 m high."""
    message = TransformStamped()
    message.transform.translation.y = 0.5
    message.transform.rotation = Quaternion(x=0.5, y=-0.5, z=0.5, w=0.5)
    return message


def hidden() -> HumanStateArray:
    """Return somebody who has been behind the pillar for a second."""
    return in_room(standing(3.0, 0.0, track_state=TrackState.OCCLUDED, time_since_update_s=1.0))


def depth_of(people: HumanStateArray) -> Image:
    """Return what the camera measures when they are told of: a wall, and a pillar before it."""
    depth_m = np.full((48, 64), WALL_M, np.float32)
    depth_m[:, 28:36] = PILLAR_M
    message = Image(height=48, width=64, encoding='32FC1', step=256, data=depth_m.tobytes())
    message.header.stamp, message.header.frame_id = people.header.stamp, 'camera'
    return message


def camera_info() -> CameraInfo:
    message = CameraInfo(width=640, height=480, distortion_model='plumb_bob')
    message.k = [400.0, 0.0, 319.5, 0.0, 400.0, 239.5, 0.0, 0.0, 1.0]
    message.header.frame_id = 'camera'
    return message


def grids_of(ros: Ros, *, with_depth: int) -> tuple[np.ndarray, InterfacesNode]:
    """Return the grids of so many results with a depth image and one without, and the node."""
    nav_msgs = pytest.importorskip('nav_msgs.msg', reason='needs nav_msgs')
    node = ros.start(
        InterfacesNode, occupancy=True, occupancy_size_m=6.0, occupancy_x_m=3.0, use_depth=True
    )
    grids: list[Any] = ros.listen(nav_msgs.OccupancyGrid, 'humans/occupancy')
    people = ros.publisher(HumanStateArray, 'humans')
    info, depth = ros.publisher(CameraInfo, 'camera_info'), ros.publisher(Image, 'depth/image')
    info.publish(camera_info())
    heard = node.inputs[0]
    assert isinstance(heard, DepthInput)
    ros.until(lambda: heard.parts.camera, 'for the camera_info')
    for count in range(1, with_depth + 2):
        told = hidden()
        told.header.stamp.sec += count
        if count <= with_depth:
            depth.publish(depth_of(told))
            ros.rest(0.2)
        people.publish(told)
        ros.until(partial(are, grids, count), 'for a grid')
    return np.stack([np.array(grid.data).reshape(60, 60) for grid in grids]), node


def test_who_is_hidden_is_behind_what_hides_them_and_not_where_the_ground_is_seen(
    ros: Ros, tf: Tf
) -> None:
    tf.known['camera', 'base_link'] = into_camera()
    (seen, blind), node = grids_of(ros, with_depth=1)
    # Rows are y from -3 m on, columns x from 0 on: behind the pillar, and beside it.
    assert seen[30, 30] == blind[30, 30] > 50
    assert seen[18, 30] == 0 < blind[18, 30]
    assert seen[42, 30] == 0 < blind[42, 30]
    assert 0 < (seen > 0).sum() < (blind > 0).sum() / 2
    assert node.counts() == {}
    assert node.inputs[0].counts() == {}


def test_without_a_transform_all_that_can_be_reached_is_marked_and_it_is_said(
    ros: Ros, tf: Tf, logged: list[str]
) -> None:
    (seen, blind), node = grids_of(ros, with_depth=1)
    np.testing.assert_array_equal(seen, blind)
    assert node.inputs[0].counts() == {'ignored_no_transform': 1}
    assert any('no_transform' in line and 'humans/occupancy' in line for line in logged)
