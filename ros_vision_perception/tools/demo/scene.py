"""A moving scene of several people whose joints, and who hides whom, are known.

Cut-out photographs of people move across each other, behind a counter and behind a pillar.
Everything is a function of the frame's number alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

import cv2
import numpy as np

from ros_vision_perception.core.geometry import apply_affine, invert_affine
from ros_vision_perception.core.skeleton import BLAZEPOSE33, Skeleton
from ros_vision_perception.core.types import JointState
from ros_vision_perception.tools.demo import cutouts, props
from ros_vision_perception.tools.demo.cutouts import Cutout

WIDTH, HEIGHT = 848, 480
FPS = 30
# After this many frames the scene begins again, where it began.
PERIOD_FRAMES = 12 * FPS
_COUNTER_TOP = 345
_PILLAR_LEFT, _PILLAR_WIDTH = 596, 78


@dataclass(frozen=True)
class Truth:
    """What is really in a frame: N people, K joints each.

    Attributes:
        skeleton: names the joints.
        joints_xy: (N, K, 2) float64 px; NaN where the photograph does not show the joint.
        states: (N, K) uint8, a JointState; UNKNOWN where nothing is known.
        occluders: (N, K) int, index of the person who hides the joint, -1 where nobody does.
        areas_px2: (N,) float64, area of the person as photographed, hidden parts included.
    """

    skeleton: Skeleton
    joints_xy: np.ndarray
    states: np.ndarray
    occluders: np.ndarray
    areas_px2: np.ndarray


@dataclass(frozen=True)
class _Layer:
    """A cut-out that moves: phase in [0, 1) -> (scale, x, y) of its lower left corner."""

    cutout: Cutout
    place: Callable[[float], tuple[float, float, float]]
    person: int = -1

    def image_from_cutout(self, phase: float) -> np.ndarray:
        """Return the (2, 3) matrix that maps the cut-out's pixels to the image's."""
        scale, x, y = self.place(phase)
        return np.array([[scale, 0.0, x], [0.0, scale, y - scale * len(self.cutout.alpha)]])


class Scene:
    """The scene of the demo, 848 x 480 at 30 frames per second, for ever."""

    def __init__(self) -> None:
        """Cut the people out and paint the props; raises ConfigurationError without the photos."""
        self.size = WIDTH, HEIGHT
        self._background = props.wall(WIDTH, HEIGHT)
        people = (
            (cutouts.astronaut_in_blue().mirrored(), _far),
            (cutouts.cameraman().mirrored(), _middle),
            (cutouts.astronaut(), _near),
        )
        far, *others = (_Layer(c, place, person) for person, (c, place) in enumerate(people))
        # From back to front.
        self._layers = (
            far,
            _Layer(props.counter(WIDTH, HEIGHT - _COUNTER_TOP), _standing(0)),
            *others,
            _Layer(props.pillar(_PILLAR_WIDTH, HEIGHT), _standing(_PILLAR_LEFT)),
        )

    def frame(self, index: int) -> tuple[np.ndarray, Truth]:
        """Return the image (480, 848, 3) uint8 BGR of a frame, and the truth about it."""
        return self.image(index), self.truth(index)

    def image(self, index: int, layers: int | None = None) -> np.ndarray:
        """Return the image of a frame, or of only its first `layers` layers from the back."""
        image = self._background.copy()
        for layer in self._layers[:layers]:
            _paste(image, layer.cutout, layer.image_from_cutout(_phase(index)))
        return image

    def truth(self, index: int) -> Truth:
        """Return where all joints are in a frame, and what hides them."""
        people = [place for place, layer in enumerate(self._layers) if layer.person >= 0]
        results = [self._joints(place, _phase(index)) for place in people]
        return Truth(BLAZEPOSE33, *map(np.stack, zip(*results, strict=True)))

    def _joints(self, place: int, phase: float) -> tuple[np.ndarray, ...]:
        layer = self._layers[place]
        matrix = layer.image_from_cutout(phase)
        points = apply_affine(matrix, layer.cutout.joints_xy)
        states, occluders = layer.cutout.states.copy(), np.full(len(points), -1)
        known = states != JointState.UNKNOWN
        # What is in front is asked last: it is what the camera sees.
        for front in self._layers[place + 1 :]:
            hidden = known & _covers(front, points, phase)
            by_person = front.person >= 0
            states[hidden] = (
                JointState.OCCLUDED_BY_PERSON if by_person else JointState.OCCLUDED_BY_OBJECT
            )
            occluders[hidden] = front.person
        outside = ((points < -0.5) | (points >= np.array(self.size) - 0.5)).any(axis=1)
        states[known & outside], occluders[outside] = JointState.OUT_OF_IMAGE, -1
        return points, states, occluders, matrix[0, 0] ** 2 * layer.cutout.area


def _phase(index: int) -> float:
    return index % PERIOD_FRAMES / PERIOD_FRAMES


def _far(phase: float) -> tuple[float, float, float]:
    return 0.33, 545 - 150 * cos(2 * pi * phase), _COUNTER_TOP + 14.0


def _middle(phase: float) -> tuple[float, float, float]:
    return 0.60, 250 + 310 * cos(2 * pi * phase), HEIGHT + 2.0


def _near(phase: float) -> tuple[float, float, float]:
    return 0.62 + 0.04 * sin(2 * pi * phase), 210 - 195 * cos(2 * pi * phase), HEIGHT + 6.0


def _standing(x: float) -> Callable[[float], tuple[float, float, float]]:
    return lambda phase: (1.0, x, HEIGHT)


def _covers(layer: _Layer, points_xy: np.ndarray, phase: float) -> np.ndarray:
    """Return (K,) bool: whether the layer hides each image point (K, 2) px."""
    inside = apply_affine(invert_affine(layer.image_from_cutout(phase)), points_xy)
    height, width = layer.cutout.alpha.shape
    columns, rows = np.rint(np.nan_to_num(inside, nan=-1e6)).astype(int).T
    hit = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
    result = np.zeros(len(points_xy), bool)
    result[hit] = layer.cutout.alpha[rows[hit], columns[hit]] > 127
    return result


def _paste(image: np.ndarray, cutout: Cutout, image_from_cutout: np.ndarray) -> None:
    """Lay a cut-out over the image in place."""
    height, width = cutout.alpha.shape
    box = np.array([[0, 0], [width, height]]) - 0.5
    corners = apply_affine(image_from_cutout, box)
    left, top = np.maximum(np.floor(corners[0]), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners[1]) + 1, image.shape[1::-1]).astype(int)
    if left >= right or top >= bottom:
        return
    part_from_cutout = image_from_cutout - np.array([[0, 0, left], [0, 0, top]])
    size = int(right - left), int(bottom - top)
    colors = cv2.warpAffine(cutout.colors, part_from_cutout, size, flags=cv2.INTER_AREA)
    alpha = cv2.warpAffine(cutout.alpha, part_from_cutout, size, flags=cv2.INTER_AREA)
    part = image[top:bottom, left:right]
    rest = cv2.multiply(part, cv2.merge((255 - alpha,) * 3), scale=1 / 255)
    cv2.add(rest, colors, dst=part)
