"""Which parameters may change while a node works, and which need other models."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.limits import checked
from ros_vision_perception.nodes.parameters import (
    LOADS,
    UNCONFIGURED,
    ManagedParameters,
    change_of,
)
from ros_vision_perception.pipeline.networks import BackendConfig, candidates
from ros_vision_perception.zoo.resolve import require_known

_MODELS = ('pose_model', 'segmentation_model')


def accepted(now: ManagedParameters, given: Iterable[Any], *, is_free: bool) -> Mapping[str, Any]:
    """Return the values that take effect of `given`, ROS parameters of a node.

    Args:
        now: the parameters as they are.
        given: others than ours are left to others.
        is_free: nothing depends on them yet, so that all may change.

    Raises:
        PerceptionError: when a value is not allowed, or not now; nothing takes effect then.
    """
    known = {field.name: field for field in fields(now)}
    values = {
        parameter.name: checked(known[parameter.name], parameter.value)
        for parameter in given
        if parameter.name in known
    }
    for name in values:
        if change_of(name) == UNCONFIGURED and not is_free:
            raise ConfigurationError(
                f'parameter {name} can only change while the node is unconfigured'
            )
    for name in _MODELS:
        if values.get(name):
            require_known(values[name])
    if {'backend', 'precision'} & values.keys():
        config = {name: values.get(name, getattr(now, name)) for name in ('backend', 'precision')}
        candidates(BackendConfig(**config))
    return values


def needs_loading(before: ManagedParameters, after: ManagedParameters) -> bool:
    """Return whether the models of `before` will not do."""
    return any(change_of(name) == LOADS for name in difference(before, after))


def difference(old: ManagedParameters, new: ManagedParameters) -> dict[str, Any]:
    """Return the values of `new` that `old` does not have."""
    return {
        field.name: getattr(new, field.name)
        for field in fields(new)
        if getattr(new, field.name) != getattr(old, field.name)
    }
