"""Times: nanoseconds as integers on our side, seconds and nanoseconds on that of ROS."""

from typing import Any

from builtin_interfaces.msg import Duration, Time
from std_msgs.msg import Header

from ros_vision_perception.core.errors import FrameError

_SECOND_NS = 1_000_000_000


def stamp_from_header(header: Any) -> int:
    """Return the stamp of a header in nanoseconds.

    Raises:
        FrameError: for the stamp zero, which means that the sender did not set it: results could
            neither be joined nor placed in time.
    """
    stamp_ns = header.stamp.sec * _SECOND_NS + header.stamp.nanosec
    if stamp_ns <= 0:
        raise FrameError('zero_stamp', 'the header has no stamp; set header.stamp in the driver')
    return stamp_ns


def time_to_msg(stamp_ns: int) -> Time:
    """Return a time since the epoch."""
    sec, nanosec = divmod(stamp_ns, _SECOND_NS)
    return Time(sec=sec, nanosec=nanosec)


def make_header(stamp_ns: int, frame_id: str = '') -> Header:
    """Return the header of a message about `stamp_ns`, in the frame `frame_id`."""
    return Header(stamp=time_to_msg(stamp_ns), frame_id=frame_id)


def duration_to_msg(duration_ns: int) -> Duration:
    """Return a duration; one before zero has negative `sec` and positive `nanosec`."""
    sec, nanosec = divmod(duration_ns, _SECOND_NS)
    return Duration(sec=sec, nanosec=nanosec)


def seconds_to_msg(seconds: float) -> Duration:
    """Return a duration to the nearest nanosecond."""
    return duration_to_msg(round(seconds * _SECOND_NS))


def seconds_from_msg(duration: Any) -> float:
    """Return a duration in seconds."""
    return duration.sec + duration.nanosec / _SECOND_NS
