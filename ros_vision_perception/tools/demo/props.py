"""The rest of the demo's scene: a brick wall, a counter and a pillar, painted at the start."""

import cv2
import numpy as np

from ros_vision_perception.core.skeleton import BLAZEPOSE33
from ros_vision_perception.core.types import JointState
from ros_vision_perception.tools.demo.cutouts import Cutout, read_photo


def wall(width: int, height: int) -> np.ndarray:
    """Return the (height, width, 3) uint8 BGR background: bricks out of focus, lit from above."""
    bricks = cv2.resize(read_photo('brick.png'), (height // 2, height // 2))
    tiles = np.tile(bricks, (2, -(-2 * width // height), 1))[:height, :width]
    soft = cv2.GaussianBlur(tiles, (0, 0), 2.2).astype(np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    distance = np.hypot((columns - 0.45 * width) / width, (rows + 0.1 * height) / height)
    light = (1.25 - 0.75 * distance)[..., None]
    paint = 150 + 0.45 * (soft - soft.mean())
    return np.clip(paint * light * (1.06, 1.12, 1.16), 0, 255).astype(np.uint8)


def counter(width: int, height: int) -> Cutout:
    """Return a wooden counter that fills its picture."""
    grain = _noise((height, width), (1, 40), seed=1) * 9
    shade = np.linspace(1.0, 0.72, height)[:, None]
    picture = (np.array([62, 92, 128]) + grain[..., None]) * shade[..., None]
    picture[:: max(height, 1)] = 30
    for x in range(0, width, 96):
        picture[14:, x : x + 2] *= 0.6
    picture[:11] = np.array([96, 136, 178]) + grain[:11, :, None]
    picture[11:16] *= 0.55
    return _opaque(picture)


def pillar(width: int, height: int) -> Cutout:
    """Return a round concrete pillar that fills its picture."""
    gravel = cv2.resize(read_photo('gravel.png'), (width * 2, width * 2))[:, :width]
    tiles = np.tile(gravel, (-(-height // len(gravel)), 1, 1))[:height].astype(np.float32)
    across = np.linspace(-1, 1, width)
    shade = 0.35 + 0.65 * np.sqrt(1 - (0.92 * across - 0.12).clip(-1, 1) ** 2)
    picture = (165 + 0.14 * (tiles - tiles.mean())) * shade[None, :, None]
    return _opaque(picture * (1.0, 1.02, 1.04))


def _noise(shape: tuple[int, int], blur: tuple[int, int], seed: int) -> np.ndarray:
    """Return smooth noise of unit variance, the same each time."""
    noise = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    soft = cv2.blur(noise, (blur[1], blur[0]))
    return soft / soft.std()


def _opaque(picture: np.ndarray) -> Cutout:
    joints = len(BLAZEPOSE33)
    return Cutout(
        np.clip(picture, 0, 255).astype(np.uint8),
        np.full(picture.shape[:2], 255, np.uint8),
        np.full((joints, 2), np.nan),
        np.full(joints, JointState.UNKNOWN, np.uint8),
    )
