"""One node as a process: from the command line to the exit status."""

from collections.abc import Callable
import os
import sys

import rclpy
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.utilities import remove_ros_args

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes import transport
from ros_vision_perception.nodes.loading import is_any_loading
from ros_vision_perception.nodes.managed import ManagedNode
from ros_vision_perception.nodes.parameter_files import parameters_yaml


def run(name: str, make: Callable[[], ManagedNode], arguments: list[str]) -> None:
    """Make a node and spin it until it is told to end.

    Args:
        name: the command, which is also the name of the node.
        make: makes the node.
        arguments: of the command line: `--help`, or `--ros-args` and what follows it.

    Raises:
        PerceptionError: when the node cannot be configured or its models cannot be loaded.
    """
    if arguments in (['--help'], ['-h']):
        print(f'usage: {name} [--ros-args [-p NAME:=VALUE]... [-r FROM:=TO]...]\n')
        print(parameters_yaml(name), end='')
        return
    transport.prepare()
    try:
        initialise(name, arguments)
        _spin(make())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RuntimeError, NotInitializedException):  # rclpy's other errors are RuntimeErrors
        if rclpy.ok():
            raise
        # Told to end while the node was being made.
    finally:
        rclpy.try_shutdown()
    if is_any_loading():
        # Python would end its thread within the C++ code of a runtime, which aborts the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _spin(node: ManagedNode) -> None:
    try:
        shortage = transport.shared_memory_shortage()
        if shortage:
            node.get_logger().warning(shortage)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        if node.parameters.autostart:
            executor.create_task(node.bring_up)
        executor.spin()
    finally:
        # Else the middleware's 64 MiB of shared memory outlive the process, until a reboot.
        node.destroy_node()


def initialise(name: str, arguments: list[str]) -> None:
    """Begin with ROS: what `--ros-args` says holds for all nodes of this process.

    Raises:
        ConfigurationError: when there are other arguments, or ROS does not accept them.
    """
    try:
        own_arguments = remove_ros_args([name, *arguments])[1:]
        rclpy.init(args=[name, *arguments])
    except RuntimeError as error:  # of which rclpy's errors are kinds
        reason = str(error).partition(', at ')[0]
        raise ConfigurationError(f'ROS does not accept the arguments: {reason}') from error
    if own_arguments:
        raise ConfigurationError(f'got {own_arguments}, expected --help or --ros-args ...')
