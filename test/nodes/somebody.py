"""A person whom other packages can be told of."""

from dataclasses import replace
from typing import Any

import numpy as np

from ros_vision_perception.core.human import HumanState, Posture, TrackState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.humans import HumansWriter
from test.core.known_people import human, humans
from test.nodes.messages import header, over_the_wire


def somebody(track_id: int = 7, *, in_space: bool = True, **changes: Any) -> HumanState:
    """Return a person whose joints make sense as far as other packages ask."""
    person = human(track_id, in_space=in_space)
    joints = replace(
        person.joints,
        p_visible=np.linspace(0, 1, len(person.joints), dtype=np.float32),
        position_covariances=np.where(
            person.joints.has_3d[:, None, None], np.diag([0.01, 0.04, 0.25]), np.nan
        ).astype(np.float32),
    )
    return replace(person, joints=joints, **changes)


def in_room(*people: HumanState) -> HumanStateArray:
    """Return what is told of people in a frame with z up."""
    message = HumansWriter(BLAZEPOSE33).write(humans(*people), header())
    message.header.frame_id = 'base_link'
    return over_the_wire(message)


def are(messages: list[Any], count: int) -> bool:
    """Return whether there are so many messages."""
    return len(messages) == count


def standing(x: float, y: float, **changes: Any) -> HumanState:
    """Return somebody who stands there in a frame with z up."""
    known: dict[str, Any] = {
        'position_m': np.array([x, y, 0.9], np.float32),
        'position_covariance': (0.01 * np.eye(3)).astype(np.float32),
        'axes': np.eye(3, dtype=np.float32),
        'posture': Posture.STANDING,
        'existence_probability': 1.0,
        'predicted_paths': (),
        'track_state': TrackState.CONFIRMED,
    }
    return somebody(7, **(known | changes))
