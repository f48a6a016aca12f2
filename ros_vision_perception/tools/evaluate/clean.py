"""What a pose model finds in a clip that hides nobody, taken for the truth about that clip.

It is no better than the model: where the model is sure of a joint on the clean clip, that place is
what the joint's place is compared with when something is laid over it.
"""

from collections.abc import Sequence

import numpy as np

from ros_vision_perception.core.association import assign, box_scales
from ros_vision_perception.core.geometry import oks
from ros_vision_perception.core.human import JointState
from ros_vision_perception.core.types import Keypoints
from ros_vision_perception.tools.truth import Truth

# A joint is taken for seen above the one, for hidden by its own body below the other.
_SEEN, _HIDDEN = 0.7, 0.3
# Two poses in successive frames that are this alike are one person.
_MIN_OKS = 0.3
# People who are there for a shorter time are taken for mistakes, frames.
_MIN_FRAMES = 8


def pseudo_truths(clip: Sequence[Keypoints]) -> list[Truth]:
    """Return the truth of each frame, with a row for everyone who appears in the clip.

    A joint of which the model is sure is VISIBLE. One that it says is hidden, inside the person's
    own mask and outside of everybody else's, is OCCLUDED_BY_SELF. All others are UNKNOWN.

    Args:
        clip: what the model found, frame by frame; with the masks of people if it can.
    """
    rows = _link(clip)
    count = max((int(frame.max(initial=-1)) + 1 for frame in rows), default=0)
    seen = np.bincount(np.concatenate(rows), minlength=count) if rows else np.zeros(0)
    kept = np.flatnonzero(seen >= _MIN_FRAMES)
    return [_truth(frame, ids, kept) for frame, ids in zip(clip, rows, strict=True)]


def _link(clip: Sequence[Keypoints]) -> list[np.ndarray]:
    """Return per frame the (N,) number of the person that each pose is, from 0 on."""
    rows: list[np.ndarray] = []
    count, last = 0, None
    for frame in clip:
        ids = np.full(len(frame), -1)
        if last is not None and len(last) and len(frame):
            areas = box_scales(last.boxes_xyxy)[:, None] ** 2
            alike = oks(
                last.keypoints_xy,
                frame.keypoints_xy,
                frame.skeleton.sigmas,
                areas,
                np.ones((1, 1, len(frame.skeleton))),
            )
            old, new = assign(np.where(alike > _MIN_OKS, alike, 0.0))
            ids[new] = rows[-1][old]
        fresh = ids < 0
        ids[fresh] = count + np.arange(fresh.sum())
        count += int(fresh.sum())
        rows.append(ids)
        last = frame
    return rows


def _truth(frame: Keypoints, ids: np.ndarray, kept: np.ndarray) -> Truth:
    people, joints = len(kept), len(frame.skeleton)
    points = np.full((people, joints, 2), np.nan)
    states = np.full((people, joints), JointState.UNKNOWN, np.uint8)
    areas = np.full(people, np.nan)
    inside = np.all((frame.keypoints_xy >= 0) & (frame.keypoints_xy < frame.image_size), axis=2)
    confidence = np.where(np.isfinite(frame.visibility), frame.visibility, frame.scores)
    for row, number in enumerate(kept):
        for pose in np.flatnonzero(ids == number).tolist():
            known = inside[pose] & (confidence[pose] >= _SEEN)
            states[row, known] = JointState.VISIBLE
            hidden = inside[pose] & _hidden_by_self(frame, pose)
            states[row, hidden] = JointState.OCCLUDED_BY_SELF
            points[row, known | hidden] = frame.keypoints_xy[pose, known | hidden]
            areas[row] = box_scales(frame.boxes_xyxy[pose][None])[0] ** 2
    nobody, nowhere = np.full(states.shape, -1), np.zeros(states.shape, bool)
    return Truth(frame.skeleton, points, states, nobody, areas, is_measured=nowhere)


def _hidden_by_self(frame: Keypoints, pose: int) -> np.ndarray:
    """Return (K,) bool: joints that can only be behind the person's own body."""
    if not frame.masks:
        return np.zeros(len(frame.skeleton), bool)
    points = frame.keypoints_xy[pose]
    covered = [mask.contains(points) for mask in frame.masks]
    own = covered.pop(pose)
    others = np.any(covered, axis=0) if covered else np.zeros_like(own)
    return (frame.visibility[pose] < _HIDDEN) & own & ~others
