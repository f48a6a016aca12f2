"""People in a frame of TF. A stand-in has the interface of tf2_ros, which has no wheel."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rclpy.duration import Duration
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image

from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.nodes.perception_node import PerceptionNode
from test.nodes.managing import Models
from test.nodes.perception import Perception, image
from test.nodes.ros import Ros
from test.nodes.test_fusion_node import Fusion

pytestmark = pytest.mark.ros


class TransformException(Exception):
    """As of tf2_ros."""


class Tf:
    """A stand-in for tf2_ros.

    Attributes:
        known: what it can tell of frames: (target, source) -> transform.
        asked: (target, source, stamp ns, patience ns).
        nodes: that listen.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.known: dict[tuple[str, str], TransformStamped] = {}
        self.asked: list[tuple[str, str, int, int]] = []
        self.nodes: list[Node] = []

    def module(self) -> Any:
        """Return what `import tf2_ros` gives."""
        outer = self

        class Buffer:
            def lookup_transform(
                self, target_frame: str, source_frame: str, time: Time, timeout: Duration
            ) -> TransformStamped:
                call = target_frame, source_frame, time.nanoseconds, timeout.nanoseconds
                outer.asked.append(call)
                try:
                    return outer.known[call[:2]]
                except KeyError:
                    raise TransformException(f'"{target_frame}" does not exist') from None

        class TransformListener:
            def __init__(self, buffer: Buffer, node: Node, *, spin_thread: bool = False) -> None:
                assert not spin_thread
                outer.nodes.append(node)

        return SimpleNamespace(
            Buffer=Buffer,
            TransformListener=TransformListener,
            TransformException=TransformException,
        )


@pytest.fixture
def tf(monkeypatch: pytest.MonkeyPatch) -> Tf:
    """Return a stand-in that nodes import."""
    stand_in = Tf()
    monkeypatch.setitem(sys.modules, 'tf2_ros', stand_in.module())
    return stand_in


def forward() -> TransformStamped:
    """Return the transform of a camera at 10 m, 1.5 m high, that looks along the map."""
    message = TransformStamped()
    message.transform.translation = Vector3(x=10.0, y=0.0, z=1.5)
    message.transform.rotation = Quaternion(x=-0.5, y=0.5, z=-0.5, w=0.5)
    return message


def camera_info() -> CameraInfo:
    return CameraInfo(
        width=320,
        height=240,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[300.0, 0.0, 160.0, 0.0, 300.0, 120.0, 0.0, 0.0, 1.0],
    )


def see(ros: Ros, perception: Perception, first: int = 1) -> HumanStateArray:
    """Show images until people are known in metres, and return that result."""
    camera, info = ros.publisher(Image, 'image'), ros.publisher(CameraInfo, 'camera_info')
    for step in range(first, first + 50):
        told = camera_info()
        told.header = image(step).header
        info.publish(told)
        result = perception.answer(camera, image(step))
        if any(human.has_3d for human in result.humans):
            return result
    raise AssertionError('nobody in metres')


def test_people_are_given_in_the_frame_that_is_asked_for(ros: Ros, tf: Tf) -> None:
    tf.known['map', 'camera'] = forward()
    perception = Perception(ros, target_frame='map', tf_wait_ms=30.0)
    result = see(ros, perception)
    assert result.header.frame_id == 'map'
    assert tf.asked[-1] == ('map', 'camera', stamp_from_header(result.header), 30_000_000)
    assert not result.degraded
    known = [human for human in result.humans if human.has_3d]
    for human in known:
        place = human.pose.pose.position
        assert place.x > 11.0  # in front of the camera
        assert abs(place.y) < place.x - 10  # within its field of view
        assert 0 < human.bbox.x_max <= 321  # still in the image
    assert known


def test_a_fusion_of_its_own_gives_that_frame_too(ros: Ros, tf: Tf) -> None:
    tf.known['map', 'camera'] = forward()
    fusion = Fusion(ros, use_masks=False, target_frame='map')
    fusion.show_poses(1)
    (result,) = fusion.answers(1)
    assert result.header.frame_id == 'map'
    assert len(result.humans) == 2


def test_without_a_transform_people_stay_with_the_camera_and_it_is_said(ros: Ros, tf: Tf) -> None:
    perception = Perception(ros, target_frame='map')
    result = see(ros, perception)
    assert result.header.frame_id == 'camera'
    assert result.degraded
    assert "no transform from 'camera' to map" in result.degraded_reason
    assert all(h.pose.pose.position.z > 1.0 for h in result.humans if h.has_3d)
    (problem,) = [
        problem
        for source in perception.node.sources()
        for problem in source.problems()
        if problem.cause == 'missed_transform'
    ]
    assert '"map" does not exist' in problem.text


def test_who_asks_for_no_frame_needs_no_tf(ros: Ros, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_ros', None)
    result = see(ros, Perception(ros))
    assert result.header.frame_id == 'camera'
    assert not result.degraded


def test_without_tf_a_node_that_needs_it_says_how_to_get_it(
    ros: Ros, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'tf2_ros', None)
    node = ros.start(PerceptionNode, Models(), autostart=False, target_frame='map')
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() != TransitionCallbackReturn.SUCCESS
    (problem,) = node.problems()
    assert 'no package tf2_ros; cure: apt install' in problem.text


def test_a_node_at_rest_does_not_listen_to_tf(ros: Ros, tf: Tf) -> None:
    node = Perception(ros, target_frame='map').node
    (listener,) = tf.nodes
    assert listener.get_name() == 'perception_node_tf'
    ros.until(lambda: 'perception_node_tf' in ros.node.get_node_names(), 'for the listener')
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    ros.until(lambda: 'perception_node_tf' not in ros.node.get_node_names(), 'for it to go')
