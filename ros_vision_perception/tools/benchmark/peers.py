"""Measures what is done before and after the network, ours and that of other libraries.

Models of one network per frame: preprocess is from the image to the network's input, decode from
its outputs to people in px of the image. rtmlib and ultralytics are measured too where they are
installed and read the family; neither is needed, and ultralytics is under AGPL-3.0.
"""

import argparse
from functools import partial
import json
import os
from pathlib import Path
import time
from typing import Any

import numpy as np

from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import (
    DetectionConfig,
    DetectorModel,
    PoseModel,
    SegmentationModel,
)
from ros_vision_perception.pipeline import families
from ros_vision_perception.pipeline.recognise import Network, claims
from ros_vision_perception.pipeline.stages import StageTimes
from ros_vision_perception.tools.benchmark import inputs
from ros_vision_perception.tools.benchmark.arguments import count
from ros_vision_perception.tools.benchmark.peer_libraries import PEERS, Run

Model = PoseModel | DetectorModel | SegmentationModel

# The same for all, as far as they can be told.
_CONFIG = DetectionConfig(min_score=0.25, max_iou=0.7, max_count=100)
_STAGES = ('preprocess', 'infer', 'decode')


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status.

    Raises:
        PerceptionError: when it cannot do what is asked.
    """
    arguments = _parser().parse_args(argv)
    images = inputs.read(arguments, arguments.frames)
    rows: list[dict[str, Any]] = []
    print(f'{"ms, median":32}{"":12}{"preprocess":>11}{"infer":>9}{"decode":>9}{"share":>8}')
    for path in arguments.files:
        network = Network.load(path, partial(OnnxBackend, threads=arguments.threads))
        for family, model in _models(network).items():
            runs: dict[str, Run] = {'ours': partial(_run, network, model)}
            for name, find in PEERS.items():
                peer = find(path, family, model.preprocess([Frame(images[0], 'bgr8', 0)]))
                if peer is not None:
                    runs[name] = peer
            for name, figures in measure(runs, images, arguments.repeat).items():
                rows.append({'model': path.stem, 'family': family, 'by': name, **figures})
                print(_line(rows[-1]))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))
    return os.EX_OK


def measure(
    runs: dict[str, Run], images: list[np.ndarray], repeat: int
) -> dict[str, dict[str, float]]:
    """Return by name the median ms of each stage over the images, and 'share'.

    Everybody looks at an image in turn, `repeat` times, and the best of each stage counts: what
    else the machine does makes times longer, never shorter. 'share' is the time around the
    network over that of our call of it, which is the same network for all.

    Args:
        runs: name -> what handles an image and returns ms per stage; 'ours' among them.
        images: (H, W, 3) uint8 BGR each.
        repeat: how often each image is looked at.
    """
    best = {name: np.full((len(images), len(_STAGES)), np.inf) for name in runs}
    for index, image in enumerate(images):
        for _ in range(repeat):
            for name, run in runs.items():
                times_ms = run(image)
                row = best[name][index]
                np.minimum(row, [times_ms[stage] for stage in _STAGES], out=row)
    infer_ms = best['ours'][:, 1]
    return {
        name: {
            **dict(zip(_STAGES, np.median(times, axis=0).tolist(), strict=True)),
            'share': float(np.median((times[:, 0] + times[:, 2]) / infer_ms)),
        }
        for name, times in best.items()
    }


def _models(network: Network) -> dict[str, Model]:
    tables: list[Any] = [families.POSE, families.DETECTOR, families.SEGMENTATION]
    found: dict[str, Model] = {}
    for table in tables:
        found |= claims(network, table, _CONFIG)
    if not found:
        raise ModelError(
            f'{network.path} is no model of one network per frame: got {network.signature}; '
            'what is it: models inspect'
        )
    return found


def _run(network: Network, model: Model, image: np.ndarray) -> dict[str, float]:
    times, frame = StageTimes(time.perf_counter_ns), Frame(image, 'bgr8', 0)
    with times('preprocess'):
        tensors = model.preprocess([frame])
    with times('infer'):
        outputs = network.backend.run(tensors)
    with times('decode'):
        model.decode(outputs, [frame.size])
    return {name: elapsed_ns * 1e-6 for name, elapsed_ns in times.elapsed_ns.items()}


def _line(row: dict[str, Any]) -> str:
    times = f'{row["preprocess"]:11.2f}{row["infer"]:9.2f}{row["decode"]:9.2f}'
    return f'{row["model"]:32}{row["by"]:12}{times}{row["share"]:8.1%}'


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='benchmark peers', description=__doc__)
    parser.add_argument('files', type=Path, nargs='+', metavar='FILE', help='.onnx files')
    inputs.add_arguments(parser)
    parser.add_argument('--frames', type=count, default=40, help='how many; default 40')
    parser.add_argument(
        '--repeat', type=count, default=5, help='looks at each image, the best counts; default 5'
    )
    parser.add_argument('--threads', type=count, default=2, help='per network call; default 2')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    return parser
