"""Results in a frame of the robot or of its map, as TF has it at the time of the image."""

from dataclasses import replace
from importlib import import_module
import threading
from typing import Any

from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.time import Time

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.frames import in_frame
from ros_vision_perception.core.human import Humans
from ros_vision_perception.nodes.conversions.rotations import transform_from_msg
from ros_vision_perception.nodes.conversions.stamps import make_header, stamp_from_header
from ros_vision_perception.nodes.health import Problem


class TargetFrame:
    """Takes people to the frame that is configured, or leaves them where they are and says so."""

    def __init__(self, node: Node, frame_id: str, wait_ms: float) -> None:
        """Give people in `frame_id`, unless it is ''; wait up to `wait_ms` for each transform.

        Raises:
            ConfigurationError: without tf2_ros.
        """
        self._frame_id = frame_id
        self._patience = Duration(nanoseconds=int(wait_ms * 1e6))
        self._missed = self._told = 0
        self._reason = ''
        self._ear = _Ear(node) if frame_id else None

    def open(self) -> None:
        """Listen to TF. Whoever calls this must call `close` before the node is destroyed."""
        if self._ear is not None:
            self._ear.open()

    def place(self, humans: Humans, header: Any) -> tuple[Humans, Any]:
        """Return the people in the target frame, and the header of that.

        Args:
            humans: in the frame of the camera.
            header: of the image.
        """
        if self._ear is None or header.frame_id == self._frame_id:
            return humans, header
        try:
            transform = self._ear.transform(self._frame_id, header, self._patience)
        except self._ear.errors as error:
            self._missed += 1
            self._reason = str(error)
            reason = f'no transform from {header.frame_id!r} to {self._frame_id}'
            reasons = [known for known in (humans.degraded_reason, reason) if known]
            return replace(humans, degraded_reason='; '.join(reasons)), header
        placed = in_frame(humans, transform_from_msg(transform.transform))
        return placed, make_header(stamp_from_header(header), self._frame_id)

    def close(self) -> None:
        """Stop listening, also if it never began."""
        if self._ear is not None:
            self._ear.close()

    def counts(self) -> dict[str, int]:
        """Return how many results stayed in the frame of the camera."""
        return {'missed_transform': self._missed} if self._ear else {}

    def values(self) -> dict[str, str]:
        """Return the target frame."""
        return {'target_frame': self._frame_id} if self._ear else {}

    def problems(self) -> list[Problem]:
        """Return why results stayed in the frame of the camera since the last call."""
        fresh, self._told = self._missed - self._told, self._missed
        if not fresh:
            return []
        text = (
            f'{fresh} results stayed in the frame of the camera: {self._reason}; cure: publish '
            f'the transform up to the stamps of the images, or wait longer by tf_wait_ms'
        )
        return [Problem('missed_transform', text)]


class _Ear:
    """Hears TF in a thread of its own: that of the node is busy with images.

    Attributes:
        errors: what `transform` raises where there is none.
    """

    def __init__(self, node: Node) -> None:
        try:
            tf2_ros = import_module('tf2_ros')
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                'target_frame: no package tf2_ros; cure: apt install ros-$ROS_DISTRO-tf2-ros-py'
            ) from error
        self.errors = tf2_ros.TransformException
        name = f'{node.get_name()}_tf'
        self._node = Node(
            name,
            namespace=node.get_namespace(),
            context=node.context,
            # A launch file renames all nodes of a process to one name; not this one.
            cli_args=['--ros-args', '-r', f'__node:={name}'],
            enable_rosout=False,
            start_parameter_services=False,
        )
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, self._node, spin_thread=False)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name='tf', daemon=True)

    def open(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def transform(self, frame_id: str, header: Any, patience: Duration) -> Any:
        """Return the transform from the frame of a header, at its stamp, to another."""
        stamp = Time.from_msg(header.stamp)
        return self._buffer.lookup_transform(frame_id, header.frame_id, stamp, patience)

    def close(self) -> None:
        """End the thread."""
        self._executor.shutdown()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        self._node.destroy_node()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return
