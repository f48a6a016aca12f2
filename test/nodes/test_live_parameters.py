"""Parameters that change while a node works."""

from pathlib import Path

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import Image

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.perception_node import PerceptionNode
from ros_vision_perception.pipeline.load import DEFAULT_POSE
from test.nodes.managing import CONFIGURE, Manager, Models, change
from test.nodes.perception import Perception, image
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


def test_another_model_is_taken_between_two_frames_and_people_stay(
    ros: Ros, tmp_path: Path
) -> None:
    models = Models()
    node = ros.start(PerceptionNode, models)
    humans = ros.listen(HumanStateArray, 'humans')
    camera = ros.publisher(Image, 'image')
    camera.publish(image(1))
    ros.until(lambda: humans, 'for a result')
    (first,) = models.alive
    assert len(first.stamps) == 1
    del first
    other = tmp_path / 'other.onnx'
    other.touch()
    assert change(node, pose_model=str(other)).successful
    ros.until(lambda: len(models.poses) == 2 and not node.is_loading, 'for the other model')
    camera.publish(image(2))
    ros.until(lambda: len(humans) == 2, 'for a result')
    (second,) = models.alive  # the first is gone
    assert len(second.stamps) == 1
    assert [person.track_id for person in humans[1].humans] == [1, 2]
    models.error = ModelError('damaged')
    assert change(node, pose_model=DEFAULT_POSE).successful  # it is known, so it is tried
    ros.until(lambda: not node.is_loading, 'for the other model')
    assert node.get_parameter('pose_model').value == str(other)
    assert node.parameters.pose_model == str(other)


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('pose_model', 'no-such-model', "no model and no file 'no-such-model'"),
        ('transport', 'raw', 'parameter transport can only change while the node is unconfigured'),
        ('precision', 'fp64', "got 'fp64', expected str one of: 'auto'"),
        ('confirm_s', 1000.0, ''),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_the_reason(
    ros: Ros, name: str, value: object, reason: str
) -> None:
    node = Perception(ros).node
    before = node.parameters
    answer = change(node, **{name: value})
    assert not answer.successful
    assert reason in answer.reason
    assert node.parameters == before


def test_what_needs_no_other_models_changes_at_once(ros: Ros) -> None:
    perception = Perception(ros, use_depth=True, join_deadline_ms=10000.0)
    assert change(perception.node, join_deadline_ms=50.0, hidden_s=3.0).successful
    assert perception.node.parameters.fusion.lifetimes.hidden_s == 3.0
    result = perception.answer(ros.publisher(Image, 'image'), image(1))
    assert result.degraded_reason == 'depth missing'
    assert result.processing_latency.sec == 0


def test_before_it_is_configured_everything_may_change(ros: Ros) -> None:
    models = Models()
    node = ros.start(PerceptionNode, models, autostart=False)
    assert change(node, transport='raw', max_people=3).successful
    assert Manager(ros).ask(CONFIGURE)
    assert (models.loaded[0].transport, models.loaded[0].max_people) == ('raw', 3)


def test_other_models_are_taken_also_when_the_node_came_to_rest_meanwhile(ros: Ros) -> None:
    models = Models()
    node = ros.start(PerceptionNode, models)
    models.may_end.clear()
    assert change(node, max_people=3).successful
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    models.may_end.set()
    ros.until(lambda: not node.is_loading, 'for the other model')
    assert len(models.alive) == 1
    assert node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert models.alive == []
