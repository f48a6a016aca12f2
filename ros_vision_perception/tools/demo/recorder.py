"""Keep a run: overlay video, contact sheet, bag."""

from pathlib import Path

import cv2
import numpy as np

from ros_vision_perception.core.human import Humans
from ros_vision_perception.nodes.camera_link import SKELETON, Heard
from ros_vision_perception.render.overlay import draw_overlay
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.demo.contact_sheet import ContactSheet
from ros_vision_perception.tools.demo.video import VideoRecorder

# Name of the images in the bag; our nodes listen to it.
IMAGE_TOPIC = '/image/compressed'


class Recorder:
    """Writes into one folder."""

    def __init__(self, folder: Path, fps: float, frame_id: str) -> None:
        """Write a video of `fps` frames per second; `frame_id` is the camera's."""
        self._folder = folder
        self._fps = fps
        self._frame_id = frame_id
        self._bag = BagRecorder(folder / 'bag')
        self._sheet = ContactSheet()
        self._video: VideoRecorder | None = None
        self._shown: tuple[int, np.ndarray]

    def message(self, heard: Heard) -> None:
        """Keep a message, byte by byte."""
        latched = heard.name == SKELETON
        self._bag.write(
            heard.topic, heard.message_type, heard.received_ns, heard.data, latched=latched
        )

    def image(self, image: np.ndarray, stamp_ns: int) -> None:
        """Keep an image (H, W, 3) uint8 BGR that was published at `stamp_ns`."""
        self._bag.write_jpeg(IMAGE_TOPIC, stamp_ns, (stamp_ns, self._frame_id), image)

    def result(self, index: int, image: np.ndarray, humans: Humans) -> np.ndarray:
        """Keep the result of an image, and return the picture of both.

        Args:
            index: number of the image in the run. In the video, the picture before stands still
                for the images between that have no result.
            image: (H, W, 3) uint8 BGR.
            humans: the result of this very image.
        """
        picture = draw_overlay(image, humans)
        if self._video is None:
            size = image.shape[1], image.shape[0]
            self._video = VideoRecorder(self._folder / 'overlay', size, self._fps)
            cv2.imwrite(str(self.first_picture), picture)
            self._shown = index, picture
        last_index, last_picture = self._shown
        for _ in range(last_index + 1, index):
            self._video.write(last_picture)
        self._video.write(picture)
        self._shown = index, picture
        self._sheet.add(image, humans)
        return picture

    @property
    def first_picture(self) -> Path:
        """Where the first picture of a run is, as soon as there is one."""
        return self._folder / 'first_overlay.png'

    def close(self) -> list[Path]:
        """Finish all files and return them."""
        self._bag.close()
        if self._video is None:
            return [self._bag.path]
        self._video.close()
        sheet = self._folder / 'contact_sheet.png'
        # Small, for a picture like this ends up in documents.
        cv2.imwrite(str(sheet), self._sheet.picture(), (cv2.IMWRITE_PNG_COMPRESSION, 9))
        return [self._video.path, sheet, self._bag.path]
