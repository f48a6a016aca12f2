"""Nodes that are told when to load, work, rest and forget."""

from typing import Any

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import GetState
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import Image

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.perception_node import PerceptionNode
from test.nodes.managing import ACTIVATE, CLEANUP, CONFIGURE, DEACTIVATE, Manager, Models, change
from test.nodes.perception import image
from test.nodes.ros import Ros

pytestmark = pytest.mark.ros


def test_a_node_that_is_managed_does_what_it_is_told_again_and_again(ros: Ros) -> None:
    models = Models()
    node = ros.start(PerceptionNode, models, autostart=False)
    manager = Manager(ros)
    assert (node.state, models.loaded) == ('unconfigured', [])
    camera = ros.node.create_publisher(Image, 'image', 10)
    for cycle in range(1, 4):
        assert manager.ask(CONFIGURE)
        assert (node.state, len(models.loaded)) == ('inactive', cycle)
        for _ in range(2):  # each may be told twice in a row: on, off, on
            assert manager.ask(ACTIVATE)
            heard = ros.listen(HumanStateArray, 'humans')
            ros.until(camera.get_subscription_count, 'for the node to listen')
            camera.publish(image(1))
            ros.until(heard.__len__, 'for a result')
            assert [person.track_id for person in heard[0].humans] == [1, 2]
            assert manager.ask(DEACTIVATE)
            ros.until(lambda: not camera.get_subscription_count(), 'for the node to rest')
        assert manager.ask(CLEANUP)
        ros.until(lambda: not ros.node.count_publishers('humans'), 'for the topics to go')
    assert not manager.ask(ACTIVATE)


def test_a_model_that_cannot_be_loaded_leaves_the_node_configurable_and_the_reason_told(
    ros: Ros,
) -> None:
    models = Models()
    models.error = ModelError('no such model')
    node = ros.start(PerceptionNode, models, autostart=False)
    heard = ros.listen(DiagnosticArray, '/diagnostics')
    manager = Manager(ros)
    assert not manager.ask(CONFIGURE)
    assert node.state == 'unconfigured'
    told = 'unconfigured: no such model'
    ros.until(lambda: heard and heard[-1].status[0].message == told, 'for the reason')
    assert heard[-1].status[0].level == DiagnosticStatus.ERROR
    models.error = RuntimeError('a bug')
    assert not manager.ask(CONFIGURE)
    assert node.state == 'unconfigured'
    models.error = None
    assert manager.ask(CONFIGURE)


def test_many_cycles_leak_nothing(ros: Ros) -> None:
    models = Models()
    node = ros.start(PerceptionNode, models, autostart=False)

    def there() -> list[int]:
        entities = (node.publishers, node.subscriptions, node.timers, node.services)
        return [len(list(kind)) for kind in entities]

    before = there()
    for _ in range(20):
        for trigger in (
            node.trigger_configure,
            node.trigger_activate,
            node.trigger_deactivate,
            node.trigger_cleanup,
        ):
            assert trigger() == TransitionCallbackReturn.SUCCESS
    assert len(models.poses) == 20
    assert models.alive == []
    assert there() == before


def test_a_node_answers_while_models_are_loaded_for_it(ros: Ros) -> None:
    models = Models()
    models.may_end.clear()
    node = ros.start(PerceptionNode, models, autostart=False)
    heard = ros.listen(DiagnosticArray, '/diagnostics')
    answer = Manager(ros).begin(CONFIGURE)
    ros.until(lambda: models.loaded, 'for the load')
    heard.clear()
    client: Any = ros.node.create_client(GetState, '/perception_node/get_state')
    ros.until(client.service_is_ready, 'for the service')
    state = client.call_async(GetState.Request())
    ros.until(state.done, 'for the state')
    assert state.result().current_state.label == 'unconfigured'
    ros.until(lambda: heard, 'for the diagnostics')
    assert heard[-1].status[0].message.startswith('loading for ')
    assert not change(node, max_people=3).successful
    assert not answer.done()
    models.may_end.set()
    ros.until(answer.done, 'for the transition')
    assert node.state == 'inactive'


def test_a_node_that_starts_by_itself_may_be_told_to_start_as_well(ros: Ros) -> None:
    models = Models()
    models.may_end.clear()
    node = ros.make(PerceptionNode, models)
    answer = Manager(ros).begin(CONFIGURE)
    ros.bring_up(node)
    ros.until(lambda: models.loaded, 'for the load')
    models.may_end.set()
    ros.until(answer.done, 'for the transition')
    ros.until(lambda: node.state == 'active', 'for the node to work')
    assert len(models.loaded) == 1


def test_a_node_that_cannot_be_activated_stays_inactive_and_says_why(
    ros: Ros, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = ros.start(PerceptionNode, Models(), autostart=False)
    manager = Manager(ros)
    assert manager.ask(CONFIGURE)
    before = len(list(node.timers))
    with monkeypatch.context() as patch:

        def refuse(*_: Any) -> None:
            raise ConfigurationError('no such camera')

        patch.setattr('ros_vision_perception.nodes.perception_node.ImageInput', refuse)
        assert not manager.ask(ACTIVATE)
    assert node.state == 'inactive'
    assert [problem.text for problem in node.problems()] == ['inactive: no such camera']
    assert len(list(node.timers)) == before
    assert manager.ask(ACTIVATE)
