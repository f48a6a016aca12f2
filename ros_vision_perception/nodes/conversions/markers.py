"""People as markers, for RViz and Foxglove: what `render/figures.py` makes of them, as messages.

A marker keeps its namespace and id as long as its person: a viewer replaces it, and can switch
off all markers of a namespace.
"""

from collections.abc import Iterable
from typing import Any

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Pose, Vector3
import numpy as np
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

from ros_vision_perception.core.human import JointState
from ros_vision_perception.nodes.conversions.lean import lean
from ros_vision_perception.nodes.conversions.people_poses import point_to_msg
from ros_vision_perception.nodes.conversions.rotations import quaternion_to_msg
from ros_vision_perception.render.figures import LIMBS, Figure
from ros_vision_perception.render.palette import STATE_COLORS

BONES, JOINTS, ELLIPSOIDS, LABELS, PATHS = 'bones', 'joints', 'covariances', 'labels', 'paths'
# Ids of one person in a namespace: the body, and after it the limbs; or the hypotheses.
_IDS = 1 + len(LIMBS)
_BONE_M, _JOINT_M, _PATH_M, _LABEL_M = 0.025, 0.05, 0.02, 0.15
_CLEAR = 0.2
# What nobody replaces or deletes, since the node is gone or hears nothing any more, vanishes.
_LIFETIME = Duration(sec=2)
_LeanPoint = lean(Point)


def _color(rgb: tuple[int, int, int], alpha: float = 1.0) -> ColorRGBA:
    red, green, blue = (value / 255 for value in rgb)
    return ColorRGBA(r=red, g=green, b=blue, a=alpha)


_WHITE = (255, 255, 255)
_LABEL_COLORS = {
    False: _color(_WHITE),
    True: _color(STATE_COLORS[JointState.PREDICTED]),
}
# One message for each colour serves all points.
_SOLID = [_color(STATE_COLORS[state]) for state in sorted(JointState)]
_FAINT = [_color(STATE_COLORS[state], _CLEAR) for state in sorted(JointState)]


def figure_to_msgs(figure: Figure, header: Any) -> list[Marker]:
    """Return the markers of one person."""
    return [
        marker
        for marker in (
            _bones(figure, header),
            _joints(figure, header),
            *_ellipsoids(figure, header),
            _label(figure, header),
            *_paths(figure, header),
        )
        # RViz calls lines without points an error.
        if marker.points or marker.type in (Marker.SPHERE, Marker.TEXT_VIEW_FACING)
    ]


def deletions_to_msgs(gone: Iterable[tuple[str, int]], header: Any) -> list[Marker]:
    """Return what removes the markers of these namespaces and ids."""
    return [
        Marker(header=header, ns=namespace, id=number, action=Marker.DELETE)
        for namespace, number in gone
    ]


def _marker(kind: int, namespace: str, number: int, scale_m: Any, header: Any) -> Marker:
    x, y, z = scale_m
    return Marker(
        header=header,
        ns=namespace,
        id=number,
        type=kind,
        action=Marker.ADD,
        scale=Vector3(x=x, y=y, z=z),
        lifetime=_LIFETIME,
    )


def _bones(figure: Figure, header: Any) -> Marker:
    number = figure.track_id * _IDS
    marker = _marker(Marker.LINE_LIST, BONES, number, (_BONE_M, 0.0, 0.0), header)
    marker.points = _points(figure.bones_m.reshape(-1, 3))
    marker.colors = [_SOLID[state] for state in figure.bone_states.ravel().tolist()]
    return marker


def _joints(figure: Figure, header: Any) -> Marker:
    number = figure.track_id * _IDS
    marker = _marker(Marker.SPHERE_LIST, JOINTS, number, (_JOINT_M,) * 3, header)
    marker.points = _points(figure.joints_m)
    marker.colors = [_SOLID[state] for state in figure.joint_states.tolist()]
    return marker


def _ellipsoids(figure: Figure, header: Any) -> list[Marker]:
    markers = []
    shapes = figure.ellipsoids
    diameters = (2 * shapes.radii_m).tolist()
    for row, (part, state) in enumerate(zip(shapes.parts, shapes.states, strict=True)):
        number = figure.track_id * _IDS + 1 + int(part)
        marker = _marker(Marker.SPHERE, ELLIPSOIDS, number, diameters[row], header)
        marker.pose = Pose(
            position=point_to_msg(shapes.centers_m[row]),
            orientation=quaternion_to_msg(shapes.axes[row]),
        )
        marker.color = _FAINT[state]
        markers.append(marker)
    return markers


def _label(figure: Figure, header: Any) -> Marker:
    number = figure.track_id * _IDS
    marker = _marker(Marker.TEXT_VIEW_FACING, LABELS, number, (0.0, 0.0, _LABEL_M), header)
    marker.pose.position = point_to_msg(figure.label_m)
    marker.color = _LABEL_COLORS[figure.is_hidden]
    marker.text = figure.label
    return marker


def _paths(figure: Figure, header: Any) -> list[Marker]:
    markers = []
    pairs = zip(figure.paths_m, figure.path_weights, strict=True)
    for rank, (path_m, weight) in enumerate(pairs):
        number = figure.track_id * _IDS + rank
        marker = _marker(Marker.LINE_STRIP, PATHS, number, (_PATH_M, 0.0, 0.0), header)
        marker.points = _points(path_m)
        marker.color = _color(STATE_COLORS[JointState.PREDICTED], weight)
        markers.append(marker)
    return markers


def _points(positions_m: np.ndarray) -> list[Any]:
    return [_LeanPoint(x=x, y=y, z=z) for x, y, z in positions_m.tolist()]
