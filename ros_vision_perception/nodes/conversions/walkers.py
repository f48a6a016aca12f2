"""People as `people_msgs` has them, for social costmap layers."""

from types import ModuleType
from typing import Any

import numpy as np

from ros_vision_perception.core.human import HumanState
from ros_vision_perception.nodes.conversions.people_poses import point_to_msg


def people_to_msg(people_msgs: ModuleType, people: list[HumanState], header: Any) -> Any:
    """Return a People message of everyone whose position in metres is known.

    Tags are the state of the track and the posture. An unknown velocity is 0.
    """
    return people_msgs.People(
        header=header, people=[_person(people_msgs, human) for human in people if human.has_3d]
    )


def _person(people_msgs: ModuleType, human: HumanState) -> Any:
    return people_msgs.Person(
        name=str(human.track_id),
        position=point_to_msg(human.position_m),
        velocity=point_to_msg(np.nan_to_num(human.velocity_mps)),
        reliability=float(human.existence_probability),
        tagnames=['track_state', 'posture'],
        tags=[human.track_state.name, human.posture.name],
    )
