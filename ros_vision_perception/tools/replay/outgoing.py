"""What a replay gives, wherever it goes: to a bag, or to whoever listens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """A topic on which messages will come.

    Attributes:
        topic: full name, such as '/humans'.
        message_type: such as 'sensor_msgs/msg/Image'.
        is_latched: whether late subscribers get the last message too.
    """

    topic: str
    message_type: str
    is_latched: bool = False


@dataclass(frozen=True)
class Outgoing:
    """One message.

    Attributes:
        offer: the topic.
        time_ns: when it was recorded; of a result, when its image was.
        data: CDR.
        is_result: whether it was made now; else it is one of the bag, as recorded.
    """

    offer: Offer
    time_ns: int
    data: bytes
    is_result: bool
