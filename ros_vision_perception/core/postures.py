"""How bodies look in each posture, from many sides: figures made of angles, not of examples.

Lengths are those of Drillis and Contini, 1966, in body heights; see `core/anatomy.py`. In the
image x is to the right and y down, the way things fall.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from ros_vision_perception.core.anatomy import SHANK, THIGH, TRUNK
from ros_vision_perception.core.human import Posture

JOINTS = (
    'nose', 'left_shoulder', 'right_shoulder', 'left_hip', 'right_hip',
    'left_knee', 'right_knee', 'left_ankle', 'right_ankle',
)  # fmt: skip
_SHOULDER, _HIP, _HEAD, _FACE = 0.115, 0.055, 0.13, 0.05

# A leg: by how much the thigh is lifted forward from hanging down and spread sideways, the knee
# bent, and the shank spread sideways, degrees.
_Leg = tuple[float, float, float, float]
_Legs = tuple[_Leg, _Leg]


def _leg(lifted: float, spread: float, bent: float) -> _Leg:
    """Return a leg whose foot is below the knee, or nearly so."""
    return lifted, spread, bent, 0.3 * spread


def _alike(*legs: tuple[float, float, float]) -> tuple[_Legs, ...]:
    return tuple((_leg(*leg), _leg(*leg)) for leg in legs)


def _either(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> tuple[_Legs, ...]:
    return (_leg(*one), _leg(*other)), (_leg(*other), _leg(*one))


# Thigh and knee of people on seats, and of people without one.
_SEATED = (
    (50, 55),
    (55, 90),
    (62, 75),
    (65, 110),
    (80, 60),
    (75, 90),
    (90, 90),
    (90, 115),
    (88, 15),
)
# Of people on the ground: with the knees up and the feet before them, and with crossed legs.
_KNEES_UP = (115, 55), (125, 75), (140, 105)
_CROSSED: tuple[_Leg, ...] = (
    (80, 50, 0, -60),
    (90, 65, 10, -60),
    (100, 50, 30, -50),
    (85, 70, 0, -45),
)
_SQUATTING = (110, 135), (125, 145), (85, 110), (60, 95), (100, 120)
# Posture -> by how much the trunk leans forward, degrees, and what the legs may do then.
_UPRIGHT: dict[Posture, tuple[tuple[float, ...], tuple[_Legs, ...]]] = {
    Posture.STANDING: (
        (0, 12),
        (
            *_alike((0, 3, 0), (0, 12, 5)),
            *_either((25, 3, 5), (-10, 3, 30)),
            *_either((15, 3, 50), (0, 3, 0)),
            *_either((40, 3, 60), (-15, 3, 20)),
        ),
    ),
    Posture.SITTING: (
        (-25, 0, 20),
        (
            *_alike(
                *((lifted, spread, bent) for lifted, bent in _SEATED for spread in (5, 25)),
                (85, 50, 120),
            ),
            *_either((90, 5, 90), (100, 15, 30)),
            *_alike(*((lifted, spread, bent) for lifted, bent in _KNEES_UP for spread in (5, 25))),
            *((leg, leg) for leg in _CROSSED),
        ),
    ),
    Posture.CROUCHING: (
        (15, 40),
        (
            *_alike(
                *((lifted, spread, bent) for lifted, bent in _SQUATTING for spread in (8, 30, 50))
            ),
            *_either((90, 8, 95), (0, 5, 95)),
        ),
    ),
    Posture.BENDING: (
        (40, 60, 80, 105),
        (*_alike((0, 4, 5), (-8, 8, 15), (15, 6, 25)), *_either((20, 4, 15), (-15, 4, 10))),
    ),
}
_LYING: tuple[tuple[float, ...], tuple[_Legs, ...]] = (
    (0, 25),
    (*_alike((0, 4, 3), (20, 6, 30), (60, 5, 80)), *_either((60, 5, 90), (5, 5, 5))),
)
# Where the camera is: around the body, and above it, degrees; and how a lying body is rolled.
_AROUND, _ABOVE, _ROLLED = range(0, 360, 45), (-5, 12, 30), (0, 90, 180, 270)


@dataclass(frozen=True)
class Figures:
    """F figures.

    Attributes:
        joints_xy: (F, J, 2) body heights, of `JOINTS`.
        postures: (F,) Posture.
    """

    joints_xy: np.ndarray
    postures: np.ndarray


@lru_cache(maxsize=1)
def figures() -> Figures:
    """Return all figures, ordered by posture. Mirrored, they are the same ones again."""
    postures, bodies = zip(*_bodies(), strict=True)
    views = [_about_x(above) @ _about_y(around) for above, around in product(_ABOVE, _AROUND)]
    seen = np.einsum('vij,bkj->bvki', np.array(views), np.array(bodies))[..., :2]
    return Figures(seen.reshape(-1, len(JOINTS), 2), np.repeat(postures, len(views)))


def _bodies() -> Iterator[tuple[Posture, np.ndarray]]:
    """Yield posture and joints (J, 3): to the right of the camera, down, away from it."""
    for posture, (leans, legs) in _UPRIGHT.items():
        for lean, both in product(leans, legs):
            yield posture, _body(lean, both)
    leans, legs = _LYING
    for rolled, lean, both in product(_ROLLED, leans, legs):
        yield Posture.LYING, _body(lean, both) @ (_about_x(90) @ _about_y(rolled)).T


def _body(lean: float, legs: _Legs) -> np.ndarray:
    """Return the joints (J, 3) of a body that faces the camera, from the middle of its hips."""
    up = -_down(-lean, 0)
    neck = TRUNK * up
    forward = np.array([0.0, -up[2], up[1]])
    places = {'nose': neck + _HEAD * up + _FACE * forward}
    # Its left is to the right of the camera.
    for side, sign, (lifted, spread, bent, out) in zip(
        ('left', 'right'), (1, -1), legs, strict=True
    ):
        hip = np.array([sign * _HIP, 0.0, 0.0])
        knee = hip + THIGH * _down(lifted, sign * spread)
        places[f'{side}_shoulder'] = neck + np.array([sign * _SHOULDER, 0.0, 0.0])
        places[f'{side}_hip'], places[f'{side}_knee'] = hip, knee
        places[f'{side}_ankle'] = knee + SHANK * _down(lifted - bent, sign * out)
    return np.array([places[name] for name in JOINTS])


def _down(forward: float, sideways: float) -> np.ndarray:
    """Return the unit vector that points down, lifted towards the camera and to its right."""
    forward, sideways = np.deg2rad(forward), np.deg2rad(sideways)
    return np.array(
        [
            np.sin(sideways),
            np.cos(forward) * np.cos(sideways),
            -np.sin(forward) * np.cos(sideways),
        ]
    )


def _about_x(degrees: float) -> np.ndarray:
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])


def _about_y(degrees: float) -> np.ndarray:
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
