"""The picture of markers in the documents is drawn from the messages."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')
pytest.importorskip('matplotlib', reason='needs matplotlib')

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.nodes.conversions.markers import BONES, JOINTS, figure_to_msgs
from ros_vision_perception.render.figures import figure
from ros_vision_perception.render.palette import bgr
from ros_vision_perception.tools.marker_picture import draw
from test.core.known_people import human
from test.nodes.messages import header


def test_all_markers_are_drawn_and_joints_have_the_colours_of_their_states() -> None:
    person = human(7, in_space=True)
    states = np.full(33, JointState.VISIBLE, np.uint8)
    states[::3] = JointState.OCCLUDED_BY_PERSON
    person = replace(person, joints=replace(person.joints, states=states))
    drawn = figure(person, BLAZEPOSE33)
    assert drawn is not None
    markers = figure_to_msgs(drawn, header())
    picture = draw(markers, (424, 240))
    assert picture.shape == (240, 424, 3)
    bare = draw([marker for marker in markers if marker.ns == BONES], (424, 240))
    assert (picture != bare).any()
    plain = draw([marker for marker in markers if marker.ns in (BONES, JOINTS)], (424, 240))
    for state in (JointState.VISIBLE, JointState.OCCLUDED_BY_PERSON):
        assert (plain == bgr(state)).all(axis=2).sum() > 20, state.name
    assert not (plain == bgr(JointState.OCCLUDED_BY_OBJECT)).all(axis=2).any()
