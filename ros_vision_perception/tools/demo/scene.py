"""A moving scene of several people whose joints, and who hides whom, are known.

Cut-out photographs of people move across each other, behind a counter and behind a pillar.
Everything is a function of the frame's number alone.
"""

from math import cos, pi, sin

import numpy as np

from ros_vision_perception.core.geometry import apply_affine
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.tools.demo import cutouts, props
from ros_vision_perception.tools.demo.layers import Figure, Prop
from ros_vision_perception.tools.truth import Truth

WIDTH, HEIGHT = 848, 480
FPS = 30
# After this many frames the scene begins again, where it began.
PERIOD_FRAMES = 12 * FPS
_COUNTER_TOP = 345
_PILLAR_LEFT, _PILLAR_WIDTH = 596, 78


class Scene:
    """The scene of the demo, 848 x 480 at 30 frames per second, for ever."""

    def __init__(self) -> None:
        """Cut the people out and paint the props; raises ConfigurationError without the photos."""
        self._background = props.wall(WIDTH, HEIGHT)
        # From back to front.
        self._layers = (
            Figure(0, cutouts.astronaut_in_blue().mirrored().resized(0.42), _far),
            Prop(props.counter(WIDTH, HEIGHT - _COUNTER_TOP), 0, _COUNTER_TOP),
            Figure(1, cutouts.cameraman().mirrored().resized(0.60), _middle),
            Figure(2, cutouts.astronaut().resized(0.62), _near),
            Prop(props.pillar(_PILLAR_WIDTH, HEIGHT), _PILLAR_LEFT, 0),
        )

    def frame(self, index: int) -> tuple[np.ndarray, Truth]:
        """Return the image (480, 848, 3) uint8 BGR of a frame, and the truth about it."""
        return self.image(index), self.truth(index)

    def image(self, index: int, layers: int | None = None) -> np.ndarray:
        """Return the image of a frame, or of only its first `layers` layers from the back."""
        image = self._background.copy()
        for layer in self._layers[:layers]:
            layer.paint(image, _phase(index))
        return image

    def truth(self, index: int) -> Truth:
        """Return where all joints are in a frame, and what hides them."""
        results = [
            _joints(layer, self._layers[place + 1 :], _phase(index))
            for place, layer in enumerate(self._layers)
            if isinstance(layer, Figure)
        ]
        joints, states, occluders, areas = map(np.stack, zip(*results, strict=True))
        known = states != JointState.UNKNOWN
        return Truth(BLAZEPOSE33, joints, states, occluders, areas, is_measured=known)


def _joints(
    person: Figure, in_front: tuple[Figure | Prop, ...], phase: float
) -> tuple[np.ndarray, ...]:
    """Return positions, states and occluders of the joints, and the area of the person."""
    matrix = person.image_from_cutout(phase)
    points = apply_affine(matrix, person.cutout.joints_xy)
    states, occluders = person.cutout.states.copy(), np.full(len(points), -1)
    known = states != JointState.UNKNOWN
    # The nearest to the camera is asked last: it is what the camera sees.
    for layer in in_front:
        hidden = known & layer.covers(points, phase)
        if isinstance(layer, Figure):
            states[hidden], occluders[hidden] = JointState.OCCLUDED_BY_PERSON, layer.number
        else:
            states[hidden], occluders[hidden] = JointState.OCCLUDED_BY_OBJECT, -1
    outside = ((points < -0.5) | (points >= np.array([WIDTH, HEIGHT]) - 0.5)).any(axis=1)
    states[known & outside], occluders[outside] = JointState.OUT_OF_IMAGE, -1
    return points, states, occluders, matrix[0, 0] ** 2 * person.cutout.area


def _phase(index: int) -> float:
    return index % PERIOD_FRAMES / PERIOD_FRAMES


def _far(phase: float) -> tuple[float, float, float]:
    return 1.0, 530 - 150 * cos(2 * pi * phase), _COUNTER_TOP + 14.0


def _middle(phase: float) -> tuple[float, float, float]:
    return 1.0, 250 + 310 * cos(2 * pi * phase), HEIGHT + 2.0


def _near(phase: float) -> tuple[float, float, float]:
    return 1.0 + 0.06 * sin(2 * pi * phase), 210 - 195 * cos(2 * pi * phase), HEIGHT + 6.0
