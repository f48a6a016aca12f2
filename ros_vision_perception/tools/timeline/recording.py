"""What a bag of results says about everyone in it, over time."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError

from ros_vision_perception.core.activity import LAG_S, LATE
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.core.events import PAUSE_NS
from ros_vision_perception.core.human import Event
from ros_vision_perception.tools.typestore import PACKAGE, package_typestore

_HUMANS, _EVENTS = f'{PACKAGE}/msg/HumanStateArray', f'{PACKAGE}/msg/HumanEventArray'
_NANOSECONDS = 10**9


@dataclass(frozen=True)
class Athlete:
    """Where one person was, at the F images after which they were known.

    Attributes:
        track_id: who.
        times_s: (F,) float64 s, since the first image of the recording.
        until_s: (F,) float64 s, when the next image was, or the last one.
        states: (F,) uint8, values of TrackState.
        positions_m: (F, 3) float64 m, in one frame; NaN where unknown.
        deviations_m: (F,) float64 m, the largest standard deviation of the position.
    """

    track_id: int
    times_s: np.ndarray
    until_s: np.ndarray
    states: np.ndarray
    positions_m: np.ndarray
    deviations_m: np.ndarray


@dataclass(frozen=True)
class Recording:
    """Everyone, and everything they did.

    Attributes:
        begin_ns: stamp of the first image.
        duration_s: until the last one.
        athletes: by track id.
        events: that are over, in the order in which they were told.
        going_on: what was not over yet when the recording ended, its end that of the recording.
    """

    begin_ns: int
    duration_s: float
    athletes: tuple[Athlete, ...]
    events: tuple[Event, ...]
    going_on: tuple[Event, ...]

    def seconds(self, stamp_ns: int) -> float:
        """Return the time since the first image, s."""
        return (stamp_ns - self.begin_ns) / _NANOSECONDS


def read(path: Path, topic: str | None, show: Callable[[int, int], object]) -> Recording:
    """Read the results in a bag of ROS 2, as of `replay` or `ros2 bag record`.

    Args:
        path: of the bag.
        topic: of the people; None for the only one. Events are on the topic beside it.
        show: told how many messages were read, and of how many.

    Raises:
        ConfigurationError: when there are no results to be read.
    """
    if not path.exists():
        raise ConfigurationError(f'no bag {path}')
    try:
        with AnyReader([path], default_typestore=package_typestore()) as reader:
            humans = _topic(reader, path, topic)
            events = f'{humans.rpartition("/")[0]}/events'
            chosen = [
                c
                for c in reader.connections
                if (c.topic, c.msgtype) in ((humans, _HUMANS), (events, _EVENTS))
            ]
            of, gathered = sum(c.msgcount for c in chosen), _Gathered()
            for done, (connection, _, data) in enumerate(reader.messages(chosen), 1):
                message: Any = reader.deserialize(data, connection.msgtype)
                if connection.msgtype == _HUMANS:
                    gathered.add_people(message)
                else:
                    gathered.events += map(_event, message.events)
                show(done, of)
    except (AnyReaderError, OSError) as error:
        raise ConfigurationError(f'{path} is not a bag that can be read: {error}') from error
    return gathered.recording()


def _topic(reader: AnyReader, path: Path, topic: str | None) -> str:
    topics = sorted({c.topic for c in reader.connections if c.msgtype == _HUMANS and c.msgcount})
    if topic in topics:
        return topic
    if topic is None and len(topics) == 1:
        return topics[0]
    wanted = f'no people on topic {topic!r}' if topic else 'no single topic of people'
    raise ConfigurationError(
        f'{wanted} in {path}; --topic can be: {", ".join(topics) or "none, it has no results"}'
    )


def _event(message: Any) -> Event:
    return Event(
        message.track_id,
        message.activity,
        _ns(message.start),
        _ns(message.end),
        float(message.confidence),
        tuple(message.joints_seen),
    )


def _ns(time: Any) -> int:
    return time.sec * _NANOSECONDS + time.nanosec


@dataclass
class _Open:
    """What goes on: first and last stamp, ns, and the sum of the probabilities of all images."""

    first_ns: int
    last_ns: int
    images: int = 0
    confidence: float = 0.0


class _Gathered:
    """What was read so far."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._stamps_ns: list[int] = []
        self._frames: list[str] = []
        # Per person, and image: number of the image, state, position and covariance.
        self._people: dict[int, list[tuple[int, int, Any, Any]]] = {}
        self._open: dict[tuple[int, str], _Open] = {}

    def add_people(self, message: Any) -> None:
        """Take in one HumanStateArray."""
        stamp_ns = _ns(message.header.stamp)
        if self._stamps_ns and stamp_ns <= self._stamps_ns[-1]:
            raise ConfigurationError(
                f'stamp {stamp_ns} comes after {self._stamps_ns[-1]}: the bag holds several '
                'recordings, in which ids mean different people; make one bag of each'
            )
        number = len(self._stamps_ns)
        self._stamps_ns.append(stamp_ns)
        self._frames.append(message.header.frame_id)
        for human in message.humans:
            row = number, human.track_state, *_position(human)
            self._people.setdefault(human.track_id, []).append(row)
            for name, confidence in zip(human.activities, human.activity_confidences, strict=True):
                self._go_on(human.track_id, name, float(confidence), stamp_ns)

    def recording(self) -> Recording:
        """Return all of it; there was an image."""
        return Recording(
            self._stamps_ns[0],
            (self._stamps_ns[-1] - self._stamps_ns[0]) / _NANOSECONDS,
            tuple(self._athlete(track_id) for track_id in sorted(self._people)),
            tuple(self.events),
            tuple(self._going_on()),
        )

    def _go_on(self, track_id: int, name: str, confidence: float, stamp_ns: int) -> None:
        one = self._open.get((track_id, name))
        if one is None or stamp_ns - one.last_ns > PAUSE_NS:
            one = self._open[track_id, name] = _Open(stamp_ns, stamp_ns)
        one.last_ns = stamp_ns
        one.images += 1
        one.confidence += confidence

    def _going_on(self) -> Iterator[Event]:
        last_ns = self._stamps_ns[-1]
        for (track_id, name), one in self._open.items():
            if one.images > 1 and last_ns - one.last_ns <= PAUSE_NS:
                # Said late, and dated back, as events are.
                first_ns = one.first_ns - (round(LAG_S * _NANOSECONDS) if name in LATE else 0)
                yield Event(track_id, name, first_ns, last_ns, one.confidence / one.images, ())

    def _athlete(self, track_id: int) -> Athlete:
        images, states, positions, covariances = zip(*self._people[track_id], strict=True)
        stamps_ns, numbers = np.array(self._stamps_ns, np.int64), np.array(images)
        times_s = (stamps_ns - stamps_ns[0]) / _NANOSECONDS
        places = np.array(positions, np.float64)
        variances = np.array(covariances, np.float64)
        # Without a transform people stay in the frame of the camera: another place altogether.
        usual = Counter(self._frames).most_common(1)[0][0]
        places[[self._frames[number] != usual for number in images]] = np.nan
        known = np.isfinite(places).all(axis=1)
        known &= np.isfinite(variances).all(axis=(1, 2))
        places[~known] = np.nan
        deviations = np.full(len(places), np.nan)
        deviations[known] = np.sqrt(np.linalg.eigvalsh(variances[known])[:, -1].clip(0))
        return Athlete(
            track_id,
            times_s[numbers],
            times_s[np.minimum(numbers + 1, len(times_s) - 1)],
            np.array(states, np.uint8),
            places,
            deviations,
        )


def _position(human: Any) -> tuple[tuple[float, float, float], np.ndarray]:
    """Return where somebody is, m, and the covariance (3, 3), m^2."""
    if not human.has_3d:
        return (np.nan, np.nan, np.nan), np.full((3, 3), np.nan)
    place = human.pose.pose.position
    return (place.x, place.y, place.z), human.pose.covariance.reshape(6, 6)[:3, :3]
