"""Measures what several cameras in one process cost, beside the calls of the networks alone."""

import argparse
from collections import Counter
import json
import os
from pathlib import Path
import tempfile
from threading import Lock
import time
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import PerceptionError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import (
    DEFAULT_POSE,
    DEFAULT_SEGMENTATION,
    load_pose,
    load_segmentation,
)
from ros_vision_perception.pipeline.stages import StageTimes
from ros_vision_perception.tools.backend_options import add_backend_options, open_networks
from ros_vision_perception.tools.benchmark import inputs
from ros_vision_perception.tools.benchmark.arguments import count
from ros_vision_perception.tools.benchmark.report import percentiles
from ros_vision_perception.tools.children import Children
from ros_vision_perception.tools.environment import prepare_environment

_READY_TIMEOUT_S, _SETTLE_S = 120.0, 1.0
_TURN = 10


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    images = inputs.read(arguments, arguments.frames)
    bare = _Bare(arguments)
    prepare_environment()
    with tempfile.TemporaryDirectory() as folder:
        cameras = _Cameras(Path(folder), arguments)
        try:
            cameras.wait_for_all(images[0])
            cameras.run(images[: 2 * _TURN])
            cameras.forget()
            for begin in range(0, arguments.frames, _TURN):
                turn = [images[index % len(images)] for index in range(begin, begin + _TURN)]
                bare.run(turn)
                cameras.run(turn)
        finally:
            cameras.close()
    result = _figures(bare, cameras)
    for name, value in result.items():
        text = f'{value:.2f}' if isinstance(value, float) else value
        print(f'{name:20}{text}')
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))
    return os.EX_OK


class _Bare:
    """The networks in this process.

    Attributes:
        cpu_ms: per image the time of all cores in calls of the networks, ms.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        networks, threads = open_networks(arguments), arguments.threads
        common: dict[str, Any] = {'report': networks.report, 'runtime': networks}
        self._pose = load_pose(
            arguments.pose, threads=threads, max_people=10, with_masks=True, skeleton='', **common
        )
        self._segmentation = load_segmentation(arguments.segmentation, threads=threads, **common)
        self.cpu_ms: list[float] = []

    def run(self, images: list[np.ndarray]) -> None:
        """Run both models on each image."""
        stages = StageTimes(time.process_time_ns)
        for image in images:
            frame = Frame(image, 'bgr8', 1 + len(self.cpu_ms))
            stages.clear()
            self._pose.estimate(frame, stages)
            self._segmentation.segment(frame, stages)
            self.cpu_ms.append(stages.elapsed_ns['infer'] * 1e-6)


class _Cameras:
    """Cameras that show the same images at the same moments, and the process that looks.

    Attributes:
        cpu_ms: of the process, all cores, ms.
        shown: images per camera.
        latency_ms: of each result, since its image was shown.
        results: camera -> how many.
    """

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        # Only now: --help needs no ROS.
        from ros_vision_perception.nodes.camera_link import HUMANS, CameraLink

        self._names = [f'camera{number}' for number in range(arguments.cameras)]
        self._rate_hz = arguments.rate
        self._lock = Lock()
        self._children = Children(folder, os.environ)
        parameters = {
            'pose_model': arguments.pose,
            'segmentation_model': arguments.segmentation,
            **{name: getattr(arguments, name) for name in ('backend', 'precision', 'threads')},
        }
        wait = ('--batch-wait-ms', str(arguments.batch_wait_ms))
        self._children.start('multi_camera_node', parameters, (*wait, *self._names))
        self._link = CameraLink('camera', self._hear, (HUMANS,), self._names)
        self.forget()

    def forget(self) -> None:
        """Count from zero."""
        self.cpu_ms, self.shown = 0.0, 0
        self.latency_ms: list[float] = []
        self.results: Counter[str] = Counter()

    def wait_for_all(self, image: np.ndarray) -> None:
        """Show an image again and again, until what is seen in it was heard of every camera.

        Raises:
            PerceptionError: that takes too long.
        """
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while missing := set(self._names) - {topic.split('/')[1] for topic in self.results}:
            self._children.check()
            if time.monotonic() > deadline:
                silent = ', '.join(sorted(missing))
                raise PerceptionError(f'{silent}: nothing heard in {_READY_TIMEOUT_S:.0f} s')
            if self._link.listeners:
                self._link.publish(np.ascontiguousarray(image), time.time_ns())
            time.sleep(_SETTLE_S / 2)

    def run(self, images: list[np.ndarray]) -> None:
        """Show each image with every camera, at the rate that was asked for."""
        before_s = self._cpu_s()
        for image in inputs.paced(images, self._rate_hz):
            self._link.publish(np.ascontiguousarray(image), time.time_ns())
        time.sleep(_SETTLE_S)
        self._children.check()
        # What it costs to be there without images is not that of a frame, and counts all the same.
        self.cpu_ms += (self._cpu_s() - before_s) * 1e3
        self.shown += len(images)

    def close(self) -> None:
        """End the process."""
        self._link.close()
        self._children.stop()

    def _hear(self, heard: Any) -> None:
        from ros_vision_perception.nodes.camera_link import stamp_of_humans

        with self._lock:
            shown_ns = stamp_of_humans(heard.data)
            self.latency_ms.append((heard.received_ns - shown_ns) * 1e-6)
            self.results[heard.topic] += 1

    def _cpu_s(self) -> float:
        return sum(map(_cpu_s, self._children.pids))


def _cpu_s(pid: int) -> float:
    # proc(5): utime and stime follow the name, which may hold blanks, and eleven other fields.
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def _figures(bare: _Bare, cameras: _Cameras) -> dict[str, Any]:
    results = sum(cameras.results.values())
    cpu_ms, bare_ms = cameras.cpu_ms / max(results, 1), float(np.mean(bare.cpu_ms))
    return {
        'images_per_camera': cameras.shown,
        'results': ' '.join(str(number) for number in cameras.results.values()),
        'cpu_ms_per_result': cpu_ms,
        'bare_cpu_ms': bare_ms,
        'cpu_ratio': cpu_ms / bare_ms,
        **percentiles(cameras.latency_ms),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='benchmark cameras', description=__doc__)
    inputs.add_arguments(parser)
    parser.add_argument('--cameras', type=count, default=2, metavar='N', help='default 2')
    parser.add_argument('--rate', type=float, default=5.0, metavar='HZ', help='default 5')
    parser.add_argument('--frames', type=count, default=100, help='of each; default 100')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument(
        '--segmentation', default=DEFAULT_SEGMENTATION, metavar='MODEL', help='name or path'
    )
    parser.add_argument('--batch-wait-ms', type=float, default=0.0, help='default 0: no batches')
    add_backend_options(parser)
    parser.add_argument('--threads', type=count, default=2, help='per network call; default 2')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    return parser
