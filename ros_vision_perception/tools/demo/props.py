"""The rest of the demo's scene: a brick wall, a counter and a pillar, painted at the start."""

import cv2
import numpy as np

from ros_vision_perception.tools.demo.cutouts import read_photo


def wall(width: int, height: int) -> np.ndarray:
    """Return the (height, width, 3) uint8 BGR background: bricks out of focus, lit from above."""
    bricks = cv2.resize(read_photo('brick.png'), (height // 2, height // 2))
    tiles = np.tile(bricks, (2, -(-2 * width // height), 1))[:height, :width]
    soft = cv2.GaussianBlur(tiles, (0, 0), 3.0).astype(np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    distance = np.hypot((columns - 0.45 * width) / width, (rows + 0.1 * height) / height)
    light = (1.25 - 0.75 * distance)[..., None]
    paint = 150 + 0.45 * (soft - soft.mean())
    return _bytes(paint * light * (1.06, 1.12, 1.16))


def counter(width: int, height: int) -> np.ndarray:
    """Return a (height, width, 3) uint8 BGR wooden counter."""
    grain = _noise((height, width), (40, 1), seed=1) * 4
    shade = np.linspace(1.0, 0.72, height)[:, None]
    picture = (np.array([62, 92, 128]) + grain[..., None]) * shade[..., None]
    for x in range(0, width, 96):
        picture[14:, x : x + 2] *= 0.6
    picture[:11] = np.array([96, 136, 178]) + grain[:11, :, None]
    picture[11:16] *= 0.55
    return _bytes(picture)


def pillar(width: int, height: int) -> np.ndarray:
    """Return a (height, width, 3) uint8 BGR pillar of concrete."""
    gravel = cv2.resize(read_photo('gravel.png'), (width * 2, width * 2))[:, :width]
    tiles = np.tile(gravel, (-(-height // len(gravel)), 1, 1))[:height].astype(np.float32)
    across = np.linspace(-1, 1, width)
    shade = 0.35 + 0.65 * np.sqrt(1 - (0.92 * across - 0.12).clip(-1, 1) ** 2)
    picture = (165 + 0.06 * (tiles - tiles.mean())) * shade[None, :, None]
    return _bytes(picture * (1.0, 1.02, 1.04))


def _noise(shape: tuple[int, int], blur: tuple[int, int], seed: int) -> np.ndarray:
    """Return noise of unit variance, smooth over `blur` (x, y) px, the same each time."""
    noise = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    soft = cv2.blur(noise, blur)
    return soft / soft.std()


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)
