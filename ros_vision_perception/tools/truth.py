"""What is really in a frame, as far as it is known."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.skeleton import Skeleton


@dataclass(frozen=True)
class Truth:
    """What is really in a frame: N people, K joints each. A row is one person in all frames.

    Attributes:
        skeleton: names the joints.
        joints_xy: (N, K, 2) float64 px; NaN where not known.
        states: (N, K) uint8, a JointState; UNKNOWN where nothing is known.
        occluders: (N, K) int, index of the person who hides the joint, -1 where nobody does.
        areas_px2: (N,) float64, area of the person, hidden parts included.
    """

    skeleton: Skeleton
    joints_xy: np.ndarray
    states: np.ndarray
    occluders: np.ndarray
    areas_px2: np.ndarray
