"""What is really in a frame, as far as it is known."""

from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import Skeleton


@dataclass(frozen=True)
class Truth:
    """What is really in a frame: N people, K joints each. A row is one person in all frames.

    Attributes:
        skeleton: names the joints.
        joints_xy: (N, K, 2) float64 px; NaN where not known.
        states: (N, K) uint8, a JointState; UNKNOWN where nothing is known, PREDICTED where the
            joint is not seen, and it is not known why.
        occluders: (N, K) int, index of the person who hides the joint, -1 where nobody does, or
            it is not known who.
        areas_px2: (N,) float64, area of the person, hidden parts included.
        is_measured: (N, K) bool, whether the place is known from somewhere else than from the
            model's answer to this very frame, so that errors can be measured by it.
    """

    skeleton: Skeleton
    joints_xy: np.ndarray
    states: np.ndarray
    occluders: np.ndarray
    areas_px2: np.ndarray
    is_measured: np.ndarray

    def in_skeleton(self, skeleton: Skeleton) -> 'Truth':
        """Return the same people in another skeleton; joints that only it has are unknown."""
        theirs = [i for i, name in enumerate(skeleton.joint_names) if name in self._ids]
        ours = [self._ids[skeleton.joint_names[i]] for i in theirs]
        shape = len(self.states), len(skeleton)
        joints, states = np.full((*shape, 2), np.nan), np.full(shape, JointState.UNKNOWN, np.uint8)
        occluders, is_measured = np.full(shape, -1), np.zeros(shape, bool)
        joints[:, theirs], states[:, theirs] = self.joints_xy[:, ours], self.states[:, ours]
        occluders[:, theirs] = self.occluders[:, ours]
        is_measured[:, theirs] = self.is_measured[:, ours]
        return replace(
            self,
            skeleton=skeleton,
            joints_xy=joints,
            states=states,
            occluders=occluders,
            is_measured=is_measured,
        )

    @property
    def _ids(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.skeleton.joint_names)}
