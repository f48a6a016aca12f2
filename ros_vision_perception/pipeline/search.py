"""Where to search the next frame for people, so that the cost is spread thin over the frames."""

from functools import lru_cache

import numpy as np

from ros_vision_perception.core.types import Frame

# For this long a person who was lost is searched for around the place where they were.
_REMEMBER_NS = 1_500_000_000


class Search:
    """Chooses the squares of each frame in which a detector looks for people.

    The first frame is searched everywhere. After that the whole image and each size of tiles, in
    which small people appear larger, take turns; who was lost is searched for where they were.
    """

    def __init__(self, interval_s: float, tile_sides: tuple[float, ...]) -> None:
        """Look every `interval_s` while somebody is followed, and in each frame otherwise.

        Args:
            interval_s: time between two looks.
            tile_sides: sides of the tiles relative to the shorter side of the image.
        """
        self._interval_ns = round(interval_s * 1e9)
        self._tile_sides = tile_sides
        self.reset()

    def reset(self) -> None:
        """Begin a new stream."""
        self._last_look_ns: int | None = None
        self._looks = 0
        self._lost: list[tuple[int, np.ndarray]] = []

    def lose(self, views: np.ndarray, stamp_ns: int) -> None:
        """Remember the squares (N, 4) px around people who were lost in the frame of that time."""
        self._lost = [(stamp_ns, view) for view in views] + self._lost

    def views(self, frame: Frame, anybody: bool) -> np.ndarray:
        """Return the squares (V, 4) px to search in this frame.

        Args:
            frame: the camera image.
            anybody: whether somebody is followed.
        """
        self._lost = [lost for lost in self._lost if frame.stamp_ns - lost[0] <= _REMEMBER_NS]
        last_ns, levels = self._last_look_ns, search_levels(frame.size, self._tile_sides)
        if last_ns is None:
            self._last_look_ns = frame.stamp_ns
            return np.concatenate(levels)
        if anybody and frame.stamp_ns - last_ns < self._interval_ns:
            return np.empty((0, 4))
        self._last_look_ns = frame.stamp_ns
        self._looks += 1
        return np.array([*self._focus(), *self._turn(levels, anybody)])

    def _focus(self) -> list[np.ndarray]:
        """Return the square around one of the lost people, each in turn."""
        return [self._lost[self._looks % len(self._lost)][1]] if self._lost else []

    def _turn(self, levels: tuple[np.ndarray, ...], anybody: bool) -> list[np.ndarray]:
        """Return the next square of the next level, and the image while nobody is followed."""
        turns, level = divmod(self._looks, len(levels))
        due = [(level, turns % len(levels[level]))]
        if not anybody and level != 0:
            due.append((0, 0))
        return [levels[level][index] for level, index in due]


@lru_cache(maxsize=4)
def search_levels(
    image_size: tuple[int, int], tile_sides: tuple[float, ...]
) -> tuple[np.ndarray, ...]:
    """Return the squares to search, per size: the whole image first, then tiles.

    Args:
        image_size: (width, height) px.
        tile_sides: sides of the tiles relative to the shorter side of the image.

    Returns:
        Per size (V, 4) boxes xyxy px, with the edges of pixel (0, 0) at -0.5 and 0.5. Tiles
        overlap by about half. A size that is hardly smaller than the whole image is left out.
    """
    width, height = image_size
    whole = float(max(image_size))
    levels = [[((width - whole) / 2, (height - whole) / 2, whole)]]
    for side in (relative * min(image_size) for relative in tile_sides):
        if side < 0.9 * whole:
            levels.append(
                [(x, y, side) for y in _steps(height, side) for x in _steps(width, side)]
            )
    return tuple(
        np.array([(x, y, x + side, y + side) for x, y, side in level]) - 0.5 for level in levels
    )


def _steps(length: float, side: float) -> np.ndarray:
    """Return where tiles of `side` begin that cover `length` and overlap by about half."""
    steps = int(np.ceil((length - side) / (0.55 * side) - 1e-6))
    return np.linspace(0.0, length - side, 1 + steps)
