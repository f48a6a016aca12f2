"""Choose the telling moments of a run, and put them onto one picture."""

from dataclasses import dataclass

import numpy as np

from ros_vision_perception.core.human import Humans, JointState
from ros_vision_perception.render.legend import legend
from ros_vision_perception.render.overlay import draw_people
from ros_vision_perception.tools.demo.video import fit

COLUMNS, ROWS = 2, 3
_TILE_WIDTH, _GAP = 480, 6
# PNG cannot compress the noise of photographs: colours are rounded to steps of this size.
_COLOR_STEP = 8
# How telling a joint in each state is; the others tell nothing.
_INTEREST = {
    JointState.VISIBLE: 0.5,
    JointState.OCCLUDED_BY_SELF: 0.5,
    JointState.OCCLUDED_BY_OBJECT: 1.0,
    JointState.OCCLUDED_BY_PERSON: 2.0,
}
# Frames kept at a time: a run of any length needs no more memory than this.
_CAPACITY = 4 * COLUMNS * ROWS


@dataclass(frozen=True)
class _Moment:
    interest: float
    frame: int
    image: np.ndarray
    humans: Humans


class ContactSheet:
    """Keeps the most telling frame of each stretch of time."""

    def __init__(self) -> None:
        """Begin without any frames."""
        self._best: dict[int, _Moment] = {}
        self._stretch = 1
        self._count = 0

    def add(self, image: np.ndarray, humans: Humans) -> None:
        """Consider the next frame (H, W, 3) uint8 BGR; the image is kept, not copied."""
        moment = _Moment(interest(humans), self._count, image, humans)
        self._count += 1
        self._keep(moment)
        if len(self._best) > _CAPACITY:
            moments, self._best = list(self._best.values()), {}
            self._stretch *= 2
            for old in moments:
                self._keep(old)

    def picture(self) -> np.ndarray:
        """Return the sheet (H, W, 3) uint8 BGR; there must be a frame."""
        moments = self._chosen()
        shape = moments[0].image.shape
        size = _TILE_WIDTH, round(_TILE_WIDTH * shape[0] / shape[1])
        tiles = [fit(draw_people(m.image, m.humans), size) for m in moments]
        rows = -(-len(tiles) // COLUMNS)
        columns = min(COLUMNS, len(tiles))
        width = columns * (size[0] + _GAP) - _GAP
        strip = legend(width, 1.1)
        sheet: np.ndarray = np.zeros((rows * (size[1] + _GAP) + len(strip), width, 3), np.uint8)
        for place, tile in enumerate(tiles):
            row, column = divmod(place, COLUMNS)
            y, x = row * (size[1] + _GAP), column * (size[0] + _GAP)
            sheet[y : y + size[1], x : x + size[0]] = tile
        sheet[-len(strip) :] = strip
        rounded = np.minimum(sheet.astype(np.uint16) + _COLOR_STEP // 2, 255) // _COLOR_STEP
        return (rounded * _COLOR_STEP).astype(np.uint8)

    def _keep(self, moment: _Moment) -> None:
        stretch = moment.frame // self._stretch
        kept = self._best.get(stretch)
        if kept is None or moment.interest > kept.interest:
            self._best[stretch] = moment

    def _chosen(self) -> list[_Moment]:
        """Return the most telling moment of each sixth of the run, in order."""
        moments = list(self._best.values())
        parts = np.array_split(np.arange(len(moments)), min(COLUMNS * ROWS, len(moments)))
        return [max((moments[i] for i in part), key=lambda m: m.interest) for part in parts]


def interest(humans: Humans) -> float:
    """Return how much a frame has to tell: joints, and above all those hidden by others."""
    return sum(
        weight * np.count_nonzero(human.joints.states == state)
        for human in humans.people
        for state, weight in _INTEREST.items()
    )
