"""Clips in which it is known who is hidden by what: occluders laid over a clip with known joints.

Everything follows from the clip and a seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ros_vision_perception.core.geometry import apply_affine
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.skeleton import BLAZEPOSE33, Skeleton
from ros_vision_perception.tools.demo.cutouts import Cutout
from ros_vision_perception.tools.demo.layers import Figure
from ros_vision_perception.tools.evaluate.occluders import passer_by, thing
from ros_vision_perception.tools.truth import Truth

# Nothing happens until people are known; then something from one pause to the next, s.
_QUIET_S, _PAUSE_S = 0.8, (0.4, 1.4)
# A person with fewer known joints cannot be aimed at.
_MIN_JOINTS = 4
# Share of what passes that is people, where there are any.
_PEOPLE_SHARE = 0.35
# Probability that a part of the view is cut away, so that joints are out of the image.
_CROP_SHARE = 0.4


@dataclass(frozen=True)
class Staging:
    """What is done to a clip.

    Attributes:
        window: (4,) int px: the part of the clip that is seen, x_min, y_min, x_max, y_max.
        figures: who and what passes before the people of the clip, from back to front; their
            times are s since the first frame. Those with a number are people of their own.
        fps: frames per second.
    """

    window: np.ndarray
    figures: tuple[Figure, ...]
    fps: float

    def image(self, clean: np.ndarray, index: int) -> np.ndarray:
        """Return frame `index` of the staged clip, made from that (H, W, 3) of the clean one."""
        left, top, right, bottom = self.window
        image = clean[top:bottom, left:right].copy()
        for figure in self.figures:
            figure.paint(image, index / self.fps)
        return image

    def truth(self, clean: Truth, index: int) -> Truth:
        """Return what is true of frame `index`: the clip's people, then those who pass."""
        time_s = index / self.fps
        truth = _seen_through(clean, self.window)
        passers = [figure for figure in self.figures if figure.number >= 0]
        truths = [truth, *(_truth_of(figure, time_s, clean.skeleton) for figure in passers)]
        joints, states, occluders, areas, is_measured = (
            np.concatenate([getattr(one, name) for one in truths])
            for name in ('joints_xy', 'states', 'occluders', 'areas_px2', 'is_measured')
        )
        place_of = {figure.number: place for place, figure in enumerate(self.figures)}
        for row, points in enumerate(joints):
            # The people of the clip are behind all that was added.
            for figure in self.figures[place_of.get(row, -1) + 1 :]:
                hidden = figure.covers(points, time_s)
                by_person = figure.number >= 0
                states[row, hidden] = (
                    JointState.OCCLUDED_BY_PERSON if by_person else JointState.OCCLUDED_BY_OBJECT
                )
                occluders[row, hidden] = figure.number
                # The model found it in the clean clip, but not in this one.
                is_measured[row, hidden] = True
        size = self.window[2:] - self.window[:2]
        outside = ((joints < -0.5) | (joints >= size - 0.5)).any(axis=2)
        states[outside], occluders[outside], is_measured[outside] = (
            JointState.OUT_OF_IMAGE,
            -1,
            True,
        )
        return Truth(clean.skeleton, joints, states, occluders, areas, is_measured)


def stage(
    truths: Sequence[Truth],
    image_size: tuple[int, int],
    fps: float,
    people: Sequence[Cutout],
    seed: int,
) -> Staging:
    """Return what happens in a clip.

    Args:
        truths: of the clean clip, frame by frame; the same people in each, at least one frame.
        image_size: (width, height) px of the clean clip.
        fps: frames per second.
        people: who may pass in front of the others; may be empty.
        seed: another one, another staging.
    """
    rng = np.random.default_rng(seed)
    window = _window(rng, truths, image_size)
    truths = [_seen_through(truth, window) for truth in truths]
    size = int(window[2] - window[0]), int(window[3] - window[1])
    figures: list[Figure] = []
    end_s = len(truths) / fps
    time_s = _QUIET_S + rng.uniform(*_PAUSE_S)
    while time_s < end_s:
        box = _target(rng, truths[int(time_s * fps)], size)
        if box is None:
            time_s += 1 / fps
            continue
        number = len(truths[0].states) + sum(figure.number >= 0 for figure in figures)
        figures.append(_occluder(rng, people, number, box, size, time_s))
        time_s += rng.uniform(*_PAUSE_S)
    return Staging(window, tuple(figures), fps)


