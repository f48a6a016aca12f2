"""People in another frame than that of the camera."""

from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.human import Humans, HumanState, Joints, PredictedPath


@dataclass(frozen=True)
class RigidTransform:
    """Takes what is known in one frame to another.

    Attributes:
        rotation: (3, 3) float64, whose columns are the axes of the first in the second.
        translation_m: (3,) float64 m, where the origin of the first is in the second.
    """

    rotation: np.ndarray
    translation_m: np.ndarray

    def points(self, points_m: np.ndarray) -> np.ndarray:
        """Return points (..., 3) m, float32."""
        return (points_m @ self.rotation.T + self.translation_m).astype(np.float32)

    def vectors(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors (..., 3), float32: they have no place."""
        return (vectors @ self.rotation.T).astype(np.float32)

    def covariances(self, covariances: np.ndarray) -> np.ndarray:
        """Return covariances (..., 3, 3), float32."""
        turned = self.rotation @ covariances @ self.rotation.T
        return ((turned + np.swapaxes(turned, -1, -2)) / 2).astype(np.float32)


def in_frame(humans: Humans, target_from_camera: RigidTransform) -> Humans:
    """Return the same people with everything in metres in another frame; pixels stay.

    Velocities are turned, and remain those against the camera: how that moves, nobody says.
    """
    people = tuple(_person(human, target_from_camera) for human in humans.people)
    return replace(humans, people=people)


def _person(human: HumanState, to: RigidTransform) -> HumanState:
    return replace(
        human,
        joints=_joints(human.joints, to),
        position_m=to.points(human.position_m),
        position_covariance=to.covariances(human.position_covariance),
        velocity_mps=to.vectors(human.velocity_mps),
        velocity_covariance=to.covariances(human.velocity_covariance),
        axes=(to.rotation @ human.axes).astype(np.float32),
        orientation_covariance=to.covariances(human.orientation_covariance),
        pointing_origin_m=to.points(human.pointing_origin_m),
        pointing_direction=to.vectors(human.pointing_direction),
        predicted_paths=tuple(_path(path, to) for path in human.predicted_paths),
    )


def _joints(joints: Joints, to: RigidTransform) -> Joints:
    return replace(
        joints,
        positions_m=to.points(joints.positions_m),
        position_covariances=to.covariances(joints.position_covariances),
        velocities=to.vectors(joints.velocities),
        velocity_covariances=to.covariances(joints.velocity_covariances),
    )


def _path(path: PredictedPath, to: RigidTransform) -> PredictedPath:
    return replace(
        path,
        positions_m=to.points(path.positions_m),
        covariances=to.covariances(path.covariances),
    )
