"""What the demo's scene is made of, from back to front: props that stand, figures that move."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ros_vision_perception.core.geometry import apply_affine, invert_affine
from ros_vision_perception.tools.demo.cutouts import Cutout


@dataclass(frozen=True)
class Prop:
    """A rectangular thing that stands still.

    Attributes:
        picture: (h, w, 3) uint8 BGR.
        left, top: its place in the image, px; wholly inside.
    """

    picture: np.ndarray
    left: int
    top: int

    def paint(self, image: np.ndarray, phase: float) -> None:
        """Lay it over the image in place."""
        height, width = self.picture.shape[:2]
        image[self.top : self.top + height, self.left : self.left + width] = self.picture

    def covers(self, points_xy: np.ndarray, phase: float) -> np.ndarray:
        """Return (K,) bool: whether it hides each image point (K, 2) px."""
        height, width = self.picture.shape[:2]
        inside = points_xy - (self.left - 0.5, self.top - 0.5)
        return np.all((inside >= 0) & (inside < (width, height)), axis=1)


@dataclass(frozen=True)
class Figure:
    """Somebody, or something, that moves.

    Attributes:
        number: index among the people of the scene.
        cutout: the picture.
        place: phase -> scale, and x, y of the picture's lower left corner, px.
    """

    number: int
    cutout: Cutout
    place: Callable[[float], tuple[float, float, float]]

    def image_from_cutout(self, phase: float) -> np.ndarray:
        """Return the (2, 3) matrix that maps the cut-out's pixels to the image's."""
        scale, x, y = self.place(phase)
        return np.array([[scale, 0.0, x], [0.0, scale, y - scale * len(self.cutout.alpha)]])

    def paint(self, image: np.ndarray, phase: float) -> None:
        """Lay it over the image in place."""
        matrix = self.image_from_cutout(phase)
        height, width = self.cutout.alpha.shape
        corners = apply_affine(matrix, np.array([[0, 0], [width, height]]) - 0.5)
        left, top = np.maximum(np.floor(corners[0]), 0).astype(int)
        right, bottom = np.minimum(np.ceil(corners[1]) + 1, image.shape[1::-1]).astype(int)
        if left >= right or top >= bottom:
            return
        part_from_cutout = matrix - np.array([[0, 0, left], [0, 0, top]])
        size = int(right - left), int(bottom - top)
        colors = cv2.warpAffine(self.cutout.colors, part_from_cutout, size)
        alpha = cv2.warpAffine(self.cutout.alpha, part_from_cutout, size)
        part = image[top:bottom, left:right]
        rest = cv2.multiply(part, cv2.merge((255 - alpha,) * 3), scale=1 / 255)
        cv2.add(rest, colors, dst=part)

    def covers(self, points_xy: np.ndarray, phase: float) -> np.ndarray:
        """Return (K,) bool: whether it hides each image point (K, 2) px."""
        inside = apply_affine(invert_affine(self.image_from_cutout(phase)), points_xy)
        height, width = self.cutout.alpha.shape
        columns, rows = np.rint(np.nan_to_num(inside, nan=-1e6)).astype(int).T
        hit = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        result = np.zeros(len(points_xy), bool)
        result[hit] = self.cutout.alpha[rows[hit], columns[hit]] > 127
        return result
