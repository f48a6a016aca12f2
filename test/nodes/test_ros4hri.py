"""People as bodies of ROS4HRI (REP-155): topics, frames, angles of joints."""

from dataclasses import replace
from functools import partial
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import JointState as JointStateMsg

from ros_vision_perception.core.human import (
    HumanState,
    JointState,
    OrientationAvailability,
    Posture,
    TrackState,
    unknown,
)
from ros_vision_perception.core.joint_angles import angles_of
from ros_vision_perception.core.limb_rotations import JOINT_NAMES
from ros_vision_perception.core.skeleton import BLAZEPOSE33, HALPE26
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions import bodies, people_frames
from ros_vision_perception.nodes.conversions.humans import HumansWriter
from ros_vision_perception.nodes.conversions.rotations import axes_from_msg, transform_from_msg
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header, time_to_msg
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from ros_vision_perception.nodes.ros4hri import Frames, JointStates
from test.core.human_chain import places
from test.core.known_people import SIZE, STAMP_NS, human, humans
from test.nodes.images import message
from test.nodes.messages import header, over_the_wire
from test.nodes.ros import Ros
from test.nodes.somebody import somebody

pytestmark = pytest.mark.ros


def test_frames_are_of_the_body_and_of_the_joints_in_space() -> None:
    people = [somebody(7), somebody(8, in_space=False)]
    frames = {
        frame.child_frame_id: frame
        for frame in people_frames.frames_to_msg(people, BLAZEPOSE33, header())
    }
    known = np.flatnonzero(people[0].joints.has_3d)
    names = {f'{BLAZEPOSE33.joint_names[joint]}_b00007' for joint in known}
    assert set(frames) == {'body_b00007', *names}
    body = frames.pop('body_b00007')
    assert body.header == header()
    assert {frame.header.frame_id for frame in frames.values()} == {'body_b00007'}
    np.testing.assert_allclose(axes_from_msg(body.transform.rotation), people[0].axes, atol=1e-6)
    assert body.transform.translation.z == people[0].position_m[2]


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


NAMES = BLAZEPOSE33.joint_names
POSE = {'l_y_shoulder': 0.4, 'l_p_shoulder': 1.1, 'l_r_shoulder': -0.6, 'l_elbow': 1.2}
# Limbs of this person in those of the model, by the joint at their lower end.
LENGTHS = {'l_elbow': 0.8, 'r_elbow': 0.8, 'l_knee': 1.2, 'r_knee': 1.3, 'l_ankle': 0.9}
POSE |= {'r_p_shoulder': 0.9, 'r_elbow': 0.5, 'r_r_hip': 1.5, 'r_knee': -1.4, 'y_head': 0.3}


def in_pose(track_id: int = 7, hidden: tuple[str, ...] = (), **changes: Any) -> HumanState:
    """Return somebody 1.7 m tall in `POSE` who faces the camera, all seen but what is hidden."""
    person, here = human(track_id, in_space=True), 1.7 * places(POSE, NAMES, LENGTHS)
    axes, middle_m = np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]]), np.array([0.3, 0.2, 3.0])
    known = np.isfinite(here[:, 0])
    states = np.where(known, JointState.VISIBLE, JointState.UNKNOWN).astype(np.uint8)
    states[[NAMES.index(name) for name in hidden]] = JointState.OCCLUDED_BY_OBJECT
    joints = replace(
        person.joints,
        states=states,
        has_3d=known,
        positions_m=(here @ axes.T + middle_m).astype(np.float32),
        position_covariances=np.where(
            known[:, None, None], np.diag([1e-6, 1e-6, 0.04]), np.nan
        ).astype(np.float32),
    )
    told: dict[str, Any] = {
        'joints': joints,
        'position_m': middle_m.astype(np.float32),
        'position_covariance': np.diag([1e-6, 1e-6, 0.04]).astype(np.float32),
        'axes': axes.astype(np.float32),
        'orientation_covariance': np.zeros((3, 3), np.float32),
        'orientation_availability': OrientationAvailability.AVAILABLE,
        'track_state': TrackState.CONFIRMED,
    }
    return replace(person, **(told | changes))


