"""Parameters from ROS, checked."""

from dataclasses import Field, fields
from typing import TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from ros_vision_perception.nodes.limits import checked, limits
from ros_vision_perception.nodes.parameters import ManagedParameters

Parameters = TypeVar('Parameters', bound=ManagedParameters)

# Parameters that rclpy declares when a topic is subscribed to.
_OVERRIDES = 'qos_overrides.'


def declare(node: Node, parameters: type[Parameters]) -> Parameters:
    """Declare the fields of a parameter class on a node and return what was set.

    A whole number will do for a float. Names that nobody knows are named in the log.

    Raises:
        ConfigurationError: when a value is of the wrong type or not allowed.
    """
    # rclpy says of a bad value neither what was got nor what is allowed, so it is looked at first.
    given = {name: parameter.value for name, parameter in node._parameter_overrides.items()}
    values = {}
    for field in fields(parameters):
        value = checked(field, given.get(field.name, field.default))
        node.declare_parameter(field.name, value, _descriptor(field), ignore_override=True)
        values[field.name] = value
    unknown = [
        name for name in given if not (node.has_parameter(name) or name.startswith(_OVERRIDES))
    ]
    if unknown:
        node.get_logger().warning(
            f'parameters {unknown} are not known and ignored; known: {[*values, "use_sim_time"]}'
        )
    return parameters(**values)


def _descriptor(parameter: Field) -> ParameterDescriptor:
    allowed = limits(parameter)
    descriptor = ParameterDescriptor(
        description=allowed.description,
        additional_constraints=allowed.expectation,
    )
    if allowed.lowest is not None and allowed.highest is not None:
        if isinstance(parameter.default, int):
            descriptor.integer_range = [
                IntegerRange(from_value=int(allowed.lowest), to_value=int(allowed.highest), step=1)
            ]
        else:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=allowed.lowest, to_value=allowed.highest)
            ]
    return descriptor
