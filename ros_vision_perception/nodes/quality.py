"""Quality of service: the presets, and who cannot hear whom because of it."""

from collections.abc import Iterator
from typing import Any

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

# Results must arrive; of images the newest counts.
RELIABLE = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
_NEWEST_WITHOUT_LOSS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
# The presets of parameter `qos`.
_PRESETS = {'sensor': NEWEST, 'reliable': _NEWEST_WITHOUT_LOSS}
# Topics that come with every node.
_OF_ROS = ('/rosout', '/parameter_events', '/clock')


def preset(name: str) -> QoSProfile:
    """Return the quality of a preset; a copy, for overrides are written into it."""
    chosen = _PRESETS[name]
    return QoSProfile(depth=chosen.depth, reliability=chosen.reliability)


def mismatches(node: Node) -> list[str]:
    """Return who cannot hear whom on the topics of a node, each with the cure."""
    return [
        *_mismatches(node.subscriptions, node.get_publishers_info_by_topic, is_input=True),
        *_mismatches(node.publishers, node.get_subscriptions_info_by_topic, is_input=False),
    ]


def _mismatches(ours: Any, others_of: Any, *, is_input: bool) -> Iterator[str]:
    for end in ours:
        topic = end.topic_name
        for other in () if topic in _OF_ROS else others_of(topic):
            pair = (other.qos_profile, end.qos_profile)
            policy = _incompatible(*(pair if is_input else pair[::-1]))
            if policy:
                yield _said(topic, other, end.qos_profile, policy, is_input=is_input)


def _incompatible(offered: QoSProfile, asked: QoSProfile) -> str:
    """Return the first policy in which less is offered than asked for, '' without any."""
    reliability, durability = ReliabilityPolicy, DurabilityPolicy
    if (offered.reliability, asked.reliability) == (reliability.BEST_EFFORT, reliability.RELIABLE):
        return 'reliability'
    if (offered.durability, asked.durability) == (durability.VOLATILE, durability.TRANSIENT_LOCAL):
        return 'durability'
    return ''


def _said(topic: str, other: Any, ours: QoSProfile, policy: str, *, is_input: bool) -> str:
    name = f'{other.node_namespace.rstrip("/")}/{other.node_name}'
    their, our = getattr(other.qos_profile, policy).name, getattr(ours, policy).name
    if not is_input:
        return (
            f'subscriber {name} of {topic} asks for {their}, we offer {our}: ask for {our} there'
        )
    cure = f'let it offer {our}, or set qos_overrides.{topic}.subscription.{policy}'
    if ours.depth == 1 and policy == 'reliability':  # an image, by our presets
        cure = 'set `qos: sensor`'
    return f'publisher {name} of {topic} is {their}, we asked for {our}: {cure}'
