"""Nodes as a process: from the command line to the exit status."""

from collections.abc import Callable, Sequence
import os
import sys
import threading

import rclpy
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.task import Future
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
    run_side_by_side(name, [make], arguments)


def run_side_by_side(
    name: str, makes: Sequence[Callable[[], ManagedNode]], arguments: list[str]
) -> None:
    """Make several nodes and spin each in a thread of its own; all end with the first.

    Args:
        name: the command.
        makes: each makes a node.
        arguments: of the command line: `--ros-args` and what follows it.

    Raises:
        PerceptionError: when a node cannot be configured or its models cannot be loaded.
    """
    transport.prepare()
    try:
        initialise(name, arguments)
        _spin(makes)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RuntimeError, NotInitializedException):  # rclpy's other errors are RuntimeErrors
        if rclpy.ok():
            raise
        # Told to end while a node was being made.
    finally:
        rclpy.try_shutdown()
    if is_any_loading():
        # Nobody wants it any more, and Python would wait for its end.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _spin(makes: Sequence[Callable[[], ManagedNode]]) -> None:
    nodes: list[ManagedNode] = []
    spins: list[_Spin] = []
    end: Future[None] = Future()
    try:
        nodes += (make() for make in makes)
        shortage = transport.shared_memory_shortage()
        if shortage:
            nodes[0].get_logger().warning(shortage)
        spins += (_Spin(node, end) for node in nodes)
        for other in spins[1:]:
            other.start()
        spins[0].run()
    finally:
        end.set_result(None)
        for other in spins[1:]:
            other.join()
        # Else the middleware's 64 MiB of shared memory outlive the process, until a reboot.
        for node in nodes:
            node.destroy_node()
    for failure in (spin.failure for spin in spins if spin.failure):
        raise failure


class _Spin(threading.Thread):
    """A node at work, in this thread or in one of its own, until it fails or all end.

    Attributes:
        failure: what was wrong with it.
    """

    def __init__(self, node: ManagedNode, end: Future) -> None:
        super().__init__(daemon=True)
        self.failure: Exception | None = None
        self._node, self._end = node, end

    def run(self) -> None:
        executor = SingleThreadedExecutor()
        executor.add_node(self._node)
        if self._node.parameters.autostart:
            executor.create_task(self._node.bring_up)
        try:
            executor.spin_until_future_complete(self._end)
        except ExternalShutdownException:
            pass
        except Exception as error:  # raised again when all have ended
            self.failure = error
        finally:
            # Not by leaving ROS: who makes something at that moment would crash.
            self._end.set_result(None)


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
