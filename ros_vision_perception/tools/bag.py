"""Write a bag (MCAP) that holds the messages as they came, byte by byte."""

from pathlib import Path

import cv2
import numpy as np
from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin, Writer

from ros_vision_perception.tools.typestore import package_typestore

_JPEG_QUALITY = 92
_FOREVER = QosTime(2147483647, 4294967295)
_NANOSECONDS = 10**9


class BagRecorder:
    """A bag folder with `metadata.yaml` and one .mcap file."""

    def __init__(self, path: Path) -> None:
        """Create the folder `path`, which may not exist yet."""
        self.path = path
        self._typestore = package_typestore()
        # Version 8 of the metadata is the oldest there is to choose, for old releases of ROS 2.
        self._writer = Writer(path, version=8, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._connections: dict[str, Connection] = {}

    def write(
        self, topic: str, message_type: str, stamp_ns: int, data: bytes, *, latched: bool = False
    ) -> None:
        """Append a serialised message.

        Args:
            topic: full name, such as '/humans'.
            message_type: such as 'sensor_msgs/msg/Image'; ROS 2's own or the package's.
            stamp_ns: time of arrival, ns.
            data: CDR, as received.
            latched: whether late subscribers get it too when the bag is played.
        """
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(
                topic,
                message_type,
                typestore=self._typestore,
                offered_qos_profiles=[_quality(latched)],
            )
        self._writer.write(self._connections[topic], stamp_ns, data)

    def write_again(
        self, topic: str, message_type: str, stamp_ns: int, data: bytes, *, latched: bool = False
    ) -> None:
        """Append a message that has the same bytes whenever it says the same; see `write`.

        Between the fields of a serialised message lie bytes that nobody sets.
        """
        message = self._typestore.deserialize_cdr(data, message_type)
        again = bytes(self._typestore.serialize_cdr(message, message_type))
        self.write(topic, message_type, stamp_ns, again, latched=latched)

    def write_jpeg(
        self, topic: str, stamp_ns: int, header: tuple[int, str], image: np.ndarray
    ) -> None:
        """Append an image (H, W, 3) uint8 BGR as a JPEG: raw ones would fill the disk.

        Args:
            topic: full name of a topic of `sensor_msgs/msg/CompressedImage`.
            stamp_ns: time of arrival, ns.
            header: stamp in ns, and frame id.
            image: BGR.
        """
        types = self._typestore.types
        exposure_ns, frame_id = header
        time = types['builtin_interfaces/msg/Time'](*divmod(exposure_ns, _NANOSECONDS))
        _, jpeg = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
        name = 'sensor_msgs/msg/CompressedImage'
        message = types[name](types['std_msgs/msg/Header'](time, frame_id), 'jpeg', jpeg.ravel())
        self.write(topic, name, stamp_ns, bytes(self._typestore.serialize_cdr(message, name)))

    def close(self) -> None:
        """Finish the bag: without this it cannot be read."""
        self._writer.close()


def _quality(latched: bool) -> Qos:
    return Qos(
        QosHistory.KEEP_LAST,
        10,
        QosReliability.RELIABLE,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        _FOREVER,
        _FOREVER,
        QosLiveliness.AUTOMATIC,
        _FOREVER,
        avoid_ros_namespace_conventions=False,
    )
