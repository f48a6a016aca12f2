"""Lines, dots and text for pictures of any size: anti-aliased, sub-pixel, many at a time."""

import cv2
import numpy as np

BgrColor = tuple[int, int, int]
DARK: BgrColor = (24, 20, 16)
WHITE: BgrColor = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
UNIT_CIRCLE = np.stack(
    [f(np.linspace(0, 2 * np.pi, 20, endpoint=False)) for f in (np.cos, np.sin)], axis=1
)
# OpenCV draws at 1/16 px.
_SHIFT = 4
# Far outside of every image, near enough for fixed-point numbers.
_LIMIT_PX = 1e5


def unit_of(image: np.ndarray) -> float:
    """Return the size of a pen stroke relative to that on an image of 640 x 480."""
    return max(float(np.sqrt(image.shape[0] * image.shape[1] / (640 * 480))), 0.5)


def _fixed(points_xy: np.ndarray) -> np.ndarray:
    # Not np.clip: it takes longer than the drawing.
    near = np.maximum(np.minimum(points_xy, _LIMIT_PX), -_LIMIT_PX)
    return np.rint(near * 2**_SHIFT).astype(np.int32)


def draw_lines(
    image: np.ndarray, lines: np.ndarray, color: BgrColor, width_px: float, *, closed: bool = False
) -> None:
    """Draw M open or closed lines of P points each, (M, P, 2) px, in place."""
    if len(lines):
        width = max(round(width_px), 1)
        cv2.polylines(image, list(_fixed(lines)), closed, color, width, cv2.LINE_AA, _SHIFT)


def draw_dots(image: np.ndarray, centers: np.ndarray, radii: np.ndarray, color: BgrColor) -> None:
    """Draw filled circles in place: centres (M, 2) px, radii (M,) px."""
    for dot in _fixed(circles(centers, radii)):
        cv2.fillConvexPoly(image, dot, color, cv2.LINE_AA, _SHIFT)


def circles(centers: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the outlines (M, P, 2) px of circles: OpenCV's own small ones have corners."""
    return centers[:, None] + radii[:, None, None] * UNIT_CIRCLE


def dashes(segments: np.ndarray, dash_px: float, gap_px: float) -> np.ndarray:
    """Cut segments (M, 2, 2) px into dashes (D, 2, 2) px; the first begins with the segment."""
    starts, vectors = segments[:, 0], segments[:, 1] - segments[:, 0]
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    # A line that leads far out of the image is seen only at its beginning.
    counts = np.clip(np.ceil(lengths / (dash_px + gap_px)), 1, 500).astype(np.int64)
    owner = np.repeat(np.arange(len(segments)), counts)
    order = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    begins = order * (dash_px + gap_px)
    ends = np.minimum(begins + dash_px, lengths[owner])
    directions = (vectors / np.maximum(lengths, 1e-6)[:, None])[owner]
    both = np.stack((begins, ends), axis=1)[:, :, None]
    return starts[owner, None] + both * directions[:, None]


def text_size(text: str, unit: float) -> tuple[int, int]:
    """Return (width, height) px of a line of text."""
    (width, height), baseline = cv2.getTextSize(text, _FONT, 0.4 * unit, max(round(unit), 1))
    return width, height + baseline


def draw_text(
    image: np.ndarray, text: str, top_left: tuple[int, int], color: BgrColor, unit: float
) -> None:
    """Draw a line of text in place."""
    thickness = max(round(unit), 1)
    (_, height), _ = cv2.getTextSize(text, _FONT, 0.4 * unit, thickness)
    x, y = top_left
    cv2.putText(image, text, (x, y + height), _FONT, 0.4 * unit, color, thickness, cv2.LINE_AA)


def darken(image: np.ndarray, x: int, y: int, width: int, height: int) -> None:
    """Darken a rectangle in place, so that text on it can be read."""
    part = image[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    np.multiply(part, 0.3, out=part, casting='unsafe')
