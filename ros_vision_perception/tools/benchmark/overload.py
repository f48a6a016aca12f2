"""Measures what becomes of many more images than the perception can take."""

import argparse
from collections import Counter
import json
import os
from pathlib import Path
from queue import Empty, Queue
import tempfile
import time
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.pipeline.load import DEFAULT_POSE, DEFAULT_SEGMENTATION
from ros_vision_perception.tools.benchmark import inputs
from ros_vision_perception.tools.benchmark.arguments import count
from ros_vision_perception.tools.benchmark.report import percentiles

_READY_TIMEOUT_S, _END_S = 120.0, 3.0
# Images are kept in memory, so many; at first they come this slowly, for this long.
_KEPT, _EASY_HZ, _EASY_S = 100, 5, 10


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    images = [np.ascontiguousarray(image) for image in inputs.read(arguments, _KEPT)]
    # Only now: --help needs no ROS.
    from ros_vision_perception.tools.environment import prepare_environment

    prepare_environment()
    with tempfile.TemporaryDirectory() as folder:
        flood = Flood(Path(folder), arguments.pose, arguments.segmentation)
        try:
            flood.send(images, _EASY_HZ, _EASY_S)  # the first images take longer
            alone_ms = flood.send(images, _EASY_HZ, _EASY_S)
            rate_hz = round(arguments.times * 1e3 / float(np.median(alone_ms)))
            overloaded_ms = flood.send(images, rate_hz, arguments.seconds)
            counters = flood.counters
        finally:
            flood.close()
    dropped = {key: value for key, value in counters.items() if key.startswith('dropped_')}
    result = {
        'rate_hz': rate_hz,
        'alone': percentiles(alone_ms),
        'overloaded': percentiles(overloaded_ms),
        'frames_sent': flood.sent,
        'frames_in': counters['frames_in'],
        'frames_out': counters['frames_out'],
        'dropped': dropped,
        'unaccounted': counters['frames_in'] - counters['frames_out'] - sum(dropped.values()),
    }
    for key, value in result.items():
        print(f'{key:12} {value}')
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))
    return os.EX_OK


class Flood:
    """Sends images to a perception node whether it can take them or not.

    Attributes:
        sent: number of images.
        counters: what the node counted, as it told last.
    """

    def __init__(self, folder: Path, pose: str, segmentation: str) -> None:
        """Start the node with these models and wait for it; `folder` is for its log."""
        from ros_vision_perception.nodes import camera_link
        from ros_vision_perception.tools.children import Children

        self.sent = 0
        self._ros: Any = camera_link
        self._heard: Queue[Any] = Queue()
        self._children = Children(folder, os.environ)
        models = {'pose_model': pose, 'segmentation_model': segmentation}
        self._children.start('perception_node', models)
        topics = (camera_link.HUMANS, camera_link.DIAGNOSTICS)
        self._link = camera_link.CameraLink('camera', self._heard.put, topics)
        self._handed_ns: dict[int, int] = {}
        self.counters: Counter[str] = Counter()
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while self._link.listeners < 1:
            self._children.check()
            if time.monotonic() > deadline:
                raise PerceptionError(f'the node was not ready after {_READY_TIMEOUT_S:.0f} s')
            time.sleep(0.05)

    def send(self, images: list[np.ndarray], rate_hz: float, seconds: float) -> list[float]:
        """Send images (H, W, 3) uint8 BGR; return how long after them their results came, ms."""
        begin = time.perf_counter()
        times_ms: list[float] = []
        frames = 0
        while time.perf_counter() < begin + seconds:
            stamp_ns = time.time_ns()
            self._handed_ns[stamp_ns] = self._link.publish(images[frames % len(images)], stamp_ns)
            frames += 1
            self._listen(begin + frames / rate_hz, times_ms)
        self._listen(time.perf_counter() + _END_S, times_ms)
        self._children.check()
        self._handed_ns.clear()
        self.sent += frames
        return times_ms

    def close(self) -> None:
        """End the node."""
        self._link.close()
        self._children.stop()

    def _listen(self, until_s: float, times_ms: list[float]) -> None:
        while True:
            try:
                heard = self._heard.get(timeout=max(until_s - time.perf_counter(), 0.0))
            except Empty:
                return
            if heard.name == self._ros.DIAGNOSTICS:
                self.counters = Counter(self._ros.decode_counters(heard.data)[1])
                continue
            handed_ns = self._handed_ns.pop(self._ros.stamp_of_humans(heard.data), None)
            if handed_ns is not None:
                times_ms.append((heard.received_ns - handed_ns) * 1e-6)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='benchmark overload', description=__doc__)
    inputs.add_arguments(parser)
    parser.add_argument('--times', type=count, default=10, help='too many; default 10')
    parser.add_argument('--seconds', type=count, default=60, help='how long; default 60')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    return parser