def tell(publisher: Any, *people: HumanState, after_ms: int = 0) -> HumanStateArray:
    message = HumansWriter(BLAZEPOSE33).write(humans(*people), header())
    message.header.stamp = time_to_msg(STAMP_NS + after_ms * 10**6)
    publisher.publish(over_the_wire(message))
    return message


def test_joint_states_are_the_angles_of_what_is_seen(ros: Ros) -> None:
    node = ros.start(InterfacesNode, joint_states=True)
    publisher = ros.publisher(HumanStateArray, 'humans')
    nothing: dict[str, Any] = {'position_m': np.full(3, np.nan, np.float32), 'axes': unknown(3, 3)}
    tell(publisher, in_pose(**nothing))
    # As robot_state_publisher subscribes.
    heard: list[Any] = []
    topic = '/humans/bodies/b00007/joint_states'
    ros.node.create_subscription(JointStateMsg, topic, heard.append, qos_profile_sensor_data)
    ros.until(lambda: node.count_subscribers(topic), 'for the subscriber')
    ros.until(lambda: ros.node.count_publishers(topic), 'for the publisher')
    ros.rest(0.5)
    sent = tell(publisher, in_pose(), after_ms=200)
    tell(publisher, in_pose(), after_ms=240)  # too soon
    tell(publisher, in_pose(hidden=('left_wrist', 'nose')), after_ms=400)
    ros.until(lambda: len(heard) == 2, 'for the joints')
    tell(publisher, in_pose(**nothing), after_ms=600)
    unsure = OrientationAvailability.SIGN_UNKNOWN
    tell(publisher, in_pose(orientation_availability=unsure), after_ms=800)
    tell(publisher, in_pose(), after_ms=1000)
    ros.until(lambda: len(heard) == 3, 'for the joints')
    first, partly, again = heard
    assert first.header == sent.header
    angles = {f'{name}_b00007': POSE.get(name, 0.0) for name in JOINT_NAMES}
    assert dict(zip(first.name, first.position, strict=True)) == pytest.approx(angles, abs=0.01)
    hidden = ('l_elbow', 'l_r_shoulder', 'r_head', 'y_head', 'p_head')
    assert set(first.name) - set(partly.name) == {f'{name}_b00007' for name in hidden}
    assert stamp_from_header(again.header) == STAMP_NS + 10**9


def test_the_model_on_the_body_frame_lies_on_the_keypoints() -> None:
    # As robot_state_publisher and TF do it: body_<id>, and on it the links at the angles.
    person = in_pose()
    frames = people_frames.frames_to_msg([person], BLAZEPOSE33, header())
    on_camera = {'body_b00007': transform_from_msg(frames[0].transform)}
    (angles,) = angles_of([person], BLAZEPOSE33).angles
    model = 1.7 * places(dict(zip(JOINT_NAMES, angles.tolist(), strict=True)), NAMES, LENGTHS)
    links_m = on_camera['body_b00007'].points(model)
    known = person.joints.has_3d
    np.testing.assert_allclose(links_m[known], person.joints.positions_m[known], atol=0.005)
    # And the frames of the joints are where their keypoints are.
    for frame in frames[1:]:
        joint = NAMES.index(frame.child_frame_id.removesuffix('_b00007'))
        place = transform_from_msg(frame.transform).translation_m
        np.testing.assert_allclose(
            on_camera[frame.header.frame_id].points(place),
            person.joints.positions_m[joint],
            atol=1e-5,
        )


def test_the_top_of_a_head_is_not_taken_for_its_pose() -> None:
    person = human(7, in_space=True, joints=len(HALPE26))
    person = replace(person, joints=replace(person.joints, has_3d=np.ones(len(HALPE26), bool)))
    names = {f.child_frame_id for f in people_frames.frames_to_msg([person], HALPE26, header())}
    assert 'head_top_b00007' in names
    assert 'head_b00007' not in names


def test_a_thousand_people_leave_no_publisher_behind(ros: Ros) -> None:
    node = ros.start(InterfacesNode, joint_states=True)
    before = len(list(node.publishers))
    states = JointStates(node)
    for track_id in range(1, 1001):
        people = [in_pose(track_id), in_pose(track_id + 1)]
        states.publish(humans(*people), people, header())
        assert len(list(node.publishers)) == before + 2
    states.publish(humans(), [], header())
    assert len(list(node.publishers)) == before


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
