"""What the nodes of one stage have in common: an image in, what one model says of it out."""

from abc import abstractmethod
from collections.abc import Callable
import time
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from ros_vision_perception.nodes.diagnostics import Models
from ros_vision_perception.nodes.health import Source
from ros_vision_perception.nodes.image_input import Arrival, ImageInput
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.pipeline.networks import Networks
from ros_vision_perception.pipeline.stages import Stages


class _Model(Protocol):
    @property
    def model_name(self) -> str: ...


Kind = TypeVar('Kind', bound=Any)
Model = TypeVar('Model', bound=_Model)


class ModelNode(ManagedNode[Kind], Generic[Kind, Model]):
    """A node with one model, which says something of each image.

    Attributes:
        PARAMETER: names the model.
        image: its input.
        model: its model.
    """

    PARAMETER: ClassVar[str]
    image: ImageInput | None
    model: Model | None
    _models: Models | None

    def __init__(
        self,
        name: str,
        kind: type[Kind],
        load: Callable[[Kind, Networks], Model],
        **options: Any,
    ) -> None:
        """Get the model from `load`; for the others see `ManagedNode`."""
        self._load_model = load
        self.forget()
        super().__init__(name, kind, **options)

    @abstractmethod
    def answer(self, model: Model, arrival: Arrival, stages: Stages) -> None:
        """Publish what the model says of an image."""

    def look_ahead(self, model: Model) -> None:
        """Do what the last answer did not have to wait for; by default there is nothing."""

    def load(self, parameters: Kind) -> tuple[Networks, Model]:
        """Return the model and what runs it."""
        networks = Networks(parameters.backends, self.get_logger().info)
        model = self._load_model(parameters, networks)
        networks.tell()
        return networks, model

    def adopt(self, loaded: tuple[Networks, Model]) -> None:
        """Ask this model from now on."""
        networks, self.model = loaded
        self._models = Models({self.PARAMETER: self.model.model_name}, networks)

    def tune(self) -> None:
        """Do nothing: all that can change needs another model."""

    def open_inputs(self) -> None:
        """Subscribe."""
        self.image = ImageInput(self, self.parameters, self._on_frame)

    def close_inputs(self) -> None:
        """Forget the input."""
        self.image = None

    def sources(self) -> list[Source]:
        """Return the model and the input, as far as they are there."""
        return [part for part in (self._models, self.image) if part is not None]

    def forget(self) -> None:
        """Drop the model."""
        self.image = self._models = self.model = None

    def _on_frame(self, arrival: Arrival) -> None:
        if self.image is None or self.model is None:
            return
        stages = self.image.stages
        self.answer(self.model, arrival, stages)
        latency_ns = time.perf_counter_ns() - arrival.received_ns
        self.diagnostics.note_result(arrival.header, latency_ns, stages.elapsed_ns)
        self.look_ahead(self.model)
