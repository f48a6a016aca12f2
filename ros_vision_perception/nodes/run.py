"""One node as a process: from the command line to the exit status."""

from collections.abc import Callable

import rclpy
from rclpy._rclpy_pybind11 import RCLError
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.utilities import remove_ros_args

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes import transport
from ros_vision_perception.nodes.parameters import parameters_yaml


def run(name: str, make: Callable[[], Node], arguments: list[str]) -> None:
    """Make a node and spin it until it is told to end.

    Args:
        name: the command, which is also the name of the node.
        make: makes the node; may take as long as loading models takes.
        arguments: of the command line: `--help`, or `--ros-args` and what follows it.

    Raises:
        PerceptionError: when the node cannot be configured or its models cannot be loaded.
    """
    own_arguments = remove_ros_args(arguments)
    if own_arguments in (['--help'], ['-h']):
        print(f'usage: {name} [--ros-args [-p NAME:=VALUE]... [-r FROM:=TO]...]\n')
        print(parameters_yaml(name), end='')
        return
    if own_arguments:
        raise ConfigurationError(f'got {own_arguments}, expected --help or --ros-args ...')
    transport.prepare()
    try:
        rclpy.init(args=[name, *arguments])
        node = make()
        shortage = transport.shared_memory_shortage()
        if shortage:
            node.get_logger().warning(shortage)
        rclpy.spin(node)
    except RCLError as error:
        if rclpy.ok():
            raise
        raise ConfigurationError(str(error).partition(', at ')[0]) from error
    except (KeyboardInterrupt, ExternalShutdownException):
        return
    finally:
        rclpy.try_shutdown()
