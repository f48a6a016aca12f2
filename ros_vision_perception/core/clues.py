"""What speaks for and against a joint being seen: one function per piece of evidence.

Each gives an array (T, K), one number per joint of T people, 0 where it has nothing to say.
"""

import numpy as np

from ros_vision_perception.core.anatomy import Anatomy
from ros_vision_perception.core.bodies import (
    bone_lengths,
    buried,
    depths_in_heights,
    heights_px,
    to_complex,
)
from ros_vision_perception.core.covers import Covers
from ros_vision_perception.core.scene import Sightings

# Where probabilities end, at log-odds of +-4.
_MIN_PROBABILITY = 0.018
# So much of the own body in front of a joint counts as 1, in heights: an arm.
_DEEP = 0.05
# A joint expected somewhere within so many scales may as well be elsewhere.
_VAGUE = 0.12
# A joint that jumped by this many standard deviations counts as 1.
_JUMP = 3.0


def model_sees_it(sightings: Sightings) -> np.ndarray:
    """Return the log-odds of the pose model that a joint is seen, where its visibility says so."""
    return np.maximum(_visibility(sightings), 0.0)


def model_misses_it(sightings: Sightings) -> np.ndarray:
    """Return the log-odds of the pose model that a joint is hidden, where its visibility says so.

    Models take hidden joints for visible more easily than the other way round.
    """
    return np.maximum(-_visibility(sightings), 0.0)


def _visibility(sightings: Sightings) -> np.ndarray:
    people = sightings.people
    return np.where(people.has_visibility, _logit(people.confidences), 0.0)


def model_scores_it(sightings: Sightings) -> np.ndarray:
    """Return the log-odds of the score of a model that has no visibility.

    Models give high scores to joints that they guess: it is no probability of anything.
    """
    log_odds = _logit(sightings.people.confidences)
    return np.where(sightings.people.has_visibility | np.isnan(log_odds), 0.0, log_odds)


def model_has_it_in_image(sightings: Sightings) -> np.ndarray:
    """Return the log-odds of the pose model that a joint is inside the image."""
    log_odds = _logit(sightings.people.presence)
    return np.where(np.isnan(log_odds), 0.0, log_odds)


def nobody_there(sightings: Sightings, covers: Covers) -> np.ndarray:
    """Return in [0, 1]: the semantic person region leaves the joint out.

    Such a model overlooks whole people. It is trusted about a person as far as it shows them:
    by more than half of the joints that the pose model sees.
    """
    weights = np.fmax(sightings.people.confidences, 0.0) ** 2
    shown = (weights * covers.on_region).sum(axis=1, keepdims=True)
    trust = np.maximum(shown, 0.0) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return trust * np.maximum(-covers.on_region, 0.0)


def somebody_else_there(covers: Covers) -> np.ndarray:
    """Return in [0, 1]: off the own mask, yet where a semantic model sees somebody."""
    return np.maximum(-covers.on_own, 0.0) * np.maximum(covers.on_region, 0.0)


def beyond_border(sightings: Sightings) -> np.ndarray:
    """Return the distance to the image border in tolerances, outside > 0, in [-2, 2]."""
    position = sightings.positions_xy
    beyond = np.maximum(-0.5 - position, position - (np.array(sightings.image_size) - 0.5))
    return (beyond.max(axis=-1) / sightings.tolerances).clip(-2.0, 2.0)


def expectation(sightings: Sightings) -> np.ndarray:
    """Return in [0, 1], how well the track knows where to expect the joint."""
    tolerance = (_VAGUE * sightings.scales[:, None]) ** 2
    return tolerance / (tolerance + sightings.predicted_variances)


def gone_from_where_expected(sightings: Sightings, expected: Covers) -> np.ndarray:
    """Return in [0, 1]: the own mask has a gap where the track expects the joint."""
    return expectation(sightings) * np.maximum(-expected.on_own, 0.0)


def jumped(sightings: Sightings) -> np.ndarray:
    """Return in [0, 2] how far a joint is from its expected place when its kin are not.

    The common error of all joints is the body's motion. The rest counts in standard deviations
    of the prediction and the joint's scatter.
    """
    error = to_complex(sightings.people.keypoints_xy - sightings.predicted_xy)
    error = np.abs(error - _middle(error))
    scatter = np.sqrt(sightings.predicted_variances + sightings.tolerances**2)
    return np.fmax(np.fmin(error / (_JUMP * scatter), 2.0), 0.0) * sightings.found[:, None]


def _middle(errors: np.ndarray) -> np.ndarray:
    """Return the (T, 1) median of x and of y over the joints (T, K) that are not NaN."""
    ordered = np.sort(errors.view(np.float64).reshape(*errors.shape, 2), axis=1)
    count = np.isfinite(ordered[..., 0]).sum(axis=1)
    middle = ordered[np.arange(len(errors)), np.maximum(count - 1, 0) // 2]
    return to_complex(middle)[:, None]


class Bones:
    """The bones and the round parts of T bodies, as the pose model sees them."""

    def __init__(self, sightings: Sightings, anatomy: Anatomy) -> None:
        """Measure how tall everybody is."""
        self._sightings, self._anatomy = sightings, anatomy
        self._shape = sightings.tolerances.shape
        self._heights = heights_px(sightings.positions_xy, anatomy)
        ratio = bone_lengths(sightings.positions_xy, anatomy)
        ratio /= self._heights[:, None] * anatomy.lengths
        self._log_ratio = np.log(np.maximum(ratio, 0.05))
        positions, depths_3d = sightings.positions_xy, sightings.people.depths_3d
        depths = depths_in_heights(positions, depths_3d, self._heights, anatomy)
        deep = buried(positions, depths, self._heights, anatomy)
        self._buried = (np.where(np.isnan(deep), 0.0, deep) / _DEEP).clip(0.0, 1.0)

    def too_long(self) -> np.ndarray:
        """Return in [0, 1] by how many factors of e a joint's bone is longer than can be."""
        return self._of_joints(self._log_ratio.clip(0.0, 1.0))

    def too_short(self) -> np.ndarray:
        """Return in [0, 1] by how many factors of e a bone is shorter than half its length."""
        return self._of_joints((-self._log_ratio - np.log(2)).clip(0.0, 1.0))

    def off_mask(self, middles: Covers) -> np.ndarray:
        """Return in [0, 1]: the own mask has a gap half-way along the joint's bone."""
        return self._of_joints(np.maximum(-middles.on_own, 0.0))

    def behind_own_body(self) -> np.ndarray:
        """Return in [0, 1] how deep behind another part of the own body a model in 3D puts it."""
        known = np.isfinite(self._sightings.people.depths_3d)
        return np.where(known, self._buried, 0.0)

    def turned_away(self) -> np.ndarray:
        """Return in [0, 1] the same for a flat model: the far side of a body seen from aside."""
        known = np.isfinite(self._sightings.people.depths_3d)
        return np.where(known, 0.0, self._buried)

    def _of_joints(self, values: np.ndarray) -> np.ndarray:
        result = np.zeros(self._shape)
        result[:, self._anatomy.bones] = values
        return result


def _logit(probability: np.ndarray) -> np.ndarray:
    limited = probability.clip(_MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    return np.log(limited / (1 - limited))
