"""Where to search the next frame for people, so that the cost is spread thin over the frames."""

from functools import lru_cache

import numpy as np

from ros_vision_perception.core.types import Frame

# For this long a person who was lost is searched for around the place where they were.
_REMEMBER_NS = 1_500_000_000
# The most views that wait to be looked at again.
_MAX_AGAIN = 4
# Change is measured on an image whose shorter side has about this many pixels. Differences of grey
# up to the first are noise; the second is what waiting alone counts for, beside the change.
_SMALL_SIDE, _NOISE, _PATIENCE = 48, 4.0, 1.0


class Search:
    """Chooses the squares of each frame in which a detector looks for people.

    The first frame is searched everywhere, but not with the smallest tiles: they show a part of a
    large person as somebody small. After that the whole image and each size of tiles take turns.
    Of the tiles of one size that one is due which has waited longest and in which most has
    changed: who is new there has moved. Every second look goes where somebody new was found, in
    case they were not believed in or hide somebody; who was lost is searched for where they were.

    Attributes:
        looks: how often it was looked since the first frame.
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
        self.looks = self._turns = 0
        self._lost: list[tuple[int, np.ndarray]] = []
        self._again: list[tuple[int, np.ndarray]] = []
        self._looked_at: dict[tuple[int, int], int] = {}
        self._views = np.empty((0, 4))
        self._small: np.ndarray | None = None

    def lose(self, views: np.ndarray, stamp_ns: int) -> None:
        """Remember the squares (N, 4) px around people who were lost in the frame of that time."""
        self._lost = [(stamp_ns, view) for view in views] + self._lost

    def look_again(self, centers_xy: np.ndarray, stamp_ns: int) -> None:
        """Return soon to where new people were found this time.

        Args:
            centers_xy: (N, 2) px, of the people.
            stamp_ns: of the frame of the latest views.
        """
        middles = self._views.reshape(-1, 2, 2).mean(axis=1)
        for center in centers_xy:
            view = self._views[np.abs(middles - center).max(axis=1).argmin()]
            self._again.append((stamp_ns, view))
        self._again = self._again[-_MAX_AGAIN:]

    def views(self, frame: Frame, anybody: bool) -> np.ndarray:
        """Return the squares (V, 4) px to search in this frame.

        Args:
            frame: the camera image.
            anybody: whether somebody is followed.
        """
        self._lost, self._again = (
            [
                (seen_ns, view)
                for seen_ns, view in views
                if frame.stamp_ns - seen_ns <= _REMEMBER_NS
            ]
            for views in (self._lost, self._again)
        )
        last_ns, levels = self._last_look_ns, search_levels(frame.size, self._tile_sides)
        if anybody and last_ns is not None and frame.stamp_ns - last_ns < self._interval_ns:
            return np.empty((0, 4))
        self._last_look_ns = frame.stamp_ns
        if last_ns is None:
            self._small = _small(frame)
            self._views = np.concatenate(levels[: max(1, len(levels) - 1)])
            return self._views
        self.looks += 1
        again = self.looks % 2 == 1 and len(self._again) > 0
        due = [self._again.pop(0)[1]] if again else [self._turn(levels, frame)]
        self._views = np.array([*self._focus(), *due])
        if not anybody and not (self._views == levels[0]).all(axis=1).any():
            self._views = np.concatenate((self._views, levels[0]))
        return self._views

    def _focus(self) -> list[np.ndarray]:
        """Return the square around one of the lost people, each in turn."""
        return [self._lost[self.looks % len(self._lost)][1]] if self._lost else []

    def _turn(self, levels: tuple[np.ndarray, ...], frame: Frame) -> np.ndarray:
        """Return the square (4,) that is due of the level that is next."""
        self._turns += 1
        level = self._turns % len(levels)
        views = levels[level]
        if len(views) == 1:
            return views[0]
        waited = [self.looks - self._looked_at.get((level, i), 0) for i in range(len(views))]
        index = int(np.argmax(waited * (_PATIENCE + self._changes(frame, views))))
        self._looked_at[level, index] = self.looks
        return views[index]

    def _changes(self, frame: Frame, views: np.ndarray) -> np.ndarray:
        """Return (V,) how much the frame differs in each view from when this was last asked."""
        small = _small(frame)
        if self._small is None or self._small.shape != small.shape:
            self._small = small
        change = np.maximum(np.abs(small - self._small) - _NOISE, 0.0)
        self._small = small
        cells = (np.maximum(views, 0.0) * (len(small) / frame.size[1])).astype(int)
        return np.array([change[y0:y1, x0:x1].mean() for x0, y0, x1, y1 in cells])


def _small(frame: Frame) -> np.ndarray:
    """Return a small grey (h, w) float32 copy of the frame."""
    step = max(1, min(frame.size) // _SMALL_SIDE)
    pixels = frame.pixels[::step, ::step].astype(np.float32)
    return pixels if pixels.ndim == 2 else pixels.mean(axis=-1)


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
