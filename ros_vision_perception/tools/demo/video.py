"""Write a video with whatever codec this machine's OpenCV has."""

from pathlib import Path

import cv2
import numpy as np

from ros_vision_perception.core.errors import ConfigurationError

# Suffix and codec, best first.
_FORMATS = (('.mp4', 'mp4v'), ('.avi', 'MJPG'))


class VideoRecorder:
    """A video file that grows frame by frame.

    Attributes:
        path: the file; its suffix tells the format that was available.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        """Open a video of (width, height) px; `path` has no suffix.

        Raises:
            ConfigurationError: when the file cannot be written or no codec is there.
        """
        self._size = size
        for suffix, codec in _FORMATS:
            self.path = path.with_name(path.name + suffix)
            code = cv2.VideoWriter.fourcc(*codec)
            self._writer = cv2.VideoWriter(str(self.path), code, fps, size)
            if self._writer.isOpened():
                return
            self.path.unlink(missing_ok=True)
        tried = ' or '.join(f'{suffix} ({codec})' for suffix, codec in _FORMATS)
        raise ConfigurationError(f'OpenCV can write neither {tried} to {path.parent}')

    def write(self, image: np.ndarray) -> None:
        """Append a frame (H, W, 3) uint8 BGR; one of another size is fitted in."""
        self._writer.write(fit(image, self._size))

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


def fit(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the image scaled into (width, height) px, aspect ratio kept, with black bars."""
    width, height = size
    if image.shape[:2] == (height, width):
        return image
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    canvas: np.ndarray = np.zeros((height, width, 3), np.uint8)
    x, y = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[y : y + inner[1], x : x + inner[0]] = cv2.resize(
        image, inner, interpolation=cv2.INTER_AREA
    )
    return canvas
