"""People as markers of RViz."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from visualization_msgs.msg import Marker, MarkerArray

from ros_vision_perception.core.human import HumanState, JointState, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import HumansWriter
from ros_vision_perception.nodes.conversions.markers import (
    BONES,
    ELLIPSOIDS,
    JOINTS,
    LABELS,
    PATHS,
    deletions_to_msgs,
    figure_to_msgs,
)
from ros_vision_perception.nodes.conversions.rotations import axes_from_msg
from ros_vision_perception.nodes.interfaces_node import InterfacesNode
from ros_vision_perception.render.figures import figure
from ros_vision_perception.render.palette import STATE_COLORS
from test.core.known_people import human, humans
from test.nodes.messages import header, over_the_wire
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


def somebody(track_id: int = 7, *, in_space: bool = True) -> HumanState:
    """Return a person whose covariances are possible."""
    person = human(track_id, in_space=in_space)
    known = person.joints.has_3d[:, None, None]
    spread = np.where(known, np.diag([0.01, 0.04, 0.25]), np.nan).astype(np.float32)
    return replace(
        person,
        joints=replace(person.joints, position_covariances=spread),
        position_covariance=np.diag([0.04, 0.01, 0.25]).astype(np.float32),
        track_state=TrackState.CONFIRMED,
    )


def markers_of(person: HumanState) -> list[Any]:
    drawn = figure(person, BLAZEPOSE33)
    assert drawn is not None
    return over_the_wire(MarkerArray(markers=figure_to_msgs(drawn, header()))).markers


def numbers(markers: list[Any], namespace: str) -> list[Any]:
    return [marker for marker in markers if marker.ns == namespace]


def test_every_marker_is_one_that_viewers_accept() -> None:
    markers = markers_of(somebody())
    assert {marker.ns for marker in markers} == {BONES, JOINTS, ELLIPSOIDS, LABELS, PATHS}
    assert len({(marker.ns, marker.id) for marker in markers}) == len(markers)
    for marker in markers:
        assert marker.header == header()
        assert marker.action == Marker.ADD
        assert len(marker.colors) in (0, len(marker.points))
        assert marker.lifetime.sec > 0
        rotation = axes_from_msg(marker.pose.orientation)
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
        values = [c for p in marker.points for c in (p.x, p.y, p.z)]
        assert np.isfinite([*values, marker.scale.x, marker.scale.y, marker.scale.z]).all()
        if marker.type == Marker.SPHERE:
            assert min(marker.scale.x, marker.scale.y, marker.scale.z) > 0


def test_joints_and_bones_have_the_colours_of_the_pictures() -> None:
    person = somebody()
    markers = markers_of(person)
    ((bones,), (joints,)) = numbers(markers, BONES), numbers(markers, JOINTS)
    assert (bones.type, joints.type) == (Marker.LINE_LIST, Marker.SPHERE_LIST)
    assert len(bones.points) % 2 == 0
    known = person.joints.has_3d
    places = np.array([(point.x, point.y, point.z) for point in joints.points], np.float32)
    np.testing.assert_array_equal(places, person.joints.positions_m[known])
    colors = [(round(255 * c.r), round(255 * c.g), round(255 * c.b)) for c in joints.colors]
    assert colors == [STATE_COLORS[JointState(state)] for state in person.joints.states[known]]
    # Each end of a bone is a joint, with its colour.
    color_at = {(p.x, p.y, p.z): c for p, c in zip(joints.points, joints.colors, strict=True)}
    for point, color in zip(bones.points, bones.colors, strict=True):
        assert color_at[point.x, point.y, point.z] == color


def test_an_ellipsoid_has_the_covariance_of_its_person() -> None:
    person = somebody()
    body = min(numbers(markers_of(person), ELLIPSOIDS), key=lambda marker: marker.id)
    axes = axes_from_msg(body.pose.orientation)
    sigmas = np.array([body.scale.x, body.scale.y, body.scale.z]) / 2
    again = np.einsum('ij,j,kj->ik', axes, sigmas**2, axes)
    np.testing.assert_allclose(again, person.position_covariance, atol=1e-6)
    place = body.pose.position
    np.testing.assert_array_equal([place.x, place.y, place.z], person.position_m)


def test_paths_are_as_opaque_as_they_are_likely() -> None:
    paths = numbers(markers_of(somebody()), PATHS)
    assert [path.color.a for path in paths] == [0.75, 0.25]
    assert all(path.type == Marker.LINE_STRIP and len(path.points) == 7 for path in paths)


def test_ids_stay_with_people_and_are_never_shared() -> None:
    first, moved, other = (
        {(marker.ns, marker.id) for marker in markers_of(person)}
        for person in (somebody(7), replace(somebody(7), position_m=np.ones(3)), somebody(8))
    )
    assert first == moved
    assert not first & other


def test_lines_without_points_are_left_out() -> None:
    person = somebody()
    nothing = replace(person.joints, has_3d=np.full(33, False))
    markers = markers_of(replace(person, joints=nothing, predicted_paths=()))
    assert {marker.ns for marker in markers} == {ELLIPSOIDS, LABELS}


def test_what_goes_is_deleted() -> None:
    (marker,) = deletions_to_msgs([(BONES, 77)], header())
    assert (marker.action, marker.ns, marker.id) == (Marker.DELETE, BONES, 77)


def test_markers_come_and_go_with_people_while_somebody_looks(ros: Ros, logged: list[str]) -> None:
    ros.start(InterfacesNode, poses=False, joint_cloud=False)
    publisher = ros.publisher(HumanStateArray, 'humans')
    heard = ros.listen(MarkerArray, 'humans/markers')
    for count, people in enumerate(((1, 2), (2,), ())):
        publisher.publish(_told(*people))
        ros.until(partial(_heard, heard, 1 + count), f'for the markers of {people}')
    both, one, nobody = [
        {(marker.action, marker.ns, marker.id) for marker in message.markers} for message in heard
    ]
    added = {key[1:] for key in both}
    assert {action for action, _, _ in both} == {Marker.ADD}
    kept = {(namespace, number) for action, namespace, number in one if action == Marker.ADD}
    gone = {(namespace, number) for action, namespace, number in one if action == Marker.DELETE}
    assert kept and gone and kept | gone == added and not kept & gone
    assert nobody == {(Marker.DELETE, *key) for key in kept}
    # Person 3 has no position in metres.
    for _ in range(2):
        publisher.publish(_told(2, 3))
    ros.until(lambda: len(heard) == 5, 'for the markers of those in space')
    assert {marker.id // 9 for marker in heard[-1].markers} == {2}
    assert sum('have no markers' in line for line in logged) == 1


def _heard(heard: list[Any], count: int) -> bool:
    return len(heard) == count


def _told(*track_ids: int) -> HumanStateArray:
    people = (somebody(track_id, in_space=track_id != 3) for track_id in track_ids)
    return over_the_wire(HumansWriter(BLAZEPOSE33).write(humans(*people), header()))
