"""Things and people that pass before somebody, made and placed by a random generator.

A thing is opaque, has a texture of its own, and casts no shadow: what it hides is known exactly.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.tools.demo.cutouts import Cutout
from ros_vision_perception.tools.demo.layers import Figure

# How long a point stays hidden, s.
_SHORTEST_S, _LONGEST_S = 0.2, 1.5
# A thing that stands before somebody for a while comes and goes this fast.
_SLIDE_S = 0.15
# Somewhere beyond every image.
_NOWHERE = (1.0, -1e5, -1e5)


@dataclass(frozen=True)
class Path:
    """Where the middle of a picture is: straight lines from place to place, else nowhere.

    Attributes:
        times_s: (P,) s, ascending.
        centres_xy: (P, 2) px.
        size: (width, height) px of the picture.
    """

    times_s: np.ndarray
    centres_xy: np.ndarray
    size: tuple[int, int]

    def __call__(self, time_s: float) -> tuple[float, float, float]:
        """Return scale, and x, y of the lower left corner, as `Figure.place` does."""
        if not self.times_s[0] <= time_s <= self.times_s[-1]:
            return _NOWHERE
        x, y = (np.interp(time_s, self.times_s, places) for places in self.centres_xy.T)
        return 1.0, float(x) - self.size[0] / 2, float(y) + self.size[1] / 2


def thing(
    rng: np.random.Generator,
    target_xyxy: np.ndarray,
    image_size: tuple[int, int],
    middle_s: float,
) -> Figure:
    """Return something that hides a part of whoever is in a box at a time.

    Args:
        rng: decides on kind, looks, size, and motion.
        target_xyxy: (4,) px, the joints of the person at `middle_s`.
        image_size: (width, height) px.
        middle_s: when most is hidden, s.
    """
    kinds = (_pillar, _panel, _table, _patch, _bar)
    kind = kinds[rng.choice(len(kinds), p=(0.2, 0.15, 0.2, 0.3, 0.15))]
    return kind(rng, target_xyxy, image_size, middle_s)


def passer_by(
    rng: np.random.Generator,
    person: Cutout,
    number: int,
    target_xyxy: np.ndarray,
    image_size: tuple[int, int],
    middle_s: float,
) -> Figure:
    """Return a person who walks past in front of whoever is in a box at a time.

    Args:
        rng: decides on size, side and speed.
        person: who walks; their picture may end at the bottom, so they stand on that of the image.
        number: index of the walking person.
        target_xyxy: (4,) px, the joints of the other person at `middle_s`.
        image_size: (width, height) px.
        middle_s: when they are before the other, s.
    """
    left, top, right, bottom = target_xyxy
    height = image_size[1] - top - rng.uniform(-0.1, 0.3) * (bottom - top)
    cutout = person.mirrored() if rng.random() < 0.5 else person
    cutout = cutout.resized(max(height, 24.0) / len(cutout.alpha))
    rows, columns = cutout.alpha.shape
    aim = np.array([(left + right) / 2, image_size[1] - rows / 2 + 2.0])
    return _sweep(
        rng, cutout, aim, np.array([1.0, 0.0]), 0.6 * columns, target_xyxy, middle_s, number
    )


def _pillar(
    rng: np.random.Generator, box: np.ndarray, image_size: tuple[int, int], middle_s: float
) -> Figure:
    width = max(rng.uniform(0.35, 1.0) * (box[2] - box[0]), 0.05 * image_size[1])
    size = _size(width, image_size[1] + 8)
    aim = np.array([rng.uniform(box[0], box[2]), image_size[1] / 2])
    cutout = _paint(rng, np.full(size[::-1], 255, np.uint8))
    return _sweep(rng, cutout, aim, np.array([1.0, 0.0]), width, box, middle_s)


def _panel(
    rng: np.random.Generator, box: np.ndarray, image_size: tuple[int, int], middle_s: float
) -> Figure:
    top = box[1] + rng.uniform(-0.1, 0.35) * (box[3] - box[1])
    size = _size(rng.uniform(0.5, 1.3) * (box[2] - box[0]), image_size[1] + 4 - top)
    aim = np.array([rng.uniform(box[0], box[2]), top + size[1] / 2])
    return _stand(rng, _paint(rng, np.full(size[::-1], 255, np.uint8)), aim, box, middle_s)


def _table(
    rng: np.random.Generator, box: np.ndarray, image_size: tuple[int, int], middle_s: float
) -> Figure:
    top = box[1] + rng.uniform(0.4, 0.8) * (box[3] - box[1])
    size = _size(rng.uniform(1.2, 2.2) * (box[2] - box[0]), image_size[1] + 4 - top)
    aim = np.array([(box[0] + box[2]) / 2, top + size[1] / 2])
    return _stand(rng, _paint(rng, np.full(size[::-1], 255, np.uint8)), aim, box, middle_s)


def _patch(
    rng: np.random.Generator, box: np.ndarray, image_size: tuple[int, int], middle_s: float
) -> Figure:
    extent = rng.uniform(0.15, 0.45, 2) * max(box[3] - box[1], box[2] - box[0])
    size = _size(*extent)
    shape = rng.choice(('box', 'ellipse', 'blob'))
    alpha: np.ndarray = np.full(size[::-1], 255, np.uint8)
    if shape != 'box':
        rows, columns = np.mgrid[: size[1], : size[0]]
        radius = np.hypot(2 * (columns + 0.5) / size[0] - 1, 2 * (rows + 0.5) / size[1] - 1)
        softness = 2 / min(size) if shape == 'ellipse' else 0.25
        alpha = (255 * np.clip((1 - radius) / softness, 0, 1)).astype(np.uint8)
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    aim = rng.uniform(box[:2], box[2:])
    return _sweep(rng, _paint(rng, alpha), aim, direction, min(size), box, middle_s)


def _bar(
    rng: np.random.Generator, box: np.ndarray, image_size: tuple[int, int], middle_s: float
) -> Figure:
    height = box[3] - box[1]
    length, thickness = rng.uniform(0.6, 1.3) * height, rng.uniform(0.08, 0.22) * height
    angle = rng.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    corners = np.array([along * length + across * thickness, along * length - across * thickness])
    size = _size(*np.abs(corners).max(axis=0))
    alpha: np.ndarray = np.zeros(size[::-1], np.uint8)
    ends = np.array(size) / 2 + np.outer((0.5, 0.5, -0.5, -0.5), along * length)
    ends += np.outer((0.5, -0.5, -0.5, 0.5), across * thickness)
    cv2.fillPoly(alpha, [np.rint(ends * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    aim = rng.uniform(box[:2], box[2:])
    return _sweep(rng, _paint(rng, alpha), aim, across, thickness, box, middle_s)


def _sweep(
    rng: np.random.Generator,
    cutout: Cutout,
    aim_xy: np.ndarray,
    direction: np.ndarray,
    thickness_px: float,
    box: np.ndarray,
    middle_s: float,
    number: int = -1,
) -> Figure:
    """Return a figure that goes across the box, and hides a point for the time that it draws."""
    speed = thickness_px / _duration(rng) * rng.choice((-1.0, 1.0))
    rows, columns = cutout.alpha.shape
    # Far enough to leave the person alone at both ends; small things come and go on the way.
    reach = np.abs(direction) @ (box[2:] - box[:2] + (columns, rows))
    half_s = min(reach / abs(speed), _LONGEST_S) if number < 0 else reach / abs(speed)
    times = middle_s + np.array([-half_s, half_s])
    ends = aim_xy + np.outer((-half_s, half_s), direction * speed)
    return Figure(number, cutout, Path(times, ends, (columns, rows)))


def _stand(
    rng: np.random.Generator, cutout: Cutout, aim_xy: np.ndarray, box: np.ndarray, middle_s: float
) -> Figure:
    """Return a thing that slides in before the box, stands for a while, and slides out."""
    rows, columns = cutout.alpha.shape
    half_s = _duration(rng) / 2
    away = np.array([rng.choice((-1.0, 1.0)) * (box[2] - box[0] + columns), 0.0])
    times = middle_s + np.array([-half_s - _SLIDE_S, -half_s, half_s, half_s + _SLIDE_S])
    places = np.stack((aim_xy + away, aim_xy, aim_xy, aim_xy + away))
    return Figure(-1, cutout, Path(times, places, (columns, rows)))


def _duration(rng: np.random.Generator) -> float:
    return float(rng.uniform(_SHORTEST_S, _LONGEST_S))


def _size(width: float, height: float) -> tuple[int, int]:
    return max(round(width), 4), max(round(height), 4)


def _paint(rng: np.random.Generator, alpha: np.ndarray) -> Cutout:
    """Return a thing of this outline, in a colour with grain, shade and sometimes stripes."""
    rows, columns = alpha.shape
    noise = rng.standard_normal((rows // 4 + 2, columns // 4 + 2)).astype(np.float32)
    grain = cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)
    picture = rng.uniform(20, 235, 3) + rng.uniform(2, 30) * grain[..., None]
    if rng.random() < 0.4:
        period = rng.uniform(6, 40)
        slope = rng.uniform(-1, 1)
        y, x = np.mgrid[:rows, :columns]
        stripes = np.sin(2 * np.pi * (x + slope * y) / period) > 0
        picture[stripes] = 0.5 * picture[stripes] + 0.5 * rng.uniform(20, 235, 3)
    picture *= np.linspace(1.0, rng.uniform(0.5, 1.0), rows)[:, None, None]
    colors = np.clip(picture, 0, 255).astype(np.uint8)
    joints = np.full((len(BLAZEPOSE33), 2), np.nan)
    return Cutout(
        cv2.multiply(colors, cv2.merge((alpha,) * 3), scale=1 / 255),
        alpha,
        joints,
        np.full(len(joints), JointState.UNKNOWN, np.uint8),
    )
