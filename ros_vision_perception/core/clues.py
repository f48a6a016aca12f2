"""What speaks for and against a joint being seen: one function per source of evidence.

Each piece is an array (T, K), one number per joint of T people, 0 where it has nothing to say.
"""

import numpy as np

from ros_vision_perception.core.anatomy import Anatomy
from ros_vision_perception.core.bodies import (
    bone_lengths,
    buried,
    depths_in_heights,
    heights_px,
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


def of_the_model(sightings: Sightings) -> dict[str, np.ndarray]:
    """Return what the pose model itself says, in log-odds, where it says anything.

    Models take hidden joints for visible more easily than the other way round: what speaks for
    and what speaks against are two pieces. The score of a model that has no visibility is another:
    such models give high scores to joints that they guess; it is no probability of anything.
    """
    people = sightings.people
    confidence, presence = _log_odds(np.array((people.confidences, people.presence)))
    visibility = np.where(people.has_visibility, confidence, 0.0)
    return {
        'model_sees_it': np.maximum(visibility, 0.0),
        'model_misses_it': np.maximum(-visibility, 0.0),
        'model_scores_it': confidence - visibility,
        'model_has_it_in_image': presence,
    }


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return the log-odds of probabilities, within limits, and 0 of NaN."""
    limited = np.minimum(np.maximum(probabilities, _MIN_PROBABILITY), 1 - _MIN_PROBABILITY)
    log_odds = np.log(limited / (1 - limited))
    return np.where(np.isnan(log_odds), 0.0, log_odds)


def nobody_there(sightings: Sightings, covers: Covers) -> np.ndarray:
    """Return in [0, 1]: the semantic person region leaves the joint out.

    Such a model overlooks whole people. It is trusted about a person as far as it shows them:
    by more than half of the joints that the pose model sees.
    """
    if not covers.on_region.any():
        return covers.on_region
    weights = np.fmax(sightings.people.confidences, 0.0) ** 2
    shown = (weights * covers.on_region).sum(axis=1, keepdims=True)
    trust = np.maximum(shown, 0.0) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return trust * np.maximum(-covers.on_region, 0.0)


def somebody_else_there(covers: Covers) -> np.ndarray:
    """Return in [0, 1]: off the own mask, yet where a semantic model sees somebody."""
    return np.maximum(-covers.on_own, 0.0) * np.maximum(covers.on_region, 0.0)


def beyond_border(sightings: Sightings) -> np.ndarray:
    """Return the distance to the image border in tolerances, outside > 0, in [-2, 2]."""
    x, y = sightings.positions_xy.transpose(2, 0, 1)
    right, bottom = sightings.image_size[0] - 0.5, sightings.image_size[1] - 0.5
    beyond = np.maximum(np.maximum(-0.5 - x, x - right), np.maximum(-0.5 - y, y - bottom))
    return (beyond / sightings.tolerances).clip(-2.0, 2.0)


def expectation(sightings: Sightings) -> np.ndarray:
    """Return in [0, 1], how well the track knows where to expect the joint."""
    tolerance = (_VAGUE * sightings.scales[:, None]) ** 2
    return tolerance / (tolerance + sightings.predicted_variances)


def jumped(sightings: Sightings) -> np.ndarray:
    """Return in [0, 2] how far a joint is from its expected place when its kin are not.

    The common error of all joints is the body's motion. The rest counts in standard deviations
    of the prediction and the joint's scatter.
    """
    error = (sightings.people.keypoints_xy - sightings.predicted_xy).transpose(2, 0, 1)
    error = np.hypot(*(error - _middle(error)))
    scatter = np.sqrt(sightings.predicted_variances + sightings.tolerances**2)
    return np.fmax(np.fmin(error / (_JUMP * scatter), 2.0), 0.0) * sightings.found[:, None]


def _middle(errors: np.ndarray) -> np.ndarray:
    """Return the (2, T, 1) medians over the joints (2, T, K) that are not NaN."""
    ordered = np.sort(errors, axis=2)
    count = np.isfinite(ordered[0]).sum(axis=1)
    middle = np.maximum(count - 1, 0) // 2
    return ordered[:, np.arange(len(middle)), middle, None]


def of_the_body(
    sightings: Sightings, anatomy: Anatomy, middles: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what bones and round parts of T bodies say, as the pose model sees them.

    By how many factors of e a joint's bone is longer than can be, or shorter than half its length;
    whether the own mask has a gap half-way along the bone; how deep the joint lies behind another
    part of the own body, for models in 3D, and for flat ones the far side of a body seen from
    aside. All in [0, 1].

    Args:
        sightings: T people.
        anatomy: of the skeleton, with B bones.
        middles: (T, B) in [-1, 1], the middles of the bones on the own mask, or off it.
    """
    positions, depths_3d = sightings.positions_xy, sightings.people.depths_3d
    lengths = bone_lengths(positions, anatomy)
    heights = heights_px(lengths, anatomy)
    log_ratios = np.log(np.maximum(lengths / (heights[:, None] * anatomy.lengths), 0.05))
    bones = np.zeros((3, *sightings.tolerances.shape))
    clues = (log_ratios, -log_ratios - np.log(2), -middles)
    bones[..., anatomy.bones] = np.minimum(np.maximum(clues, 0.0), 1.0)
    depths = depths_in_heights(positions, depths_3d, heights, anatomy)
    deep = buried(positions, depths, heights, anatomy) / _DEEP
    deep = np.fmin(np.fmax(deep, 0.0), 1.0)  # of NaN: 0
    in_3d = np.isfinite(depths_3d)
    return {
        'bone_too_long': bones[0],
        'bone_too_short': bones[1],
        'limb_off_mask': bones[2],
        'behind_own_body': np.where(in_3d, deep, 0.0),
        'turned_away': np.where(in_3d, 0.0, deep),
    }
