"""The frames in which the fusion is most wrong, on one picture."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ros_vision_perception.core.human import Humans, JointState
from ros_vision_perception.render.legend import legend
from ros_vision_perception.render.overlay import draw_people
from ros_vision_perception.render.palette import bgr
from ros_vision_perception.tools.evaluate.metrics import joint_similarities
from ros_vision_perception.tools.evaluate.records import Records
from ros_vision_perception.tools.evaluate.sheet import COLUMNS, sheet
from ros_vision_perception.tools.truth import Truth

_ROWS = 4
# Frames closer together than this show the same.
_APART = 10
_STATES = (JointState.UNKNOWN, JointState.PREDICTED)


@dataclass(frozen=True)
class _Frame:
    badness: float
    clip: str
    number: int
    image: np.ndarray
    truth: Truth
    humans: Humans


class WorstFrames:
    """Keeps the worst frames of a run, never more than fit on the sheet."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: list[_Frame] = []

    def add(
        self, clip: str, image: np.ndarray, truth: Truth, humans: Humans, records: Records
    ) -> None:
        """Consider the next frame (H, W, 3) uint8 BGR; nothing is copied."""
        if not len(records):
            return
        frame = _Frame(badness(records), clip, int(records.frames[0]), image, truth, humans)
        rivals = [
            kept
            for kept in self._kept
            if kept.clip == clip and frame.number - kept.number < _APART
        ]
        if any(rival.badness >= frame.badness for rival in rivals):
            return
        # A frame has no more than one rival, for those would have been each other's.
        self._kept = [kept for kept in self._kept if all(kept is not r for r in rivals)]
        self._kept.append(frame)
        if len(self._kept) > COLUMNS * _ROWS:
            self._kept.pop(min(range(len(self._kept)), key=lambda i: self._kept[i].badness))

    def write(self, path: Path) -> None:
        """Write the sheet, worst first; the truth is a square, joined to what the fusion says."""
        frames = sorted(self._kept, key=lambda kept: -kept.badness)
        whole = sheet([_picture(frame) for frame in frames])
        cv2.imwrite(str(path), np.vstack((whole, legend(whole.shape[1], 1.1)[..., :3])))


def badness(records: Records) -> float:
    """Return how wrong the fusion is about a frame: joints of the wrong state or place.

    A joint that is nowhere near counts as much as one of the wrong state.
    """
    wrong = (records.states != records.true_states) & ~np.isin(records.true_states, _STATES)
    errors = records.errors_px[:, 0]
    similar = joint_similarities(errors, records.areas_px2, records.sigmas)
    return float(wrong.sum() + np.nansum(1 - similar))


def _picture(frame: _Frame) -> np.ndarray:
    picture = draw_people(frame.image, frame.humans)
    size = max(round(picture.shape[1] / 150), 2)
    for point, state in zip(
        frame.truth.joints_xy.reshape(-1, 2), frame.truth.states.ravel().tolist(), strict=True
    ):
        if np.isfinite(point).all() and state not in _STATES:
            x, y = np.rint(point).astype(int).tolist()
            corners = (x - size, y - size), (x + size, y + size)
            cv2.rectangle(picture, *corners, (255, 255, 255), -1)
            cv2.rectangle(picture, *corners, bgr(JointState(state)), max(size // 2, 1))
    return picture
