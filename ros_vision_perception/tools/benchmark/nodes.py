"""The nodes under measurement: real processes, fed over DDS one image at a time."""

import argparse
from collections import defaultdict
import os
from pathlib import Path
from queue import Empty, Queue
import time

import numpy as np

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.nodes.camera_link import (
    HUMANS,
    SKELETON,
    STAGE_TIMES,
    CameraLink,
    Heard,
    decode_stage_times,
    stamp_of_humans,
)
from ros_vision_perception.tools.benchmark.inputs import paced
from ros_vision_perception.tools.children import Children

_READY_TIMEOUT_S, _RESULT_TIMEOUT_S = 120.0, 2.0


class RunningNodes:
    """Sends each image when the last one's result is there, and keeps the times.

    Attributes:
        whole_ms: per result, from handing the image to DDS until its result was received, ms.
        stages_ms: name of a stage -> times, ms, over the frames and nodes.
        sent: number of images sent.
        running_s: time in which images were sent.
        memory_mb: resident memory of all nodes after each turn, without the segments that they
            share with the camera, of which more and more is touched, MB.
        peak_mb: the most resident memory, shared segments included, known at the end, MB.
    """

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        """Start the nodes and wait until they listen; `folder` is for their logs."""
        self.whole_ms: list[float] = []
        self.stages_ms: dict[str, list[float]] = defaultdict(list)
        self.sent, self.running_s = 0, 0.0
        self.memory_mb: list[float] = []
        self.peak_mb = float('nan')
        self._rate_hz = arguments.rate
        self._heard: Queue[Heard] = Queue()
        self._children = Children(folder, os.environ)
        listeners = self._start(arguments)
        self._link = CameraLink('camera', self._heard.put, (HUMANS, SKELETON, STAGE_TIMES))
        self._wait_for(listeners)

    def warm_up(self, images: list[np.ndarray]) -> None:
        """Send images and forget their times."""
        self.run(images)
        self.whole_ms, self.memory_mb = [], []
        self.stages_ms.clear()
        self.sent, self.running_s = 0, 0.0

    def run(self, images: list[np.ndarray]) -> None:
        """Send images (H, W, 3) uint8 BGR, each when all is said about the last, or after 2 s.

        At a rate, they come no earlier than a camera gives them.

        Telling the times is work that the nodes have only here: it shall not delay an image.
        """
        begin = time.perf_counter()
        for image in paced(images, self._rate_hz):
            self._send(np.ascontiguousarray(image))
        self.running_s += time.perf_counter() - begin
        self.memory_mb.append(sum(_own_memory_mb(pid) for pid in self._children.pids))

    def close(self) -> None:
        """End the nodes."""
        self.peak_mb = sum(_memory_mb(pid, 'VmHWM') for pid in self._children.pids)
        self._link.close()
        self._children.stop()

    def _start(self, arguments: argparse.Namespace) -> int:
        networks = {
            'backend': arguments.backend,
            'precision': arguments.precision,
            'threads': arguments.threads,
        }
        pose = {
            'pose_model': arguments.pose,
            'pose_detect_every': arguments.detect_every,
            **networks,
        }
        masks = {'segmentation_model': arguments.segmentation, **networks}
        if not arguments.separate:
            self._children.start('perception_node', pose | masks)
            return 1
        self._children.start('pose_node', pose)
        self._children.start('segmentation_node', masks)
        self._children.start('fusion_node', {})
        return 2

    def _wait_for(self, listeners: int) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while self._link.listeners < listeners:
            self._children.check()
            if time.monotonic() > deadline:
                raise PerceptionError(f'the nodes were not ready after {_READY_TIMEOUT_S:.0f} s')
            time.sleep(0.05)

    def _send(self, image: np.ndarray) -> None:
        stamp_ns = time.time_ns()
        handed_ns = self._link.publish(image, stamp_ns)
        self.sent += 1
        deadline = time.monotonic() + _RESULT_TIMEOUT_S
        has_result, telling = False, len(self._children.pids)
        while (telling > 0 or not has_result) and time.monotonic() < deadline:
            try:
                heard = self._heard.get(timeout=0.05)
            except Empty:
                self._children.check()
                continue
            if heard.name == STAGE_TIMES:
                telling -= 1
                _, times = decode_stage_times(heard.data)
                for stage, time_ms in times.items():
                    self.stages_ms[stage].append(time_ms)
            elif heard.name == HUMANS and stamp_of_humans(heard.data) == stamp_ns:
                self.whole_ms.append((heard.received_ns - handed_ns) * 1e-6)
                has_result = True


def _own_memory_mb(pid: int) -> float:
    return _memory_mb(pid, 'VmRSS') - _memory_mb(pid, 'RssShmem')


def _memory_mb(pid: int, entry: str) -> float:
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith(f'{entry}:'):
            return int(line.split()[1]) / 1024
    return float('nan')
