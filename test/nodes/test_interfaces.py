"""People in the messages of other packages; what is not installed is skipped."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import PoseArray, TransformStamped
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import HumanState, Posture, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions import (
    bodies,
    detections,
    people_frames,
    people_poses,
    walkers,
)
from ros_vision_perception.nodes.conversions.humans import HumansWriter
from ros_vision_perception.nodes.conversions.rotations import axes_from_msg
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.interfaces import Frames
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from test.core.known_people import SIZE, STAMP_NS, human, humans
from test.nodes.images import message
from test.nodes.messages import header, over_the_wire
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


def somebody(track_id: int = 7, *, in_space: bool = True, **changes: Any) -> HumanState:
    """Return a person whose joints make sense as far as other packages ask."""
    person = human(track_id, in_space=in_space)
    joints = replace(
        person.joints,
        p_visible=np.linspace(0, 1, len(person.joints), dtype=np.float32),
        position_covariances=np.where(
            person.joints.has_3d[:, None, None], np.diag([0.01, 0.04, 0.25]), np.nan
        ).astype(np.float32),
    )
    return replace(person, joints=joints, **changes)


def test_poses_are_of_those_whose_position_is_known() -> None:
    people = [somebody(1), somebody(2, in_space=False), somebody(3)]
    message = over_the_wire(people_poses.poses_to_msg(people, header()))
    assert message.header == header()
    assert len(message.poses) == 2
    for pose, person in zip(message.poses, (people[0], people[2]), strict=True):
        place = pose.position
        np.testing.assert_array_equal([place.x, place.y, place.z], person.position_m)
        np.testing.assert_allclose(axes_from_msg(pose.orientation), person.axes, atol=1e-6)


def test_every_joint_in_space_is_a_point_of_the_cloud() -> None:
    people = [somebody(1), somebody(2, in_space=False), somebody(3)]
    message = over_the_wire(people_poses.joints_to_msg(people, header()))
    # As a subscriber reads it: from what the message says of itself.
    kind = np.dtype(
        {
            'names': [field.name for field in message.fields],
            'formats': [{2: 'u1', 5: '<i4', 7: '<f4'}[field.datatype] for field in message.fields],
            'offsets': [field.offset for field in message.fields],
            'itemsize': message.point_step,
        }
    )
    points = np.frombuffer(bytes(message.data), kind)
    known = np.flatnonzero(people[0].joints.has_3d)
    assert message.width == len(points) == 2 * len(known)
    assert message.row_step == len(message.data)
    of_first = points[points['track_id'] == 1]
    np.testing.assert_array_equal(of_first['joint_id'], known)
    np.testing.assert_array_equal(of_first['state'], people[0].joints.states[known])
    np.testing.assert_array_equal(
        np.stack([of_first[axis] for axis in 'xyz'], axis=-1), people[0].joints.positions_m[known]
    )
    np.testing.assert_allclose(of_first['sigma_m'], 0.5)


def test_nobody_is_an_empty_cloud() -> None:
    message = over_the_wire(people_poses.joints_to_msg([], header()))
    assert (message.width, len(message.data)) == (0, 0)
    assert [field.name for field in message.fields[:3]] == ['x', 'y', 'z']


def test_frames_are_of_the_body_and_of_the_joints_in_space() -> None:
    people = [somebody(7), somebody(8, in_space=False)]
    frames = {
        frame.child_frame_id: frame
        for frame in people_frames.frames_to_msg(people, BLAZEPOSE33, header())
    }
    known = np.flatnonzero(people[0].joints.has_3d)
    names = {f'{BLAZEPOSE33.joint_names[joint]}_b00007' for joint in known}
    assert set(frames) == {'body_b00007', *names}
    body = frames['body_b00007']
    assert body.header == header()
    np.testing.assert_allclose(axes_from_msg(body.transform.rotation), people[0].axes, atol=1e-6)
    assert body.transform.translation.z == people[0].position_m[2]


def test_boxes_are_detections() -> None:
    vision_msgs = pytest.importorskip('vision_msgs.msg', reason='needs vision_msgs')
    people = [somebody(7), somebody(8, in_space=False)]
    message = over_the_wire(detections.detections_2d_to_msg(vision_msgs, people, header()))
    first, second = message.detections
    assert (first.id, second.id) == ('7', '8')
    centre = first.bbox.center.position
    assert (centre.x, centre.y) == (15.875, 18.75)
    assert (first.bbox.size_x, first.bbox.size_y) == (28.75, 42.5)
    (result,) = first.results
    classes = over_the_wire(detections.label_info_to_msg(vision_msgs)).class_map
    assert {str(entry.class_id): entry.class_name for entry in classes} == {
        result.hypothesis.class_id: 'person'
    }
    assert result.hypothesis.score == people[0].existence_probability


def test_boxes_in_space_hold_all_joints() -> None:
    vision_msgs = pytest.importorskip('vision_msgs.msg', reason='needs vision_msgs')
    person = somebody(7)
    people = [person, somebody(8, in_space=False)]
    message = over_the_wire(detections.detections_3d_to_msg(vision_msgs, people, header()))
    (detection,) = message.detections
    centre, size = (
        np.array([part.x, part.y, part.z])
        for part in (detection.bbox.center.position, detection.bbox.size)
    )
    inside = person.joints.positions_m[person.joints.has_3d]
    assert (np.abs(inside - centre) <= size / 2 + 1e-6).all()
    assert (np.abs(person.position_m - centre) <= size / 2 + 1e-6).all()
    covariance = np.reshape(detection.results[0].pose.covariance, (6, 6))
    np.testing.assert_array_equal(covariance[:3, :3], person.position_covariance)
    np.testing.assert_array_equal(covariance[3:, 3:], person.orientation_covariance)


def test_costmaps_are_told_of_people() -> None:
    people_msgs = pytest.importorskip('people_msgs.msg', reason='needs people_msgs')
    still = np.full(3, np.nan, np.float32)
    people = [somebody(7, velocity_mps=still), somebody(8, in_space=False)]
    message = over_the_wire(walkers.people_to_msg(people_msgs, people, header()))
    (person,) = message.people
    assert (person.name, person.reliability) == ('7', 0.5)
    assert (person.position.x, person.velocity.x) == (1.0, 0.0)
    assert dict(zip(person.tagnames, person.tags, strict=True)) == {
        'track_state': 'OCCLUDED',
        'posture': 'UNKNOWN',
    }


def test_bodies_have_boxes_and_joints_in_parts_of_the_image() -> None:
    hri_msgs = pytest.importorskip('hri_msgs.msg', reason='needs hri_msgs')
    person, kind = somebody(7), hri_msgs.Skeleton2D
    roi = over_the_wire(bodies.roi_to_msg(hri_msgs, person, SIZE, header()))
    # The box is [1.5, -2.5, 30.25, 40] px; above the image there is nothing.
    expected = [1.5 / 64, 0, 30.25 / 64, 40 / 48]
    np.testing.assert_allclose([roi.xmin, roi.ymin, roi.xmax, roi.ymax], expected, rtol=1e-6)
    xy = np.full((33, 2), -5.0, np.float32)
    left, right = (BLAZEPOSE33.joint_names.index(f'{side}_shoulder') for side in ('left', 'right'))
    xy[left], xy[right] = (32, 24), (16, 24)
    person = replace(person, joints=replace(person.joints, keypoints_xy=xy))
    skeleton = over_the_wire(
        bodies.skeleton_to_msg(hri_msgs, person, BLAZEPOSE33, SIZE, header())
    ).skeleton
    points = [skeleton[index] for index in (kind.LEFT_SHOULDER, kind.NECK, kind.RIGHT_SHOULDER)]
    assert [(point.x, point.y) for point in points] == [(0.5, 0.5), (0.375, 0.5), (0.25, 0.5)]
    assert points[0].c == pytest.approx(person.joints.p_visible[left])
    assert points[1].c == pytest.approx(min(person.joints.p_visible[[left, right]]))
    assert skeleton[kind.NOSE].c == 0.0, 'outside the image'


def test_bodies_have_postures_and_gestures() -> None:
    hri_msgs = pytest.importorskip('hri_msgs.msg', reason='needs hri_msgs')
    lying = somebody(7, posture=Posture.LYING, activities=('pointing', 'waving'))
    bending = somebody(8, posture=Posture.BENDING, activities=())
    kind = hri_msgs.BodyPosture
    assert bodies.posture_to_msg(hri_msgs, lying, header()).posture == kind.LAYING
    assert bodies.posture_to_msg(hri_msgs, bending, header()).posture == kind.OTHER
    (gesture,) = bodies.gestures_to_msg(hri_msgs, lying, header())
    assert gesture.gesture == hri_msgs.Gesture.WAVING
    assert bodies.gestures_to_msg(hri_msgs, bending, header()) == []


def test_the_node_tells_of_who_is_there_and_lives_on_after_nonsense(
    ros: Ros, logged: list[str]
) -> None:
    ros.start(InterfacesNode)
    poses, clouds = ros.listen(PoseArray, 'humans/poses'), ros.listen(PointCloud2, 'humans/joints')
    publisher = ros.publisher(HumanStateArray, 'humans')
    for spoil in (
        lambda message: setattr(message, 'skeleton', 'octopus'),
        lambda message: setattr(message.humans[0], 'posture', 99),
        lambda message: message.humans[0].joints.pop(),
        lambda _message: None,
    ):
        publisher.publish(_told(spoil))
    ros.until(lambda: poses and clouds, 'for what the node tells')
    assert len(poses) == len(clouds) == 1
    assert len(poses[0].poses) == 2, 'one is hidden, one seen, one tentative, one lost'
    told = '\n'.join(logged)
    assert "unknown skeleton 'octopus'" in told
    assert '99 is not a valid Posture' in told
    # The third fault has the cause of the second, which is said once.
    assert told.count('bad_humans') == 1


def _told(spoil: Callable[[HumanStateArray], object]) -> HumanStateArray:
    states = (
        TrackState.OCCLUDED,
        TrackState.CONFIRMED,
        TrackState.TENTATIVE,
        TrackState.LOST,
    )
    people = (somebody(1 + index, track_state=state) for index, state in enumerate(states))
    message = over_the_wire(HumansWriter(BLAZEPOSE33).write(humans(*people), header()))
    spoil(message)
    return message


def test_topics_of_bodies_come_and_go_with_them(ros: Ros) -> None:
    hri_msgs = pytest.importorskip('hri_msgs.msg', reason='needs hri_msgs')
    node = ros.start(InterfacesNode, bodies=True)
    tracked = ros.listen(hri_msgs.IdsList, '/humans/bodies/tracked')
    publisher = ros.publisher(HumanStateArray, 'humans')
    for people in ([1, 2], [2], []):
        told = humans(*(somebody(index, track_state=TrackState.CONFIRMED) for index in people))
        publisher.publish(over_the_wire(HumansWriter(BLAZEPOSE33).write(told, header())))
        ids = [f'b{index:05d}' for index in people]
        ros.until(partial(_is_last, tracked, ids), f'for {ids}')
        topics = {
            name.split('/')[3]
            for name, _ in node.get_publisher_names_and_types_by_node(node.get_name(), '/')
            if name.startswith('/humans/bodies/b')
        }
        assert topics == set(ids)


def _is_last(tracked: list[Any], ids: list[str]) -> bool:
    return bool(tracked) and tracked[-1].ids == ids


def test_frames_are_sent_ten_times_per_second_at_most(
    ros: Ros, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    class TransformBroadcaster:  # of tf2_ros, which is not on the package index
        def __init__(self, _node: Node) -> None:
            pass

        def sendTransform(self, transforms: list[TransformStamped]) -> None:
            sent.append(stamp_from_header(transforms[0].header))

    tf2_ros = SimpleNamespace(TransformBroadcaster=TransformBroadcaster)
    monkeypatch.setitem(sys.modules, 'tf2_ros', tf2_ros)
    frames = Frames(ros.node)
    people = [somebody(7)]
    for after_ms in (0, 40, 80, 120, 160, 200, 240, -5000, -4960):
        at_ns = STAMP_NS + after_ms * 10**6
        told = replace(humans(*people), stamp_ns=at_ns)
        frames.publish(told, people, message('mono8', stamp_ns=at_ns).header)
    assert [(at_ns - STAMP_NS) // 10**6 for at_ns in sent] == [0, 120, 240, -5000]


def _in_room(*people: HumanState) -> HumanStateArray:
    message = HumansWriter(BLAZEPOSE33).write(humans(*people), header())
    message.header.frame_id = 'base_link'
    return over_the_wire(message)


def _are(messages: list[Any], count: int) -> bool:
    return len(messages) == count


def _standing(x: float, y: float, **changes: Any) -> HumanState:
    known: dict[str, Any] = {
        'position_m': np.array([x, y, 0.9], np.float32),
        'position_covariance': (0.01 * np.eye(3)).astype(np.float32),
        'axes': np.eye(3, dtype=np.float32),
        'posture': Posture.STANDING,
        'existence_probability': 1.0,
        'predicted_paths': (),
        'track_state': TrackState.CONFIRMED,
    }
    return somebody(7, **(known | changes))


def test_the_grid_is_likely_occupied_where_people_are_also_when_a_bag_begins_anew(
    ros: Ros,
) -> None:
    nav_msgs = pytest.importorskip('nav_msgs.msg', reason='needs nav_msgs')
    ros.start(InterfacesNode, occupancy=True, occupancy_size_m=6.0, occupancy_x_m=2.0)
    grids = ros.listen(nav_msgs.OccupancyGrid, 'humans/occupancy')
    publisher = ros.publisher(HumanStateArray, 'humans')
    lost = _standing(3.0, -1.0, track_state=TrackState.LOST, time_since_update_s=1.0)
    newer, older = _in_room(_standing(2.02, 1.01), lost), _in_room()
    older.header.stamp.sec -= 1000
    for count, told in enumerate((newer, older, newer), start=1):
        publisher.publish(told)
        ros.until(partial(_are, grids, count), 'for a grid')
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
        publisher.publish(_in_room(_standing(0.0, 2.0, axes=in_camera)))
    publisher.publish(_in_room(_standing(0.0, 2.0), somebody(8, in_space=False)))
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


def test_what_is_not_installed_is_said_with_its_cure(
    ros: Ros, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ('vision_msgs', 'vision_msgs.msg'):
        monkeypatch.setitem(sys.modules, module, None)
    ros.start(InterfacesNode, detections=True)
    assert any(
        'detections is not published' in line and 'apt install ros-$ROS_DISTRO-vision-msgs' in line
        for line in logged
    )


def test_nothing_to_tell_is_an_error(ros: Ros) -> None:
    with pytest.raises(ConfigurationError, match='got nothing to publish'):
        ros.start(InterfacesNode, poses=False, joint_cloud=False, markers=False)
