"""How sure the filter may say that it is: shares of what it knows about itself, from known truth.

Its own variance, how the pose model lately surprised it, and the scatter of annotations make up
the variance that is published. The shares are those with the highest likelihood of the errors
under a Student distribution, for errors have heavy tails (Lange, Little and Taylor, "Robust
statistical modeling using the t distribution", 1989, from where the degrees of freedom are).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize

from ros_vision_perception.tools.fit.runs import Runs, play

_FREEDOM = 4.0
# Natural logarithms of the least and largest share of a variance.
_BOUNDS = (-9.0, 3.0)


def calibrate(data: Sequence[Runs]) -> dict[str, float]:
    """Return the shares, as `core.filters.published_variances` takes them."""
    tables, errors = [], []
    for runs in data:
        played = play(runs)
        known = np.isfinite(played.squared)
        sigmas = np.broadcast_to(runs.skeleton.sigmas**2, known.shape)
        columns = (played.variances, played.surprises, sigmas)
        tables.append(np.stack([column[known] for column in columns], axis=1))
        errors.append(played.squared[known])
    variance, surprise, bias = most_likely(np.concatenate(tables), np.concatenate(errors))
    return {'variance': variance, 'surprise': surprise, 'bias': bias**0.5}


def most_likely(table: np.ndarray, squared: np.ndarray) -> list[float]:
    """Return the weights of variances that make errors most likely.

    Args:
        table: (N, n) parts of the variance of x, and of y, of each error.
        squared: (N,) the errors' squared lengths.
    """
    half = 1 + _FREEDOM / 2  # in two dimensions

    def loss(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
        weights = np.exp(logarithms)
        variances = table @ weights + 1e-12
        ratio = squared / (_FREEDOM * variances)
        slope = (1 - half * ratio / (1 + ratio)) / variances
        likelihood = np.log(variances) + half * np.log1p(ratio)
        return float(likelihood.mean()), weights * (slope @ table) / len(table)

    start = np.full(table.shape[1], -1.0)
    result = minimize(loss, start, jac=True, method='L-BFGS-B', bounds=[_BOUNDS] * len(start))
    return np.exp(result.x).tolist()


def table(shares: Mapping[str, float], made_by: str) -> str:
    """Return the shares as the source of a module."""
    lines = [
        '"""What the variance that is published is made of.',
        '',
        'Shares of the variance of the filter, of the mean squared surprise of late, and, as a',
        "deviation, of the joint's OKS sigma.",
        f'Made by `ros-vision-perception {made_by}`; do not edit.',
        '"""',
        '',
    ]
    numbers = ', '.join(f'{name!r}: {value:.2f}' for name, value in shares.items())
    return '\n'.join([*lines, f'SHARES = {{{numbers}}}', ''])
