"""Someone who tells a node what to do, and what it is given to load."""

from threading import Event
from typing import Any
import weakref

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.parameter import Parameter

from test.nodes.models import StickPose, StickSegmentation
from test.nodes.ros import Ros

CONFIGURE = Transition.TRANSITION_CONFIGURE
ACTIVATE = Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
CLEANUP = Transition.TRANSITION_CLEANUP


class Manager:
    """Tells one node what to do, over services."""

    def __init__(self, ros: Ros) -> None:
        """Meet the node."""
        self._ros = ros
        self._client: Any = ros.node.create_client(ChangeState, '/perception_node/change_state')
        ros.until(self._client.service_is_ready, 'for the service')

    def begin(self, transition: int) -> Any:
        """Ask for a transition and return the future of the answer."""
        return self._client.call_async(ChangeState.Request(transition=Transition(id=transition)))

    def ask(self, transition: int) -> bool:
        """Ask for a transition and return whether it was made."""
        answer = self.begin(transition)
        self._ros.until(answer.done, 'for the transition')
        return bool(answer.result().success)


class Models:
    """What a node is given to load.

    Attributes:
        loaded: parameters of each load.
        error: raised instead of the next load.
        may_end: a load does not end before this is set.
        poses: the pose models, as long as somebody has them.
    """

    def __init__(self) -> None:
        """Load at once."""
        self.loaded: list[Any] = []
        self.error: Exception | None = None
        self.may_end = Event()
        self.may_end.set()
        self.poses: list[weakref.ref[StickPose]] = []

    def __call__(self, parameters: Any, _networks: Any) -> Any:
        """Return models, as `perception_node.load` does."""
        self.loaded.append(parameters)
        self.may_end.wait(60.0)
        if self.error is not None:
            raise self.error
        pose = StickPose()
        pose.model_name = parameters.pose_model
        self.poses.append(weakref.ref(pose))
        return pose, StickSegmentation()

    @property
    def alive(self) -> list[StickPose]:
        """The pose models that are still there."""
        return [pose for known in self.poses if (pose := known()) is not None]


def change(node: Any, **values: Any) -> Any:
    """Return the answer to a change of parameters."""
    return node.set_parameters([Parameter(name, value=value) for name, value in values.items()])[0]
