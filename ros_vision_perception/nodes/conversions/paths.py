"""Where people go: hypotheses with positions and covariances."""

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


def path_to_msg(path: PredictedPath) -> Any:
    """Return the message of one hypothesis."""
    poses = [
        _LeanPose(position=_LeanPoint(x=x, y=y, z=z), orientation=_UNTURNED)
        for x, y, z in path.positions_m.tolist()
    ]
    return _LeanPath(
        time_step=seconds_to_msg(path.time_step_s),
        poses=poses,
        position_covariances=path.covariances[:, _TRIANGLE[0], _TRIANGLE[1]].ravel().tolist(),
        confidence=path.confidence,
    )


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
