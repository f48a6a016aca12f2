"""Where people go: hypotheses with positions and covariances."""

from collections.abc import Sequence
from typing import Any

from geometry_msgs.msg import Point, Pose, Quaternion
import numpy as np

from ros_vision_perception.core.human import PredictedPath
from ros_vision_perception.msg import PredictedPath as PredictedPathMsg
from ros_vision_perception.nodes.conversions.lean import lean
from ros_vision_perception.nodes.conversions.stamps import seconds_from_msg, seconds_to_msg

_LeanPath, _LeanPose, _LeanPoint = lean(PredictedPathMsg), lean(Pose), lean(Point)
_TRIANGLE = np.triu_indices(3)
# Nothing is said about where they look; one message serves all.
_UNTURNED = Quaternion()


class PathsWriter:
    """Writes the hypotheses of one person into messages that are kept from frame to frame."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._messages: list[Any] = []

    def write(self, paths: Sequence[PredictedPath]) -> list[Any]:
        """Return a message of each hypothesis, good until the next call."""
        while len(self._messages) < len(paths):
            self._messages.append(_LeanPath())
        for message, path in zip(self._messages, paths, strict=False):
            _write(message, path)
        return self._messages[: len(paths)]


def _write(message: Any, path: PredictedPath) -> None:
    if len(message.poses) != len(path.positions_m):
        message.poses = [
            _LeanPose(position=_LeanPoint(), orientation=_UNTURNED) for _ in path.positions_m
        ]
    message.time_step = seconds_to_msg(path.time_step_s)
    message.confidence = path.confidence
    triangles = path.covariances[:, _TRIANGLE[0], _TRIANGLE[1]].ravel()
    message.position_covariances = triangles.astype(np.float32, copy=False)
    for pose, (x, y, z) in zip(message.poses, path.positions_m.tolist(), strict=True):
        position = pose.position
        position.x = x
        position.y = y
        position.z = z


def path_from_msg(message: Any) -> PredictedPath:
    """Return one hypothesis."""
    positions = [(p.position.x, p.position.y, p.position.z) for p in message.poses]
    triangles = np.array(message.position_covariances, np.float32).reshape(-1, 6)
    covariances = np.empty((len(triangles), 3, 3), np.float32)
    rows, columns = _TRIANGLE
    covariances[:, rows, columns] = triangles
    covariances[:, columns, rows] = triangles
    return PredictedPath(
        seconds_from_msg(message.time_step),
        np.array(positions, np.float32).reshape(-1, 3),
        covariances,
        message.confidence,
    )
