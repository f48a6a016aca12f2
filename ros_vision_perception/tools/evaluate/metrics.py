"""Figures about hidden joints, each a function of arrays."""

import numpy as np

from ros_vision_perception.core.human import JointState

# Shares of a normal distribution within one and two standard deviations.
_SHARES = {'coverage_1sigma': 0.6827, 'coverage_2sigma': 0.9545}


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the area under the ROC curve, in [0, 1]; NaN when all are of one kind.

    It is the probability that a positive has a higher score than a negative, where equal scores
    count half (Hanley and McNeil, 1982).

    Args:
        scores: (M,).
        positive: (M,) bool.
    """
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2  # the mean of those that equal ones share
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return float('nan')
    wins = ranks[inverse][positive].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def state_scores(true: np.ndarray, got: np.ndarray) -> dict[str, dict[str, float | int]]:
    """Return per state that occurs in truth: precision, recall, f1, and how many are true.

    Args:
        true: (M,) values of JointState.
        got: (M,) the same, as the fusion says.
    """
    scores: dict[str, dict[str, float | int]] = {}
    for state in map(JointState, np.unique(true).tolist()):
        hits = int(((true == state) & (got == state)).sum())
        asked, told = int((true == state).sum()), int((got == state).sum())
        scores[state.name] = {
            'precision': hits / told if told else float('nan'),
            'recall': hits / asked,
            'f1': 2 * hits / (asked + told),
            'joints': asked,
        }
    return scores


def joint_similarities(
    distances_px: np.ndarray, areas_px2: np.ndarray, sigmas: np.ndarray
) -> np.ndarray:
    """Return what each joint adds to the object keypoint similarity, in [0, 1].

    `exp(-d^2 / (2 s^2 (2 sigma)^2))`, COCO keypoint evaluation.

    Args:
        distances_px: (M,) from the true place.
        areas_px2: (M,) of the joint's person.
        sigmas: (M,) of the joint.
    """
    return np.exp(-(distances_px**2) / (8 * sigmas**2 * areas_px2))


def extended_distances(
    true_xy: np.ndarray, got_xy: np.ndarray, got_outside: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Return the (M,) px that Ex-OKS takes for the errors of joints inside and outside the image.

    Nothing when both say outside; if only one does, the way of the other's place to the border
    (Purkrabek and Matas, "ProbPose: A Probabilistic Approach to 2D Human Pose Estimation", 2025,
    with the image as the window).

    Args:
        true_xy: (M, 2) px.
        got_xy: (M, 2) px.
        got_outside: (M,) bool, whether the joint was said to be outside.
        size: (width, height) px of the image.
    """
    true_way, got_way = _way_to_border(true_xy, size), _way_to_border(got_xy, size)
    true_outside = true_way <= 0
    plain = np.linalg.norm(true_xy - got_xy, axis=-1)
    one_outside = np.where(true_outside, got_way, true_way)
    result = np.where(true_outside | got_outside, np.maximum(one_outside, 0), plain)
    return np.where(true_outside & got_outside, 0.0, result)


def _way_to_border(points_xy: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the (M,) px to the next border; not more than 0 outside of the image."""
    low, high = points_xy + 0.5, np.asarray(size) - 0.5 - points_xy
    return np.minimum(low, high).min(axis=-1)


def squared_mahalanobis(errors_xy: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """Return the (M,) squared lengths of errors (M, 2) in units of covariances (M, 2, 2)."""
    solved = np.linalg.solve(covariances, errors_xy[..., None])[..., 0]
    return np.einsum('mi,mi->m', errors_xy, solved)


def calibration(squared: np.ndarray) -> dict[str, float | int]:
    """Return how far 2D covariances fit the errors made.

    The k-sigma ellipse is the one that holds as much of a normal distribution as k standard
    deviations hold in one dimension: 68.3 % and 95.4 %. NEES, the mean of `squared`, is 2 when
    the covariances are right (Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to
    Tracking and Navigation", 2001, 5.4).

    Args:
        squared: (M,) squared Mahalanobis lengths.
    """
    if len(squared) == 0:
        return {'joints': 0}
    # The squared length has a chi-squared distribution of two degrees of freedom.
    within = {
        name: float((squared <= -2 * np.log(1 - share)).mean()) for name, share in _SHARES.items()
    }
    return {**within, 'nees': float(squared.mean()), 'joints': len(squared)}
