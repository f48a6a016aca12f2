"""Which detections cannot be believed, for all else that is known speaks against them.

A pose model likes to put a hidden joint on whoever hides it, and at times the whole body.
"""

import numpy as np

# What is further than this many standard deviations from where all else tells it to be counts
# for less: a guess, and what was seen.
_DOUBTFUL, _ABSURD = 2.0, 4.0


def disbelief(
    precision: np.ndarray, innovations: np.ndarray, known: np.ndarray, seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return px^2 to add to the variances of joints (T, K), and of all joints together (T,).

    Row k of the inverse covariance tells how far joint k is from where the others predict it
    (Rasmussen and Williams, "Gaussian processes for machine learning", 2006, equations 5.10 to
    5.12); the sum of the rows tells how far the body is from where the past predicts it.

    Args:
        precision: (T, K, K) inverse covariance of the innovations.
        innovations: (T, K, 2) px, how far each joint is from its prediction; 0 where unknown.
        known: (T, K) bool, the joints that the model gave.
        seen: (T, K) probability that they were seen; 0 where unknown.
    """
    missed = precision @ innovations
    together = (precision * known[:, None]).sum(axis=2) * known
    count = np.maximum(known.sum(axis=1), 1)
    return (
        _excess(missed, precision.diagonal(0, 1, 2), seen),
        _excess(
            (missed * known[..., None]).sum(axis=1),
            np.maximum(together.sum(axis=1), 1e-12),
            seen.sum(axis=1) / count,
        ),
    )


def _excess(missed: np.ndarray, stiffness: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the (...) variance without which what was missed (..., 2) is beyond the limit."""
    distances = np.einsum('...x,...x->...', missed, missed) / stiffness
    limits = (_DOUBTFUL + (_ABSURD - _DOUBTFUL) * seen) ** 2
    return np.maximum(distances / limits - 1, 0.0) / stiffness
