"""Measures the fusion alone, on crowds of made-up people."""

import argparse
import json
import os
from pathlib import Path
import time
from typing import Any

from ros_vision_perception.core.fusion import FusionConfig, FusionState, step
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.tools.benchmark.arguments import count, size
from ros_vision_perception.tools.benchmark.crowd import crowd
from ros_vision_perception.tools.benchmark.report import percentiles

# Until the tracks of those who are there are confirmed.
_WARM_UP = 30


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog='benchmark fusion', description=__doc__)
    parser.add_argument(
        '--people', type=count, nargs='+', default=[1, 10, 50], help='default 1 10 50'
    )
    parser.add_argument('--frames', type=count, default=200, help='per crowd; default 200')
    parser.add_argument(
        '--size', type=size, default=(640, 480), metavar='WxH', help='default 640x480'
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    arguments = parser.parse_args(argv)
    crowds = []
    for people in arguments.people:
        crowds.append(measure(people, arguments.frames, arguments.size))
        print(
            f'{people:3d} people: '
            + ', '.join(f'{name} {value:.2f}' for name, value in crowds[-1]['fuse'].items())
        )
    if arguments.json:
        arguments.json.write_text(json.dumps({'crowds': crowds}, indent=2))
    return os.EX_OK


def measure(people: int, frames: int, image_size: tuple[int, int]) -> dict[str, Any]:
    """Return the percentiles of the time that `step` takes, ms, on one core.

    It is the processor's time of the whole process: what else runs on the machine counts little,
    and a second thread would count in full.

    Args:
        people: size of the crowd.
        frames: how many to measure.
        image_size: (width, height) px.
    """
    state, config, times_ms = FusionState(), FusionConfig(), []
    for observation in crowd(people, _WARM_UP + frames, image_size):
        begin_ns = time.process_time_ns()
        state, _ = step(state, observation, config, COCO17)
        times_ms.append((time.process_time_ns() - begin_ns) * 1e-6)
    return {'people': people, 'frames': frames, 'fuse': percentiles(times_ms[_WARM_UP:])}
