"""How well the fusion finds where people are who walk through space.

`python -m test.core.walk_figures` prints it.
"""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.human import Humans
from test.core.walks import (
    Blindness,
    Take,
    Walk,
    film,
    follow,
    random_walk,
    with_depth,
    without_depth,
    without_metres,
)


def distances(error: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the squared Mahalanobis distances (...,) of errors (..., 3)."""
    solved = np.linalg.solve(covariance.astype(np.float64), error[..., None])[..., 0]
    return (error * solved).sum(axis=-1)


# Of a normal distribution in space, 68.3 % and 95.4 % lie within these squared distances.
ONE_SIGMA, TWO_SIGMA = 3.527, 8.025


@dataclass(frozen=True)
class Figures:
    """Median error, m or m/s, and the shares inside one and two standard deviations."""

    error: float
    one_sigma: float
    two_sigma: float

    @classmethod
    def of(cls, error: np.ndarray, covariance: np.ndarray) -> 'Figures':
        squared = distances(error, covariance)
        median = float(np.median(np.linalg.norm(error, axis=-1)))
        return cls(
            median, float((squared < ONE_SIGMA).mean()), float((squared < TWO_SIGMA).mean())
        )


def score(
    results: list[tuple[Take, Humans]], walk: Walk, settled_s: float = 1.0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return errors and covariances of position, joints seen and hidden, and velocity."""
    first_ns = results[0][0].observation.stamp_ns
    rows: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for take, humans in results:
        is_early = take.observation.stamp_ns - first_ns < settled_s * 1e9
        if is_early or len(humans.people) != 1:
            continue
        (person,) = humans.people
        error = person.position_m - take.hips_m
        rows.setdefault('position', []).append((error[None], person.position_covariance[None]))
        error = person.velocity_mps - walk.velocity_m()
        rows.setdefault('velocity', []).append((error[None], person.velocity_covariance[None]))
        errors = person.joints.positions_m - take.joints_m
        for name, which in (('seen joints', ~take.hidden), ('hidden joints', take.hidden)):
            covariances = person.joints.position_covariances[which]
            rows.setdefault(name, []).append((errors[which], covariances))
    return {
        name: (np.concatenate([e for e, _ in parts]), np.concatenate([c for _, c in parts]))
        for name, parts in rows.items()
    }


def measure(blindness: Blindness, walks: int) -> dict[str, Figures]:
    """Return the figures over random walks, half of them behind a table."""
    parts = []
    for seed in range(walks):
        walk = random_walk(seed)
        table = (60.0, 260.0) if seed % 2 else None
        takes = film(walk, seed=seed, table=table, seconds=5.0, fps=10.0)
        parts.append(score(follow(takes, blindness), walk))
    return {
        name: Figures.of(
            np.concatenate([part[name][0] for part in parts if name in part]),
            np.concatenate([part[name][1] for part in parts if name in part]),
        )
        for name in ('position', 'velocity', 'seen joints', 'hidden joints')
    }


def main() -> None:
    """Print the figures of 40 walks."""
    for blindness in (with_depth, without_depth, without_metres):
        print(blindness.__name__.replace('_', ' '))
        for name, figures in measure(blindness, 40).items():
            print(
                f'  {name:14} {figures.error:6.3f}   1 sigma {figures.one_sigma:4.0%}'
                f'   2 sigma {figures.two_sigma:4.0%}'
            )


if __name__ == '__main__':
    main()