def stage_photo(
    truth: Truth, image_size: tuple[int, int], people: Sequence[Cutout], seed: Sequence[int]
) -> Staging:
    """Return what is before somebody in a photograph: one frame of what `stage` makes of a clip.

    Args:
        truth: of the photograph.
        image_size: (width, height) px of it.
        people: who may be in front of the others; may be empty.
        seed: another one, another staging.
    """
    rng = np.random.default_rng(seed)
    window = _window(rng, [truth], image_size)
    size = int(window[2] - window[0]), int(window[3] - window[1])
    figures: list[Figure] = []
    for _ in range(1 + len(truth.states) // 2):
        box = _target(rng, _seen_through(truth, window), size)
        if box is not None:
            number = len(truth.states) + sum(figure.number >= 0 for figure in figures)
            figures.append(_occluder(rng, people, number, box, size, 0.0))
    return Staging(window, tuple(figures), fps=1.0)


def _occluder(
    rng: np.random.Generator,
    people: Sequence[Cutout],
    number: int,
    box: np.ndarray,
    size: tuple[int, int],
    time_s: float,
) -> Figure:
    """Return a thing or, where there are any, a person called `number` before a box."""
    if people and rng.random() < _PEOPLE_SHARE:
        person = people[int(rng.integers(len(people)))]
        return passer_by(rng, person, number, box, size, time_s)
    return thing(rng, box, size, time_s)


def _window(
    rng: np.random.Generator, truths: Sequence[Truth], image_size: tuple[int, int]
) -> np.ndarray:
    """Return the part of the view that stays; one side may be cut off through the people."""
    window = np.array([0, 0, *image_size])
    if rng.random() >= _CROP_SHARE:
        return window
    points = np.concatenate([truth.joints_xy.reshape(-1, 2) for truth in truths])
    if not np.isfinite(points).any():
        return window
    axis = int(rng.random() < 0.6)
    low, high = np.nanpercentile(points[:, axis], (5, 95))
    cut = round(low + rng.uniform(0.5, 0.85) * (high - low))
    if axis == 0 and rng.random() < 0.5:
        window[0] = min(round(low + high) - cut, image_size[0] // 2)
    else:
        window[2 + axis] = max(cut, image_size[axis] // 2)
    return np.clip(window, 0, np.tile(image_size, 2))


def _seen_through(truth: Truth, window: np.ndarray) -> Truth:
    """Return the truth in the pixels of a part of the image."""
    return replace(
        truth,
        joints_xy=truth.joints_xy - window[:2],
        states=truth.states.copy(),
        occluders=truth.occluders.copy(),
        is_measured=truth.is_measured.copy(),
    )


def _target(rng: np.random.Generator, truth: Truth, size: tuple[int, int]) -> np.ndarray | None:
    """Return the box (4,) px of a random person of whom enough is in view; None without."""
    with np.errstate(invalid='ignore'):
        inside = np.all((truth.joints_xy >= 0) & (truth.joints_xy < size), axis=2)
    people = np.flatnonzero(inside.sum(axis=1) >= _MIN_JOINTS)
    if len(people) == 0:
        return None
    row = people[int(rng.integers(len(people)))]
    points = truth.joints_xy[row, inside[row]]
    low, high = points.min(axis=0), points.max(axis=0)
    # A pose seen edge on has hardly any width.
    least = 0.2 * (high - low).max()
    grow = np.maximum(least - (high - low), 0) / 2
    return np.concatenate((low - grow, high + grow))


def _truth_of(figure: Figure, time_s: float, skeleton: Skeleton) -> Truth:
    """Return what is true of one person who passes, before anybody passes them."""
    matrix = figure.image_from_cutout(time_s)
    joints = BLAZEPOSE33.subset(skeleton)
    absent = matrix[0, 2] < -1e4
    points = apply_affine(matrix, figure.cutout.joints_xy[joints])
    states = figure.cutout.states[joints].copy()
    if absent:
        points[:], states[:] = np.nan, JointState.UNKNOWN
    return Truth(
        skeleton,
        points[None],
        states[None],
        np.full((1, len(joints)), -1),
        np.array([np.nan if absent else matrix[0, 0] ** 2 * figure.cutout.area]),
        is_measured=np.isfinite(points).all(axis=1)[None],
    )
