"""Several estimates of one thing whose errors may have to do with each other, made one.

Two cameras that both guess how tall somebody is are wrong together: the product of their densities
would be too sure. Covariance intersection (Julier and Uhlmann 1997) is never surer than the truth
allows, whatever the correlation; its weights here are those of Niehsen (2002), without a search.
"""

import numpy as np


def intersect(means: np.ndarray, covariances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join M estimates of each of N vectors.

    Args:
        means: (M, N, D), NaN where an estimate is missing.
        covariances: (M, N, D, D), positive definite where there is an estimate.

    Returns:
        Means (N, D) and covariances (N, D, D) float32, NaN where there is no estimate at all.
    """
    there = np.isfinite(means).all(axis=-1) & np.isfinite(covariances).all(axis=(-2, -1))
    size = means.shape[-1]
    values = np.where(there[..., None], means, 0.0).astype(np.float64)
    spreads = np.where(there[..., None, None], covariances, np.eye(size)).astype(np.float64)
    weights = there / np.trace(spreads, axis1=-2, axis2=-1)
    total = weights.sum(axis=0)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    shares = weights[..., None, None] * np.linalg.inv(spreads)
    information = shares.sum(axis=0)
    none = total == 0
    joined = np.linalg.inv(np.where(none[:, None, None], np.eye(size), information))
    mean = np.einsum('nij,mnjk,mnk->ni', joined, shares, values)
    mean[none], joined[none] = np.nan, np.nan
    symmetric = (joined + joined.swapaxes(-1, -2)) / 2
    return mean.astype(np.float32), symmetric.astype(np.float32)
