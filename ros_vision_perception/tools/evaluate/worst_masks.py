"""The photographs whose masks are most wrong, on one picture."""

import colorsys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.tools.evaluate.sheet import COLUMNS, sheet

_ROWS = 4
_OPACITY = 0.5
# Hues this far apart, as a share of the circle, never come close to each other soon.
_GOLDEN = 0.618


@dataclass(frozen=True)
class _Photo:
    badness: float
    pixels: np.ndarray
    found: InstanceMasks
    truth: np.ndarray


class WorstMasks:
    """Keeps the worst photographs of a run, never more than fit on the sheet."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: list[_Photo] = []

    def add(self, badness: float, frame: Frame, found: InstanceMasks, truth: np.ndarray) -> None:
        """Consider the next photograph.

        Args:
            badness: how wrong it is.
            frame: in 'bgr8'.
            found: its masks.
            truth: (H, W) ints, the annotated segment of each pixel.
        """
        self._kept.append(_Photo(badness, frame.pixels, found, truth))
        self._kept.sort(key=lambda photo: -photo.badness)
        del self._kept[COLUMNS * _ROWS :]

    def write(self, path: Path) -> None:
        """Write the sheet, worst first: what was found in colours, what is there outlined."""
        if self._kept:
            cv2.imwrite(str(path), sheet([_picture(photo) for photo in self._kept]))


def _picture(photo: _Photo) -> np.ndarray:
    picture = photo.pixels.copy()
    for index, mask in enumerate(photo.found.masks):
        height, width = mask.bitmap.shape
        part = picture[mask.y : mask.y + height, mask.x : mask.x + width]
        color = 255 * np.array(colorsys.hsv_to_rgb(index * _GOLDEN % 1, 1, 1))
        part[mask.bitmap] = (1 - _OPACITY) * part[mask.bitmap] + _OPACITY * color
    edges = np.zeros(photo.truth.shape, bool)
    edges[:, 1:] |= photo.truth[:, 1:] != photo.truth[:, :-1]
    edges[1:] |= photo.truth[1:] != photo.truth[:-1]
    picture[cv2.dilate(edges.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0] = 255
    for mask, name in zip(photo.found.masks, photo.found.class_names, strict=True):
        height, width = mask.bitmap.shape
        # At the middle of the mask, or close to it where it is not the mask's.
        rows, columns = np.nonzero(mask.bitmap)
        middle = len(rows) // 2
        place = (mask.x + int(columns[middle]), mask.y + int(rows[middle]))
        _write(picture, name, place)
    return picture


def _write(picture: np.ndarray, text: str, place: tuple[int, int]) -> None:
    for grey, thickness in ((0, 3), (255, 1)):
        color = (grey, grey, grey)
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, thickness)
