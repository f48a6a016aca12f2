"""People of several cameras as one list, over the wire."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from diagnostic_msgs.msg import DiagnosticArray

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.human import Humans
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import HumansWriter, humans_from_msg
from ros_vision_perception.nodes.conversions.stamps import make_header, stamp_from_header
from ros_vision_perception.nodes.merging_node import MergingNode
from test.core.known_people import STAMP_NS, human, humans
from test.core.test_merging import SECOND_NS, along, seen
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros

FRAME = 'map'


class Merging:
    """A merging node in a test, and two cameras.

    Attributes:
        humans: its results so far.
    """

    def __init__(self, ros: Ros, **parameters: Any) -> None:
        self.node = ros.start(MergingNode, **parameters)
        self._ros = ros
        self._cameras = {
            name: ros.publisher(HumanStateArray, f'{name}/humans') for name in ('left', 'right')
        }
        self.humans = ros.listen(HumanStateArray, 'humans')

    def say(self, camera: str, people: Humans, frame_id: str = FRAME) -> None:
        """Publish what a camera saw, and wait until the node has it."""
        header = make_header(people.stamp_ns, frame_id)
        message = HumansWriter(people.skeleton).write(people, header)
        count = self.node.counts()['frames_in']
        self._cameras[camera].publish(message)
        self._ros.until(lambda: self.node.counts()['frames_in'] > count, 'for the node')

    def answers(self, count: int) -> list[Humans]:
        """Return the results when there are so many."""
        self._ros.until(lambda: len(self.humans) >= count, f'for {count} results')
        return [humans_from_msg(message) for message in self.humans]


def test_somebody_whom_two_cameras_see_is_one_person(ros: Ros) -> None:
    merging = Merging(ros)
    for step in range(6):
        stamp_ns = STAMP_NS + step * SECOND_NS // 10
        walk = along([-0.5, 0.5, 0], [1, 0, 0], stamp_ns)
        merging.say('left', seen('left', stamp_ns, {4: walk}))
        merging.say('right', seen('right', stamp_ns + 1000, {9: walk}))
    answers = merging.answers(12)
    assert [person.track_id for person in answers[-1].people] == [1]
    (person,) = answers[-1].people
    assert np.linalg.norm(person.position_m - walk[0]) < 0.6
    assert person.joints.has_3d.all()
    header = merging.humans[-1].header
    assert (header.frame_id, stamp_from_header(header)) == (FRAME, stamp_ns + 1000)
    assert (merging.humans[-1].image_width, merging.humans[-1].degraded) == (0, False)
    counts = merging.node.counts()
    assert counts == {'frames_in': 12}


def test_people_in_another_frame_or_skeleton_are_dropped_and_counted(
    ros: Ros, logged: list[str]
) -> None:
    merging = Merging(ros)
    merging.say('left', seen('left', STAMP_NS, {1: (np.zeros(3), np.zeros(3))}))
    merging.say('right', seen('right', STAMP_NS, {1: (np.zeros(3), np.zeros(3))}), 'camera')
    few = replace(humans(human(1, in_space=True, joints=17)), skeleton=COCO17)
    merging.say('right', few)
    merging.say('left', seen('left', STAMP_NS, {}))
    assert merging.node.counts() == {
        'frames_in': 4,
        'dropped_another_frame': 1,
        'dropped_another_skeleton': 1,
        'dropped_repeated_stamp': 1,
    }
    assert len(merging.answers(1)) == 1
    assert any(
        "got people in 'camera', expected 'map'; cure: set target" in line for line in logged
    )
    assert any('got joints of coco17, expected blazepose33' in line for line in logged)


def test_a_silent_camera_is_told_and_everyone_else_goes_on(
    ros: Ros, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('ros_vision_perception.nodes.merging_node._SILENT_AFTER_S', 0.5)
    merging = Merging(ros)
    heard = ros.listen(DiagnosticArray, '/diagnostics')

    def status() -> Any:
        return next(s for m in reversed(heard) for s in m.status if 'merging' in s.name)

    ros.rest(0.6)
    heard.clear()
    merging.say('left', seen('left', STAMP_NS, {1: (np.zeros(3), np.zeros(3))}))
    assert merging.answers(1)[0].degraded_reason == 'nothing from right'
    ros.until(lambda: heard and '/right/humans' in status().message, 'for the diagnosis')
    ros.until(lambda: heard and '/left/humans' in status().message, 'for the diagnosis')
    assert status().level == b'\x03'  # STALE: no camera says anything


@pytest.mark.parametrize('cameras', [['left'], ['left', 'left']])
def test_fewer_than_two_cameras_are_refused(ros: Ros, cameras: list[str]) -> None:
    node = ros.make(MergingNode, cameras=cameras, autostart=False)
    with pytest.raises(ConfigurationError, match='expected two different names or more'):
        node.load(node.parameters)
