"""Subscriptions that say what goes wrong, on every supported distribution."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError


def subscribe(
    node: Node,
    kind: type,
    topic: str,
    callback: Callable[[Any, dict], None],
    quality: QoSProfile,
    on_lost: Callable[[int], None] = lambda _count: None,
) -> Subscription:
    """Subscribe with message info and news of losses, as far as the distribution has them.

    Args:
        node: whose topic names and executor are used.
        kind: type of the messages.
        topic: name.
        callback: gets each message and its message info, empty where rclpy gives none.
        quality: quality of service to ask for; parameters `qos_overrides.TOPIC.subscription...`
            override it.
        on_lost: gets the number of messages that the middleware has just lost, where it can tell.
    """

    def on_message(message: Any) -> None:
        callback(message, {})

    # rclpy of ROS 2 Humble has no message info.
    receive: Any = callback if hasattr(Subscription, 'CallbackType') else on_message
    events = SubscriptionEventCallbacks(
        incompatible_qos=lambda _event: None,  # told by `quality.mismatches`, with names
        message_lost=lambda event: on_lost(event.total_count_change),
    )
    overrides = QoSOverridingOptions.with_default_policies()
    options: Any = {'qos_overriding_options': overrides, 'event_callbacks': events}
    try:
        return node.create_subscription(kind, topic, receive, quality, **options)
    except UnsupportedEventTypeError:  # this middleware cannot tell what it loses
        del options['event_callbacks']
        return node.create_subscription(kind, topic, receive, quality, **options)
