"""Who is who from frame to frame, in files that do not tell, and who of them moves most."""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.core.anatomy import anatomy_of
from ros_vision_perception.core.association import assign
from ros_vision_perception.core.bodies import bone_lengths, heights_px
from ros_vision_perception.core.skeleton import COCO17

# Nobody goes so far from one frame to the next, body heights; somebody who was lost for so many
# frames is somebody new, and who is there in fewer than the last is nobody.
_REACH, _PATIENCE, _LEAST = 0.3, 15, 12
# Bones count whose ends are likelier seen than this.
_KNOWN = 0.3
# What moves less, heights squared, is a picture of somebody.
_STILL = 1e-9
_ANATOMY = anatomy_of(COCO17)
Frame = tuple[np.ndarray, np.ndarray]


def follow(frames: Sequence[Frame]) -> Frame:
    """Return points (P, F, 17, 2) px and how likely they are seen (P, F, 17), row by person.

    Each goes on as whoever is nearest by their joints, all of them at once.

    Args:
        frames: points (N, 17, 2) px and how likely they are seen (N, 17), in any order.
    """
    rows: list[dict[int, int]] = []
    for number, (points, _) in enumerate(frames):
        near = [row for row in rows if number - _latest(row) <= _PATIENCE]
        last = [frames[_latest(row)][0][row[_latest(row)]] for row in near]
        closeness = np.array([[_closeness(old, new) for new in points] for old in last])
        old, new = assign(closeness.reshape(len(near), len(points)))
        for row, person in zip(old, new, strict=True):
            near[row][number] = int(person)
        rows += [{number: person} for person in range(len(points)) if person not in new]
    rows = [row for row in rows if len(row) >= _LEAST]
    whole = np.full((len(rows), len(frames), len(COCO17), 2), np.nan)
    seen = np.zeros(whole.shape[:-1])
    for person, row in enumerate(rows):
        for number, place in row.items():
            whole[person, number], seen[person, number] = (part[place] for part in frames[number])
    return whole, seen


def _latest(row: dict[int, int]) -> int:
    """Return the last frame, which was put in last."""
    return next(reversed(row))


def _closeness(old: np.ndarray, new: np.ndarray) -> float:
    """Return how near two sets of joints (17, 2) px are; 0 if they cannot be of one person."""
    both = np.isfinite(old[:, 0]) & np.isfinite(new[:, 0])
    if not both.any():
        return 0.0
    distance = np.linalg.norm(old[both] - new[both], axis=-1).mean()
    height = max(np.ptp(old[both], axis=0).max(), np.ptp(new[both], axis=0).max(), 1.0)
    return float(max(_REACH - distance / height, 0.0))


def heights_of(points_xy: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return (F,) px how tall somebody would be upright, NaN where no bone is seen.

    Args:
        points_xy: (F, 17, 2) px of one person.
        seen: (F, 17).
    """
    known = np.where((seen > _KNOWN)[..., None], points_xy, np.nan)
    return heights_px(bone_lengths(known, _ANATOMY), _ANATOMY)


def liveliest(points_xy: np.ndarray, seen: np.ndarray, count: int) -> list[int]:
    """Return the rows of those who move most, as the authors of NTU RGB+D choose them.

    What is taken for a body beside them, a table or a chair, moves less.

    Args:
        points_xy: (P, F, 17, 2) px.
        seen: (P, F, 17).
        count: how many at most.
    """
    motion = np.zeros(len(points_xy))
    for person, (points, likely) in enumerate(zip(points_xy, seen, strict=True)):
        heights = heights_of(points, likely)
        found = np.isfinite(heights)
        if found.sum() > 1:
            scaled = points[found] / np.median(heights[found])
            there = (likely[found] > 0).any(axis=0)
            motion[person] = np.nanvar(scaled[:, there], axis=0).sum()
    order = np.argsort(-motion, kind='stable')[:count]
    return [int(person) for person in order if motion[person] > _STILL]
