"""What a bag holds for us: its messages in order, read and decoded ahead of their use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection, QosDurability

from ros_vision_perception.core.errors import ConfigurationError, FrameError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.nodes.camera_parts import DepthImage
from ros_vision_perception.nodes.conversions.colour import ColourConverter
from ros_vision_perception.nodes.conversions.images import (
    depth_from_image,
    frame_from_compressed,
    frame_from_image,
)
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from ros_vision_perception.tools.replay.ahead import ahead
from ros_vision_perception.tools.replay.outgoing import Offer
from ros_vision_perception.tools.sources import image_connection
from ros_vision_perception.tools.typestore import package_typestore

IMAGE, INFO, DEPTH, OTHER = 'image', 'camera_info', 'depth', 'other'
# Messages decoded ahead: enough to keep a core busy while another runs the networks.
_AHEAD = 4
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Selection:
    """What to read of a bag.

    Attributes:
        image: topic; '' for the only one.
        camera_info: topic; '' for the one beside the image, where there is one.
        depth: topic; '' for none.
        begin_s, end_s: seconds since the beginning of the bag; None for no limit.
    """

    image: str = ''
    camera_info: str = ''
    depth: str = ''
    begin_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class Decoded:
    """One message of a bag.

    Attributes:
        kind: IMAGE, INFO, DEPTH or OTHER.
        connection: which topic it comes from.
        time_ns: when it was recorded.
        data: as recorded.
        header: of the message; None where it has none, or is of no use to us.
        stamp_ns: of the header; 0 where it cannot be used.
        value: Frame, DepthImage or CameraInfo; or the FrameError that says why it cannot be used;
            None of a message that is of no use to us.
    """

    kind: str
    connection: Connection
    time_ns: int
    data: bytes
    header: Any
    stamp_ns: int
    value: Frame | DepthImage | FrameError | Any


class BagInput:
    """The messages of one bag that a selection names.

    Attributes:
        count: about how many images there are within the limits of time, told by their rate.
        is_ros1: whether the bag is one of ROS 1.
    """

    def __init__(self, reader: AnyReader, path: Path, selection: Selection) -> None:
        """Choose topics; raises ConfigurationError where there is no such one, or no such time."""
        self._reader, self._selection = reader, selection
        self.is_ros1 = not reader.is2
        image = image_connection(reader, path, selection.image or None)
        self.count = round(image.msgcount * _share(reader, path, selection))
        self._kinds = {image.topic: IMAGE}
        info = selection.camera_info or _beside(image.topic)
        topics = {connection.topic for connection in reader.connections}
        for kind, topic, must_be in (
            (INFO, info, bool(selection.camera_info)),
            (DEPTH, selection.depth, bool(selection.depth)),
        ):
            if topic in topics:
                self._kinds[topic] = kind
            elif must_be:
                raise ConfigurationError(
                    f'no topic {topic!r} in {path}; available: {", ".join(sorted(topics))}'
                )

    def offers(self, *, everything: bool) -> dict[str, Offer]:
        """Return the topics by name: those that were chosen, or all."""
        return {
            c.topic: Offer(c.topic, c.msgtype, _is_latched(c))
            for c in self._reader.connections
            if everything or c.topic in self._kinds
        }

    def messages(
        self, report: Callable[[str], object], *, everything: bool = False
    ) -> Iterator[Decoded]:
        """Yield messages in the order of their recording.

        Args:
            report: told of conversions.
            everything: whether to read the topics that nobody chose, too.
        """
        offers = self.offers(everything=everything)
        connections = [c for c in self._reader.connections if c.topic in offers]
        start_ns, selection = self._reader.start_time, self._selection
        decode = _Decoder(self._reader, self._kinds, report)
        raw = self._reader.messages(
            connections,
            start=None if selection.begin_s is None else start_ns + _ns(selection.begin_s),
            stop=None if selection.end_s is None else start_ns + _ns(selection.end_s),
        )
        yield from ahead(lambda: (decode(*message) for message in raw), _AHEAD)


@contextmanager
def open_bag(path: Path, selection: Selection) -> Iterator[BagInput]:
    """Open a bag of ROS 1 or ROS 2, MCAP or SQLite, compressed or not.

    Raises:
        ConfigurationError: when there is no such bag or topic.
    """
    if not path.exists():
        raise ConfigurationError(f'no bag {path}')
    try:
        reader = AnyReader([path], default_typestore=package_typestore())
        reader.open()
    except (AnyReaderError, OSError) as error:
        raise ConfigurationError(f'{path} is not a bag that can be read: {error}') from error
    try:
        yield BagInput(reader, path, selection)
    finally:
        reader.close()


class _Decoder:
    def __init__(
        self, reader: AnyReader, kinds: dict[str, str], report: Callable[[str], object]
    ) -> None:
        self._reader, self._kinds = reader, kinds
        self._convert = ColourConverter(report)

    def __call__(self, connection: Connection, time_ns: int, data: bytes) -> Decoded:
        kind = self._kinds.get(connection.topic, OTHER)
        if kind == OTHER:
            return Decoded(kind, connection, time_ns, data, None, 0, None)
        header, stamp_ns, value = None, 0, None
        try:
            message = self._deserialise(connection, data)
            header, stamp_ns = message.header, stamp_from_header(message.header)
            value = self._value(kind, connection.msgtype, message)
        except FrameError as error:
            value = error
        return Decoded(kind, connection, time_ns, data, header, stamp_ns, value)

    def _deserialise(self, connection: Connection, data: bytes) -> Any:
        try:
            return self._reader.deserialize(data, connection.msgtype)
        except Exception as error:  # bytes that are no message fail anywhere in the library
            raise FrameError(
                'corrupt_message', f'got {len(data)} bytes that are no {connection.msgtype}'
            ) from error

    def _value(self, kind: str, message_type: str, message: Any) -> Any:
        if kind == INFO:
            # ROS 1 has D, K, R and P where ROS 2 has d, k, r and p.
            return SimpleNamespace(**{name.lower(): v for name, v in vars(message).items()})
        if kind == DEPTH:
            return DepthImage(message.header.frame_id, depth_from_image(message))
        if message_type.endswith('CompressedImage'):
            return frame_from_compressed(message)
        return frame_from_image(message, self._convert)


def _beside(image_topic: str) -> str:
    """Return where the intrinsics of an image topic are by convention (REP 2008)."""
    return image_topic.removesuffix('/compressed').rpartition('/')[0] + '/camera_info'


def _is_latched(connection: Connection) -> bool:
    # Bags of ROS 1 know of no quality of service.
    profiles = getattr(connection.ext, 'offered_qos_profiles', ())
    return any(quality.durability == QosDurability.TRANSIENT_LOCAL for quality in profiles)


def _share(reader: AnyReader, path: Path, selection: Selection) -> float:
    """Return how much of the bag lies within the limits of time, 0 to 1."""
    length_s = reader.duration / _NANOSECONDS
    begin_s, end_s = selection.begin_s or 0.0, selection.end_s
    if begin_s > length_s:
        raise ConfigurationError(f'--from: got {begin_s:g}, {path} is {length_s:.1f} s long')
    if length_s == 0:
        return 1.0
    return (min(length_s if end_s is None else end_s, length_s) - begin_s) / length_s


def _ns(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
