"""What processes that a tool starts inherit from it."""

import os
import random

from ros_vision_perception.nodes import transport

# ROS_DOMAIN_ID: 0 is everybody's, and above 101 some systems use the ports for something else.
_DOMAINS = range(1, 102)


def prepare_environment() -> None:
    """Set what the nodes inherit, unless the user chose otherwise: network, domain, transport."""
    if 'ROS_DOMAIN_ID' not in os.environ:
        os.environ['ROS_DOMAIN_ID'] = str(random.choice(_DOMAINS))
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    transport.prepare()
    os.environ.update(transport.environment())
