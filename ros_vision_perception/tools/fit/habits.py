"""What imaginary pose and segmentation models say about a scene in which all is known.

They have the habits of real ones: they put a hidden joint near its place, on what is visible of
the body, or on whoever hides it; they keep to an error for a while; and they are more or less
honest about it. Each room gets models of its own, so that nothing depends on one of them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.masks import BoxMask
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import InstanceMasks, Keypoints, Observation
from ros_vision_perception.tools.truth import Truth

# What a model does with a hidden joint: nothing wrong, put it near its place, on what is visible
# of the body, on the same joint of whoever hides it, anywhere.
_RIGHT, _NEAR, _ON_BODY, _ON_OCCLUDER, _ANYWHERE = range(5)
# How often: parameters of a Dirichlet distribution.
_GUESSES = (2.0, 3.0, 4.0, 2.0, 1.0)
# How far from its place, in scales.
_NEAR_SCALES, _ANYWHERE_SCALES = 0.12, 0.35
# For how long a model keeps to one way to guess, and to one error, s.
_GUESS_S, _ERROR_S = 0.7, 0.15
_MIN_SHOWN = 0.25


@dataclass(frozen=True)
class Shot:
    """One instant: what is there.

    Attributes:
        truth: of N people.
        depths_m: (N, 17) m along the optical axis.
        visible: N masks (H, W) bool of what is seen of each.
        things: class name, '' for unknown to any model, and visible mask of each thing.
        size: (width, height) px.
    """

    truth: Truth
    depths_m: np.ndarray
    visible: list[np.ndarray]
    things: list[tuple[str, np.ndarray]]
    size: tuple[int, int]


@dataclass(frozen=True)
class Habits:
    """How good the models are.

    Attributes:
        scatter: of a seen joint, in OKS sigmas.
        guesses: (5,) how often a hidden joint is treated in each way.
        wrong: how often a seen joint is treated like a hidden one.
        has_visibility: whether the confidence is a visibility, else a score.
        honesty: by how much the log-odds of seen and of hidden joints differ, and by what share of
            it when the own body hides them; `offset` (17,) of both.
        depth_noise_m: of the third dimension, NaN without one.
        masks: 'instances', 'own and region', 'own' or 'none'.
        ragged: px by which masks are too large, or too small.
        greedy: how often a pose model's own mask spreads to others beside.
    """

    scatter: float
    guesses: np.ndarray
    wrong: float
    has_visibility: bool
    honesty: float
    honesty_about_self: float
    offset: np.ndarray
    depth_noise_m: float
    masks: str
    ragged: int
    greedy: float


def draw_habits(rng: np.random.Generator) -> Habits:
    """Draw models."""
    has_visibility = bool(rng.random() < 0.5)
    kinds, shares = ('instances', 'own and region', 'own', 'none'), (0.5, 0.25, 0.1, 0.15)
    return Habits(
        scatter=rng.uniform(0.15, 0.6),
        guesses=rng.dirichlet(_GUESSES),
        wrong=rng.uniform(0.0, 0.08),
        has_visibility=has_visibility,
        # A visibility was trained to tell, a score was not.
        honesty=rng.uniform(2.0, 7.0) if has_visibility else rng.uniform(0.3, 3.5),
        honesty_about_self=rng.uniform(0.0, 1.0),
        offset=rng.normal(0.0, 1.0) + rng.normal(0.0, 1.2, len(COCO17)),
        depth_noise_m=rng.uniform(0.02, 0.1) if rng.random() < 0.5 else np.nan,
        masks=str(rng.choice(kinds, p=shares)),
        ragged=int(rng.integers(-1, 3)),
        greedy=rng.uniform(0.0, 0.5),
    )


class Models:
    """A pose and a segmentation model that look at one sequence."""

    def __init__(self, rng: np.random.Generator, habits: Habits, people: int, dt_s: float) -> None:
        """Begin a sequence of `people`, a frame every `dt_s` seconds."""
        self._rng, self._habits = rng, habits
        self._shape = (people, len(COCO17))
        self._keeps = np.exp(-dt_s / _GUESS_S), np.exp(-dt_s / _ERROR_S)
        self._guess, self._is_wrong = self._draw_guess()
        self._greedy = rng.random(people) < habits.greedy
        self._error = rng.standard_normal((*self._shape, 2))
        self._whim = rng.standard_normal(self._shape)

    def observe(self, shot: Shot, stamp_ns: int) -> Observation:
        """Return what the models say about the next instant."""
        self._go_on()
        masks = [self._ragged(mask) for mask in shot.visible]
        keypoints = self._keypoints(shot, masks)
        return Observation(stamp_ns, shot.size, keypoints, self._segmentation(shot, masks))

    def _go_on(self) -> None:
        guess, wrong = self._draw_guess()
        anew = self._rng.random(self._shape) > self._keeps[0]
        self._guess = np.where(anew, guess, self._guess)
        self._is_wrong = np.where(anew, wrong, self._is_wrong)
        kept = self._keeps[1]
        fresh = np.sqrt(1 - kept**2)
        self._error = kept * self._error + fresh * self._rng.standard_normal(self._error.shape)
        self._whim = kept * self._whim + fresh * self._rng.standard_normal(self._shape)

    def _draw_guess(self) -> tuple[np.ndarray, np.ndarray]:
        guess = self._rng.choice(len(_GUESSES), self._shape, p=self._habits.guesses)
        return guess, self._rng.random(self._shape) < self._habits.wrong

    def _keypoints(self, shot: Shot, masks: list[np.ndarray]) -> Keypoints:
        truth, habits = shot.truth, self._habits
        seen = truth.states == int(JointState.VISIBLE)
        shown = seen | (truth.states == int(JointState.OCCLUDED_BY_SELF))
        found = np.flatnonzero(shown.mean(axis=1) >= _MIN_SHOWN)
        points = self._points(shot, seen)[found]
        confidence = self._confidence(truth)[found].astype(np.float32)
        nothing = np.full(confidence.shape, np.nan, np.float32)
        points_3d = np.full((*nothing.shape, 3), np.nan, np.float32)
        noise = habits.depth_noise_m * self._error[found, :, 0]
        hips = shot.depths_m[found, 11:13].mean(axis=1, keepdims=True)
        points_3d[..., 2] = shot.depths_m[found] - hips + noise
        own = tuple(BoxMask.from_bitmap(self._own_mask(row, masks)) for row in found.tolist())
        return Keypoints(
            skeleton=COCO17,
            image_size=shot.size,
            keypoints_xy=points.astype(np.float32),
            scores=confidence,
            visibility=confidence if habits.has_visibility else nothing,
            presence=self._presence(truth)[found] if habits.has_visibility else nothing,
            boxes_xyxy=np.concatenate((points.min(axis=1), points.max(axis=1)), -1).astype(
                np.float32
            ),
            person_scores=np.full(len(found), 0.9, np.float32),
            keypoints_3d=points_3d,
            masks=own if habits.masks in ('own', 'own and region') else (),
        )

    def _points(self, shot: Shot, seen: np.ndarray) -> np.ndarray:
        """Return where the model puts the (N, 17, 2) joints."""
        truth, habits = shot.truth, self._habits
        scales = np.sqrt(truth.areas_px2)[:, None]
        true = truth.joints_xy
        guess = np.where(seen & ~self._is_wrong, _RIGHT, self._guess)
        guess = np.where((guess == _ON_OCCLUDER) & (truth.occluders < 0), _ON_BODY, guess)
        places = true.copy()
        for row in range(len(true)):
            drawn = np.flatnonzero(guess[row] == _ON_BODY)
            places[row, drawn] = _nearest_on(shot.visible[row], true[row, drawn])
            stolen = np.flatnonzero(guess[row] == _ON_OCCLUDER)
            places[row, stolen] = true[truth.occluders[row, stolen], stolen]
        scatter = habits.scatter * COCO17.sigmas * scales
        scatter = np.where(guess == _NEAR, _NEAR_SCALES * scales, scatter)
        scatter = np.where(guess == _ANYWHERE, _ANYWHERE_SCALES * scales, scatter)
        return places + scatter[..., None] * self._error

    def _confidence(self, truth: Truth) -> np.ndarray:
        habits = self._habits
        seen = (truth.states == int(JointState.VISIBLE)) & ~self._is_wrong
        by_self = truth.states == int(JointState.OCCLUDED_BY_SELF)
        hidden = np.where(by_self, 0.5 - habits.honesty_about_self, -0.5)
        difference = habits.honesty * np.where(seen, 0.5, hidden)
        return _probability(1.5 + habits.offset + difference + 1.2 * self._whim)

    def _presence(self, truth: Truth) -> np.ndarray:
        inside = truth.states != int(JointState.OUT_OF_IMAGE)
        return _probability(np.where(inside, 4.0, 0.5) + 1.5 * self._whim).astype(np.float32)

    def _own_mask(self, row: int, masks: list[np.ndarray]) -> np.ndarray:
        """Return the pose model's own mask, which may spread to whoever is next to the person."""
        own = masks[row]
        if not self._greedy[row]:
            return own
        near = cv2.dilate(own.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
        return own | (near & np.any(masks, axis=0))

    def _ragged(self, mask: np.ndarray) -> np.ndarray:
        ragged = self._habits.ragged
        kernel = np.ones((2 * abs(ragged) + 1,) * 2, np.uint8)
        change = cv2.dilate if ragged > 0 else cv2.erode
        return change(mask.astype(np.uint8), kernel) > 0

    def _segmentation(self, shot: Shot, masks: list[np.ndarray]) -> InstanceMasks | None:
        kind = self._habits.masks
        if kind in ('own', 'none'):
            return None
        named = [('person', mask) for mask in masks]
        named += [(name, self._ragged(mask)) for name, mask in shot.things if name]
        if kind == 'own and region':
            named = [('person', np.any(masks, axis=0))]
        # Models overlook something now and then.
        kept = [(n, m) for n, m in named if m.any() and self._rng.random() < 0.95]
        outlines = tuple(BoxMask.from_bitmap(mask) for _, mask in kept)
        return InstanceMasks(
            image_size=shot.size,
            class_ids=np.zeros(len(kept), np.int32),
            class_names=tuple(name for name, _ in kept),
            scores=np.full(len(kept), 0.9, np.float32),
            boxes_xyxy=np.array([o.box_xyxy for o in outlines], np.float32).reshape(-1, 4),
            masks=outlines,
            is_instance=kind == 'instances',
        )


def _nearest_on(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return for each point (P, 2) the nearest pixel of the mask, itself where there is none."""
    rows, columns = np.nonzero(mask[::2, ::2])
    if len(rows) == 0 or len(points) == 0:
        return points
    pixels = 2.0 * np.stack((columns, rows), axis=1)
    return pixels[((points[:, None] - pixels) ** 2).sum(axis=-1).argmin(axis=1)]


def _probability(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))
