"""What people did, as messages."""

from typing import Any

from ros_vision_perception.core.human import Event
from ros_vision_perception.msg import HumanEvent, HumanEventArray
from ros_vision_perception.nodes.conversions.stamps import time_to_msg


def events_to_msg(events: tuple[Event, ...], header: Any) -> HumanEventArray:
    """Return the events that the image with this header showed to be over."""
    return HumanEventArray(header=header, events=[_event(event) for event in events])


def _event(event: Event) -> HumanEvent:
    return HumanEvent(
        track_id=event.track_id,
        activity=event.activity,
        start=time_to_msg(event.start_ns),
        end=time_to_msg(event.end_ns),
        confidence=float(event.confidence),
        joints_seen=list(event.joints_seen),
    )
