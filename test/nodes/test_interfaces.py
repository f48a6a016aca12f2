"""People in the messages of other packages; what is not installed is skipped."""

from collections.abc import Callable
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import PoseArray
from sensor_msgs.msg import CameraInfo, PointCloud2

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions import detections, people_poses, walkers
from ros_vision_perception.nodes.conversions.humans import HumansWriter
from ros_vision_perception.nodes.conversions.rotations import axes_from_msg
from ros_vision_perception.nodes.image_frame import ImageFrame
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from test.core.known_people import humans
from test.nodes.messages import header, over_the_wire
from test.nodes.ros import Ros
from test.nodes.somebody import somebody

pytestmark = pytest.mark.ros


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


def test_pixels_are_told_in_the_frame_of_the_camera(ros: Ros) -> None:
    frame, of_people = ImageFrame(ros.node), header()
    of_people.frame_id = 'base_link'
    assert frame.header(of_people) == of_people, 'before anything is known of the camera'
    info = CameraInfo(header=header())
    info.header.frame_id = 'camera_optical'
    publisher = ros.publisher(CameraInfo, 'camera_info')
    publisher.publish(info)
    ros.until(lambda: frame.header(of_people) != of_people, 'for the camera_info')
    assert frame.header(of_people).frame_id == 'camera_optical'
    assert frame.header(of_people).stamp == of_people.stamp


def test_detections_in_the_image_are_in_its_frame(ros: Ros) -> None:
    vision_msgs = pytest.importorskip('vision_msgs.msg', reason='needs vision_msgs')
    ros.start(InterfacesNode, detections=True)
    in_image, in_space = (
        ros.listen(kind, f'humans/detections_{size}')
        for kind, size in (
            (vision_msgs.Detection2DArray, '2d'),
            (vision_msgs.Detection3DArray, '3d'),
        )
    )
    info = CameraInfo(header=header())
    info.header.frame_id = 'camera_optical'
    ros.publisher(CameraInfo, 'camera_info').publish(info)
    ros.rest(1.0)
    ros.publisher(HumanStateArray, 'humans').publish(_told(lambda _message: None))
    ros.until(lambda: in_image and in_space, 'for the boxes')
    assert in_image[0].header.frame_id == 'camera_optical'
    assert in_space[0].header.frame_id == 'camera'


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
