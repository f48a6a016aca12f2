"""One run of the demo: images go out at their pace, and results come in."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from queue import Empty, Queue
import threading
import time

import numpy as np

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.human import Humans
from ros_vision_perception.nodes.camera_link import (
    HUMANS,
    SKELETON,
    CameraLink,
    Heard,
    decode_humans,
)
from ros_vision_perception.tools.children import Children
from ros_vision_perception.tools.demo.recorder import Recorder
from ros_vision_perception.tools.demo.statistics import Statistics

FRAME_ID = 'camera_optical_frame'
# Loading the models on a busy machine, and the last result after the last image.
_READY_TIMEOUT_S, _LAST_RESULT_TIMEOUT_S = 120.0, 5.0
# Images waiting for their result; with more, the oldest is given up.
_MAX_PENDING = 120
_TRIAL_PERIOD_S = 1.0


@dataclass(frozen=True)
class Sent:
    """An image that was published.

    Attributes:
        index: its number in the run, from 0.
        stamp_ns: time of publishing, ns; its header's stamp.
        image: (H, W, 3) uint8 BGR.
    """

    index: int
    stamp_ns: int
    image: np.ndarray


@dataclass(frozen=True)
class Answer:
    """An image and the result of this very image."""

    sent: Sent
    humans: Humans


class Session:
    """Sends images to the nodes and gathers what they say.

    Attributes:
        statistics: of the run so far.
    """

    def __init__(self, children: Children, listeners: int) -> None:
        """Join ROS.

        Args:
            children: the nodes, to see that they live.
            listeners: number of nodes that want the images.
        """
        self.statistics = Statistics()
        self._children = children
        self._expected_listeners = listeners
        self._events: Queue[Sent | Heard] = Queue()
        self._pending: dict[int, Sent] = {}
        self._has_answer = threading.Event()
        self._is_recording = threading.Event()
        self._stop = threading.Event()
        self._link = CameraLink(FRAME_ID, self._hear)

    def wait_until_ready(self, image: np.ndarray) -> None:
        """Return when the nodes have loaded their models and answered a trial image.

        Until then some of the connections may not be there, and whatever is sent may be lost.

        Args:
            image: (H, W, 3) uint8 BGR, sent until there is a result; nothing of it is kept.

        Raises:
            PerceptionError: when a node ends, or takes too long.
        """
        deadline, next_trial = time.monotonic() + _READY_TIMEOUT_S, 0.0
        while not self._has_answer.is_set():
            self._children.check()
            now = time.monotonic()
            if now > deadline:
                raise PerceptionError(f'the nodes were not ready after {_READY_TIMEOUT_S:.0f} s')
            if self._link.listeners >= self._expected_listeners and now >= next_trial:
                self._link.publish(image, time.time_ns())
                next_trial = now + _TRIAL_PERIOD_S
            time.sleep(0.02)

    def answers(
        self, images: Iterable[np.ndarray], fps: float, recorder: Recorder
    ) -> Generator[Answer | None, None, None]:
        """Send images and yield their results as they come, and None while there is none.

        Args:
            images: (H, W, 3) uint8 BGR each.
            fps: how many to send per second.
            recorder: keeps all messages.

        Raises:
            PerceptionError: when a node ends, or an image cannot be read.
        """
        sender = _Sender(self._link, images, fps, self._events, self._stop)
        self._is_recording.set()
        sender.start()
        active = time.monotonic()
        try:
            while not self._stop.is_set() and (
                sender.is_alive()
                or not self._events.empty()
                or (self._pending and time.monotonic() < active + _LAST_RESULT_TIMEOUT_S)
            ):
                self._children.check()
                try:
                    event = self._events.get(timeout=0.1)
                except Empty:
                    yield None
                    continue
                active = time.monotonic()
                yield self._take(event, recorder)
        finally:
            self.stop()
        if sender.error is not None:
            raise sender.error

    def stop(self) -> None:
        """Stop sending; `answers` ends."""
        self._stop.set()

    def close(self) -> None:
        """Stop sending and leave ROS."""
        self.stop()
        self._link.close()

    def _hear(self, heard: Heard) -> None:
        if heard.name == HUMANS:
            self._has_answer.set()
        if heard.name == SKELETON or self._is_recording.is_set():
            self._events.put(heard)

    def _take(self, event: Sent | Heard, recorder: Recorder) -> Answer | None:
        if isinstance(event, Heard):
            recorder.message(event)
            return self._answer(event)
        recorder.image(event.image, event.stamp_ns)
        self._keep_pending(event)
        return None

    def _keep_pending(self, sent: Sent) -> None:
        self.statistics.sent += 1
        self._pending[sent.stamp_ns] = sent
        if len(self._pending) > _MAX_PENDING:
            del self._pending[min(self._pending)]
            self.statistics.dropped += 1

    def _answer(self, heard: Heard) -> Answer | None:
        if heard.name != HUMANS:
            return None
        humans = decode_humans(heard.data)
        sent = self._pending.pop(humans.stamp_ns, None)
        if sent is None:  # of an image that was given up
            return None
        passed_over = [stamp for stamp in self._pending if stamp < humans.stamp_ns]
        for stamp in passed_over:
            del self._pending[stamp]
        self.statistics.dropped += len(passed_over)
        self.statistics.answer(humans.stamp_ns, heard.received_ns)
        return Answer(sent, humans)


class _Sender(threading.Thread):
    """Publishes images at a steady pace; one that comes too late moves the later ones.

    Attributes:
        error: what ended it, if anything.
    """

    def __init__(
        self,
        link: CameraLink,
        images: Iterable[np.ndarray],
        fps: float,
        events: Queue,
        stop: threading.Event,
    ) -> None:
        super().__init__(name='camera', daemon=True)
        self.error: Exception | None = None
        self._link, self._images, self._period_s = link, images, 1.0 / fps
        self._events, self._stop_asked = events, stop

    def run(self) -> None:
        """Send until there are no more images or the stop event is set."""
        try:
            due = time.monotonic()
            for index, image in enumerate(self._images):
                if self._stop_asked.wait(max(due - time.monotonic(), 0.0)):
                    return
                due = max(due, time.monotonic() - self._period_s) + self._period_s
                stamp_ns = time.time_ns()
                # First, so that no result can overtake it.
                self._events.put(Sent(index, stamp_ns, image))
                self._link.publish(image, stamp_ns)
        except Exception as error:  # raised again by whoever waits for the results
            self.error = error
