"""Draw what the robot knows about people onto the image it was learned from.

A seen joint is a dot, one that is not seen is a ring with the ellipse of its uncertainty; half
of each bone belongs to each of its joints, and is dashed where that joint is not seen.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.human import Humans, HumanState, JointState, TrackState
from ros_vision_perception.render import strokes
from ros_vision_perception.render.labels import draw_labels
from ros_vision_perception.render.legend import legend
from ros_vision_perception.render.palette import bgr
from ros_vision_perception.render.strokes import DARK

# The ellipse holds 86 % of a normal distribution.
_ELLIPSE_SIGMAS = 2.0
# Half its length, relative to the height of the person.
_WIDEST_ELLIPSE = 0.25
# People lower than this, at 640 x 480, are drawn with a finer pen.
_SMALL_PX = 160
# Radius of a joint with the full pen; that of joints close together (face, hand) is smaller.
_RADIUS_PX, _MIN_RADIUS_PX = 3.6, 1.7


def draw_overlay(image: np.ndarray, humans: Humans) -> np.ndarray:
    """Return a copy of the image with everyone, the legend, and a warning if results are degraded.

    Args:
        image: (H, W, 3) uint8 BGR.
        humans: people in pixels of this image.

    Returns:
        (H, W, 3) uint8 BGR; the input is left as it was.
    """
    canvas = draw_people(image, humans)
    unit = strokes.unit_of(canvas)
    _draw_legend(canvas, unit)
    if humans.degraded_reason:
        _draw_banner(canvas, f'degraded: {humans.degraded_reason}', unit)
    return canvas


def draw_people(image: np.ndarray, humans: Humans) -> np.ndarray:
    """Return a copy of the image (H, W, 3) uint8 BGR with the people on it, except lost ones."""
    canvas = image.copy(order='C')
    unit = strokes.unit_of(canvas)
    edges = np.asarray(humans.skeleton.edges, np.int64).reshape(-1, 2)
    # Where a lost person is, nobody knows.
    known = [human for human in humans.people if human.track_state != TrackState.LOST]
    for small, pen in ((True, 0.5 * unit), (False, unit)):
        people = [human for human in known if _is_small(human, unit) == small]
        if people:
            figures = _Figures.of(people, edges, pen)
            _draw_ellipses(canvas, figures, pen)
            _draw_bones(canvas, figures, pen)
            _draw_joints(canvas, figures, pen)
    draw_labels(canvas, known, unit)
    return canvas


def _is_small(human: HumanState, unit: float) -> bool:
    return bool(human.box_xyxy[3] - human.box_xyxy[1] < _SMALL_PX * unit)


@dataclass(frozen=True)
class _Figures:
    """The M joints with a known position of several people, and the E bones between them."""

    states: np.ndarray  # (M,)
    points_xy: np.ndarray  # (M, 2) px
    covariances: np.ndarray  # (M, 2, 2) px^2
    radii: np.ndarray  # (M,) px
    heights: np.ndarray  # (M,) px, of the joint's person
    edges: np.ndarray  # (E, 2) indices of joints

    @classmethod
    def of(cls, people: list[HumanState], edges: np.ndarray, pen: float) -> '_Figures':
        points = np.concatenate([human.joints.keypoints_xy for human in people])
        joints = len(people[0].joints)
        starts = np.arange(len(people)) * joints
        edges = (edges + starts[:, None, None]).reshape(-1, 2)
        known = np.isfinite(points).all(axis=1)
        edges = edges[known[edges].all(axis=1)]
        vectors = points[edges[:, 1]] - points[edges[:, 0]]
        longest = np.zeros(len(points))
        for end in (0, 1):
            np.maximum.at(longest, edges[:, end], np.hypot(vectors[:, 0], vectors[:, 1]))
        radii = np.clip(0.25 * longest, _MIN_RADIUS_PX * pen, _RADIUS_PX * pen)
        return cls(
            np.concatenate([human.joints.states for human in people])[known],
            points[known].astype(np.float64),
            np.concatenate([human.joints.covariances_px for human in people])[known],
            radii[known],
            np.repeat([human.box_xyxy[3] - human.box_xyxy[1] for human in people], joints)[known],
            (np.cumsum(known) - 1)[edges],
        )

    def present(self) -> list[JointState]:
        """Return the states that occur."""
        return [JointState(value) for value in np.unique(self.states)]


def _draw_bones(canvas: np.ndarray, figures: _Figures, pen: float) -> None:
    ends = figures.points_xy[figures.edges]  # (E, 2, 2)
    middles = ends.mean(axis=1)
    halves = np.concatenate([np.stack((ends[:, end], middles), axis=1) for end in (0, 1)])
    states = figures.states[figures.edges].T.ravel()
    lines = {state: halves[states == state] for state in figures.present()}
    for state in lines.keys() - {JointState.VISIBLE}:
        lines[state] = strokes.dashes(lines[state], 3.0 * pen, 6.0 * pen)
    strokes.draw_lines(canvas, np.concatenate([*lines.values(), halves[:0]]), DARK, 4.0 * pen)
    for state, pieces in lines.items():
        strokes.draw_lines(canvas, pieces, bgr(state), 2.0 * pen)


def _draw_joints(canvas: np.ndarray, figures: _Figures, pen: float) -> None:
    for state in figures.present():
        # A joint outside of the image has no place in it, though its bones lead to the border.
        members = (figures.states == state) & (state != JointState.OUT_OF_IMAGE)
        points, radii = figures.points_xy[members], figures.radii[members]
        strokes.draw_dots(canvas, points, radii + 1.2 * pen, DARK)
        if state == JointState.VISIBLE:
            strokes.draw_dots(canvas, points, radii, bgr(state))
        else:
            rings = strokes.circles(points, radii)
            strokes.draw_lines(canvas, rings, bgr(state), 1.2 * pen, closed=True)


def _draw_ellipses(canvas: np.ndarray, figures: _Figures, pen: float) -> None:
    drawn = ~np.isin(figures.states, (JointState.VISIBLE, JointState.OUT_OF_IMAGE))
    # Those of joints close together would only hide each other.
    drawn &= figures.radii >= _RADIUS_PX * pen
    drawn &= np.isfinite(figures.covariances).all(axis=(1, 2))
    variances, axes = np.linalg.eigh(figures.covariances[drawn])
    lengths = _ELLIPSE_SIGMAS * np.sqrt(np.maximum(variances, 0.0))
    # Smaller than its ring, or so wide that it could be any joint, it tells nothing.
    widest = _WIDEST_ELLIPSE * figures.heights[drawn]
    tells = (lengths[:, 1] > 1.5 * figures.radii[drawn]) & (lengths[:, 1] < widest)
    outlines = np.einsum('nij,nj,pj->npi', axes, lengths, strokes.UNIT_CIRCLE)
    outlines += figures.points_xy[drawn][:, None]
    for state in figures.present():
        members = tells & (figures.states[drawn] == state)
        strokes.draw_lines(canvas, outlines[members], bgr(state), 0.8 * pen, closed=True)


def _draw_legend(canvas: np.ndarray, unit: float) -> None:
    strip = legend(canvas.shape[1], unit)
    bottom = canvas[-len(strip) :]
    cv2.addWeighted(bottom, 0.25, strip[: len(bottom)], 1.0, 0.0, dst=bottom)


def _draw_banner(canvas: np.ndarray, text: str, unit: float) -> None:
    width, height = strokes.text_size(text, unit)
    pad = round(5 * unit)
    strokes.darken(canvas, 0, 0, canvas.shape[1], height + 2 * pad)
    strokes.draw_text(canvas, text, ((canvas.shape[1] - width) // 2, pad), (80, 190, 255), unit)
