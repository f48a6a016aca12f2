"""What all nodes have in common: a life cycle, parameters that can change, and their health.

States and transitions are those of ROS 2's managed nodes
(https://design.ros2.org/articles/node_lifecycle.html).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, NamedTuple

from lifecycle_msgs.msg import State, Transition
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

try:
    from rclpy.event_handler import PublisherEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import PublisherEventCallbacks

from ros_vision_perception.core.errors import ConfigurationError, PerceptionError
from ros_vision_perception.nodes import changes, memory
from ros_vision_perception.nodes.declare import Parameters, declare
from ros_vision_perception.nodes.diagnostics import Diagnostics
from ros_vision_perception.nodes.entities import NewEntities
from ros_vision_perception.nodes.health import Level, Problem, Source
from ros_vision_perception.nodes.loading import Loading
from ros_vision_perception.nodes.timers import steady_timer

_LOOK_EVERY_S = 0.05
_DONE, _REFUSED = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class _Exchange(NamedTuple):
    """Models on their way, and the parameters with and without them."""

    loading: Loading
    after: Any
    before: Any


class ManagedNode(LifecycleNode, ABC, Generic[Parameters]):
    """A node that loads its models, begins and ends to work, and forgets them when it is told to.

    Attributes:
        parameters: as they are now.
        diagnostics: to be told of results.
    """

    def __init__(self, name: str, kind: type[Parameters], **options: Any) -> None:
        """Declare the parameters of `kind`; `options` are those of `rclpy.node.Node`.

        Raises:
            ConfigurationError: when a parameter is not allowed.
        """
        super().__init__(name, **options)
        self.parameters: Parameters = declare(self, kind)
        self.diagnostics = Diagnostics(self, lambda: (self, *self.sources()))
        self._loading: Loading | None = None
        self._exchange: _Exchange | None = None
        self._look_timer = steady_timer(self, _LOOK_EVERY_S, self._look)
        self._look_timer.cancel()
        self._failure: Exception | None = None
        self._configured, self._activated = NewEntities(self), NewEntities(self)
        self._is_giving_up = False
        self.add_on_set_parameters_callback(self._on_parameters)
        service = self._service_change_state
        self._answer, service.callback = service.callback, self._change_state
        # Others are answered while this one waits for models.
        service.callback_group = ReentrantCallbackGroup()

    # What a node is made of.

    @abstractmethod
    def load(self, parameters: Parameters) -> Any:
        """Return the models, ready to run, for the other methods; called in another thread."""

    @abstractmethod
    def adopt(self, loaded: Any) -> None:
        """Work with these models from now on, in place of those before."""

    @abstractmethod
    def tune(self) -> None:
        """Work with `parameters` from now on, where no other models are needed for it."""

    @abstractmethod
    def open_outputs(self) -> None:
        """Make the publishers."""

    @abstractmethod
    def open_inputs(self) -> None:
        """Subscribe, and begin anew."""

    @abstractmethod
    def close_inputs(self) -> None:
        """Forget what came in; the subscriptions are gone."""

    @abstractmethod
    def sources(self) -> Sequence[Source]:
        """Return the parts that have something to tell about their health."""

    @abstractmethod
    def forget(self) -> None:
        """Drop the models."""

    # The life cycle.

    @property
    def state(self) -> str:
        """Unconfigured, inactive, active or finalized; or a transition between these."""
        return self._state_machine.current_state[1]

    @property
    def is_loading(self) -> bool:
        """Whether models are being loaded, and will be taken when they are there."""
        return self._loading is not None or self._exchange is not None

    async def bring_up(self) -> None:
        """Configure and activate, unless it was told otherwise; raises why that cannot be done."""
        await self._load()
        for begin, trigger in (
            ('unconfigured', self.trigger_configure),
            ('inactive', self.trigger_activate),
        ):
            if self.state == begin and trigger() != _DONE:
                raise self._failure or RuntimeError(f'{self.get_name()} is {self.state}')

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take the models that were loaded, or load them, and make the publishers."""
        self._configured = NewEntities(self)
        return self._attempt(self._configure, self._clean)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to work."""
        self._activated = NewEntities(self)
        return self._attempt(self._activate, self._rest)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let nothing more come in."""
        return self._attempt(self._rest)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the models."""
        return self._attempt(self._clean)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything, for good."""
        return self._attempt(self._clean)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything; the node can be configured again."""
        self._clean()
        return _DONE

    def create_publisher(self, *what: Any, **options: Any) -> Any:
        """Make a publisher that the executor need not ask for events before every frame.

        Who cannot hear it tells `quality.mismatches`, with names.
        """
        events = PublisherEventCallbacks(use_default_callbacks=False)
        return super().create_publisher(*what, event_callbacks=events, **options)

    def destroy_node(self) -> None:
        """Leave for good."""
        self.close_inputs()
        super().destroy_node()
        # rclpy keeps it, and with it the node and all that the middleware has for it.
        self._state_machine.destroy_when_not_in_use()

    def _attempt(
        self, work: Callable[[], None], undo: Callable[[], None] = lambda: None
    ) -> TransitionCallbackReturn:
        """Do what a transition does, and keep the reason when it fails: rclpy would not."""
        self._failure = None
        try:
            work()
        except Exception as error:
            self._failure = error
            undo()
            is_ours = isinstance(error, PerceptionError)
            return _REFUSED if is_ours else TransitionCallbackReturn.ERROR
        return _DONE

    def _configure(self) -> None:
        loading, self._loading = self._loading, None
        loaded = loading.result() if loading else self.load(self.parameters)
        self.open_outputs()
        self.adopt(loaded)

    def _activate(self) -> None:
        memory.settle()
        self.diagnostics.begin()
        self.open_inputs()

    def _rest(self) -> None:
        self._activated.destroy()
        self.close_inputs()

    def _clean(self) -> None:
        self._loading = self._exchange = None
        self._configured.destroy()
        self.forget()
        memory.give_back()

    async def _change_state(self, request: Any, response: Any) -> Any:
        """Answer the service, which configures; the models are loaded meanwhile."""
        asked = request.transition
        configures = asked.label == 'configure' or (
            not asked.label and asked.id == Transition.TRANSITION_CONFIGURE
        )
        if configures and self.state == 'unconfigured':
            await self._load()
        response = self._answer(request, response)
        if self._failure is not None:
            self.get_logger().error(f'{self.state}: {self._failure!r}')
        return response

    async def _load(self) -> None:
        if self._loading is None:
            self.get_logger().info('loading')
            self._loading = self._begin_loading()
        await self._loading

    def _begin_loading(self) -> Loading:
        return Loading(partial(self.load, self.parameters), self.get_logger().info)

    # Parameters that change.

    def _on_parameters(self, given: list[Parameter]) -> SetParametersResult:
        if self._is_giving_up:
            return SetParametersResult(successful=True)
        is_free = self._state_machine.current_state[0] == State.PRIMARY_STATE_UNCONFIGURED
        try:
            values = changes.accepted(self.parameters, given, is_free=is_free)
            if values and self._loading is not None:
                raise ConfigurationError('parameters cannot change while models are loaded')
        except PerceptionError as error:
            return SetParametersResult(successful=False, reason=f'{error}; node is {self.state}')
        before = self.parameters
        self.parameters = replace(before, **values)
        if values and not is_free:
            self.tune()
            if changes.needs_loading(before, self.parameters):
                self.get_logger().info('loading other models')
                self._exchange = _Exchange(self._begin_loading(), self.parameters, before)
                self._look_timer.reset()
        return SetParametersResult(successful=True)

    def _look(self) -> None:
        """Take other models when they are there: between two frames."""
        exchange = self._exchange
        if exchange is not None and not exchange.loading.is_done:
            return
        self._look_timer.cancel()
        if exchange is None:  # they are not wanted any more
            return
        self._exchange = None
        try:
            self.adopt(exchange.loading.result())
        except Exception as error:
            self._give_up(exchange, error)
        else:
            self.get_logger().info(f'other models after {exchange.loading.elapsed_s:.1f} s')

    def _give_up(self, exchange: _Exchange, error: Exception) -> None:
        """Say that the models stay, and let the parameters say so too."""
        self.get_logger().error(f'the models stay as they are: {error!r}')
        back = changes.difference(exchange.after, exchange.before)
        self.parameters = replace(self.parameters, **back)
        self._is_giving_up = True
        try:
            self.set_parameters([Parameter(name, value=value) for name, value in back.items()])
        finally:
            self._is_giving_up = False

    # Health.

    def counts(self) -> dict[str, int]:
        """Return nothing."""
        return {}

    def values(self) -> dict[str, str]:
        """Return the state."""
        return {'state': self.state}

    def problems(self) -> list[Problem]:
        """Return why it does not work, as far as that is so."""
        for loading in (self._loading, self._exchange and self._exchange.loading):
            if loading is not None:
                return [Problem('', f'loading for {loading.elapsed_s:.0f} s', Level.OK)]
        if self._failure is not None:
            return [Problem('', f'{self.state}: {self._failure}', Level.ERROR)]
        return [] if self.state == 'active' else [Problem('', self.state, Level.OK)]
