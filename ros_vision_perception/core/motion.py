"""How the joints of people move in the image: what is known of it, and how surely."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ros_vision_perception.core.body_prior import GROUPS


@dataclass(frozen=True)
class JointMotion:
    """Where the K joints of T people are in the image, and how they move.

    Attributes:
        habits_xy: (T, K, 2) float64 px, where each joint usually is, from the body.
        habit_s: (T, K) float64 s, the time over which that was seen, at most `HABIT_S`.
        strays: (T, K) float64 px^2, variance of how far each joint strays from there, unless seen.
        surprises: (T, K) float64 px^2, how far, squared, the pose model lately had the joint from
            where it was expected.
        flipped_s: (T, G) float64 s, for how long left and right of a group have looked swapped.
        means: (T, 2, K + 1, 2) float64, how far the K joints stray from there, px, and where the
            body is, px; then the velocities of these, px/s.
        covariances: (T, 2 (K + 1), 2 (K + 1)) float64 of the same, for x and for y alike.
    """

    habits_xy: np.ndarray
    habit_s: np.ndarray
    strays: np.ndarray
    surprises: np.ndarray
    flipped_s: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @cached_property
    def positions_xy(self) -> np.ndarray:
        """(T, K, 2) px."""
        return self.habits_xy + self.means[:, 0, :-1] + self.means[:, 0, -1:]

    @cached_property
    def velocities(self) -> np.ndarray:
        """(T, K, 2) px/s."""
        return self.means[:, 1, :-1] + self.means[:, 1, -1:]

    @cached_property
    def position_variances(self) -> np.ndarray:
        """(T, K) px^2, for x and for y alike."""
        return self._variances(0)

    @cached_property
    def velocity_variances(self) -> np.ndarray:
        """(T, K) px^2/s^2, for x and for y alike."""
        return self._variances(1)

    def difference_variances(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the (T, P) variances, px^2, of the differences between P joints and P others."""
        block = blocks_of(self.covariances)[:, 0, :, 0]
        return block[:, first, first] + block[:, second, second] - 2 * block[:, first, second]

    def with_joints(self, order: np.ndarray) -> 'JointMotion':
        """Return the same people, whose joint k was joint `order[t, k]` (T, K)."""
        people, joints = order.shape
        order = np.concatenate((order, np.full((people, 1), joints)), axis=1)
        everything = np.concatenate((order, order + joints + 1), axis=1)
        rows = np.take_along_axis(self.covariances, everything[..., None], axis=1)
        return JointMotion(
            np.take_along_axis(self.habits_xy, order[:, :-1, None], axis=1),
            np.take_along_axis(self.habit_s, order[:, :-1], axis=1),
            np.take_along_axis(self.strays, order[:, :-1], axis=1),
            np.take_along_axis(self.surprises, order[:, :-1], axis=1),
            self.flipped_s,
            np.take_along_axis(self.means, order[:, None, :, None], axis=2),
            np.take_along_axis(rows, everything[:, None], axis=2),
        )

    def _variances(self, order: int) -> np.ndarray:
        block = blocks_of(self.covariances)[:, order, :, order]
        own = block.diagonal(0, 1, 2)
        return own[:, :-1] + own[:, -1:] + 2 * block[:, :-1, -1]


def nobody(joints: int) -> JointMotion:
    """Return the motion of zero people with K joints."""
    size = 2 * (joints + 1)
    return JointMotion(
        np.empty((0, joints, 2)),
        np.empty((0, joints)),
        np.empty((0, joints)),
        np.empty((0, joints)),
        np.empty((0, len(GROUPS))),
        np.empty((0, 2, joints + 1, 2)),
        np.empty((0, size, size)),
    )


def blocks_of(covariances: np.ndarray) -> np.ndarray:
    """Return a view (T, 2, K + 1, 2, K + 1) of covariances."""
    count = covariances.shape[-1] // 2
    return covariances.reshape(len(covariances), 2, count, 2, count)
