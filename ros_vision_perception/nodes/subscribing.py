"""Subscriptions that say what goes wrong, on every supported distribution."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_policy_name_from_kind
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
    cure: str = 'let the publisher offer it',
) -> Subscription:
    """Subscribe, and log which publishers cannot be heard and what to do about it.

    Args:
        node: whose topic names and executor are used.
        kind: type of the messages.
        topic: name.
        callback: gets each message and its message info, empty where rclpy gives none.
        quality: quality of service to ask for.
        on_lost: gets the number of messages that the middleware has just lost, where it can tell.
        cure: what to do about a publisher that does not offer the quality that is asked for.
    """

    def on_incompatible(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        node.get_logger().warning(
            f'a publisher of {topic} is not heard: it does not offer the {policy} that is asked '
            f'for; cure: {cure}'
        )

    def on_message(message: Any) -> None:
        callback(message, {})

    # rclpy of ROS 2 Humble has no message info.
    receive: Any = callback if hasattr(Subscription, 'CallbackType') else on_message
    for message_lost in (lambda event: on_lost(event.total_count_change), None):
        events = SubscriptionEventCallbacks(
            incompatible_qos=on_incompatible, message_lost=message_lost
        )
        try:
            return node.create_subscription(
                kind,
                topic,
                receive,
                quality,
                event_callbacks=events,
            )
        except UnsupportedEventTypeError:
            continue  # this middleware cannot tell what it loses
    return node.create_subscription(kind, topic, receive, quality)
