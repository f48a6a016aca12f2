"""Measures a pose model alone: what is done around each call of a network, beside the calls."""

import argparse
import json
import os
from pathlib import Path
import time
from typing import Any

import numpy as np

from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import DEFAULT_POSE, load_pose
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import StageTimes
from ros_vision_perception.pipeline.top_down import TopDownConfig
from ros_vision_perception.tools.backend_options import add_backend_options, open_networks
from ros_vision_perception.tools.benchmark import inputs
from ros_vision_perception.tools.benchmark.arguments import count
from ros_vision_perception.tools.benchmark.report import percentiles

# As if from a camera of 30 frames per second.
_PERIOD_NS = 33_333_333


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    networks = open_networks(arguments)
    pipeline = load_pose(
        arguments.pose,
        threads=arguments.threads,
        max_people=arguments.max_people,
        with_masks=True,
        skeleton='',
        report=networks.report,
        top_down=TopDownConfig(arguments.detect_every, arguments.flip_test),
        runtime=networks,
    )
    images = inputs.read(arguments, arguments.frames)
    figures = measure(pipeline, images, arguments.frames)
    result = {'model': pipeline.model_name, 'networks': networks.where, **figures}
    networks.tell()
    print(f'{"ms":12}' + ''.join(f'{name:>9}' for name in ('p50', 'p95', 'p99')))
    for name, times in result['stages'].items():
        print(f'{name:12}' + ''.join(f'{value:9.2f}' for value in times.values()))
    for name in ('people', 'overhead_ratio'):
        print(f'{name:16}{result[name]:10.2f}')
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))
    return os.EX_OK


def measure(pipeline: PosePipeline, images: list[np.ndarray], frames: int) -> dict[str, Any]:
    """Return what each frame takes, and how much that is over the calls of the networks in it.

    Args:
        pipeline: under measurement.
        images: (H, W, 3) uint8 BGR each, a stream; begun again when more frames are asked for.
        frames: how many to measure.

    Returns:
        'frames'; 'people' in the median frame; 'stages': 'whole' and each stage -> percentiles,
        ms; 'overhead_ratio': the median ratio of the whole time of a frame to that of its calls.
    """
    times_ms: dict[str, list[float]] = {'whole': [], 'preprocess': [], 'infer': [], 'decode': []}
    stages, people, ratios = StageTimes(time.perf_counter_ns), [], []
    for index in range(frames):
        frame = Frame(images[index % len(images)], 'bgr8', index * _PERIOD_NS)
        stages.clear()
        with stages('whole'):
            people.append(len(pipeline.estimate(frame, stages)))
        for name, times in times_ms.items():
            times.append(stages.elapsed_ns.get(name, 0) * 1e-6)
        if 'infer' in stages.elapsed_ns:
            ratios.append(times_ms['whole'][-1] / times_ms['infer'][-1])
    return {
        'frames': frames,
        'people': float(np.median(people)),
        'overhead_ratio': float(np.median(ratios)),
        'stages': {name: percentiles(times) for name, times in times_ms.items()},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='benchmark pose', description=__doc__)
    inputs.add_arguments(parser)
    parser.add_argument('--frames', type=count, default=200, help='how many; default 200')
    parser.add_argument('--pose', default=DEFAULT_POSE, metavar='MODEL', help='name or path')
    parser.add_argument('--max-people', type=count, default=10, help='default 10')
    parser.add_argument(
        '--detect-every',
        type=count,
        default=1,
        metavar='N',
        help='of DETECTOR+POSE: look for people in every Nth frame, follow them in between',
    )
    parser.add_argument(
        '--flip-test', action='store_true', help='average each crop and its mirror image'
    )
    add_backend_options(parser)
    parser.add_argument('--threads', type=count, default=2, help='per network call; default 2')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    return parser
