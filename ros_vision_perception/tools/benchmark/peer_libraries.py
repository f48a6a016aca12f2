"""Other libraries that run the same files. None of them is needed, and none is imported before.

rtmlib (Apache-2.0) is called through the public methods of its tools. ultralytics (AGPL-3.0) says
itself how long each step took; it wants its own metadata in the file.
"""

from collections.abc import Callable, Mapping
import contextlib
import importlib
import io
from pathlib import Path
import time
from typing import Any

import numpy as np

from ros_vision_perception.pipeline.stages import StageTimes

# From an image (H, W, 3) uint8 BGR to ms per stage: 'preprocess', 'infer', 'decode'.
Run = Callable[[np.ndarray], dict[str, float]]

# Our families -> what the library calls them.
_RTMLIB = {'yolox': 'YOLOX', 'rtmdet': 'RTMDet'}
_ULTRALYTICS = {'yolo-pose': 'pose', 'yolo-detect': 'detect', 'yolo-seg': 'segment'}


def rtmlib(path: Path, family: str, tensors: Mapping[str, np.ndarray]) -> Run | None:
    """Return how rtmlib handles an image; None where it is missing or does not read the family.

    Args:
        path: of the network.
        family: ours.
        tensors: what we would give the network, so that it gets an input of the same size.
    """
    library = _library('rtmlib') if family in _RTMLIB else None
    if library is None:
        return None
    (tensor,) = tensors.values()
    with contextlib.redirect_stdout(io.StringIO()):
        tool = getattr(library, _RTMLIB[family])(
            str(path), model_input_size=tensor.shape[2:], score_thr=0.25, nms_thr=0.7
        )

    def run(image: np.ndarray) -> dict[str, float]:
        times = StageTimes(time.perf_counter_ns)
        with times('preprocess'):
            scaled, ratio = tool.preprocess(image)
        # Its call of the network begins with the layout, which is part of the preprocessing.
        with times('preprocess'):
            np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)
        with times('infer'):
            outputs = tool.inference(scaled)
        with times('decode'):
            tool.postprocess(outputs[0], ratio)
        return {name: elapsed_ns * 1e-6 for name, elapsed_ns in times.elapsed_ns.items()}

    return run


def ultralytics(path: Path, family: str, tensors: Mapping[str, np.ndarray]) -> Run | None:
    """Return how ultralytics handles an image, masks at full resolution; see `rtmlib`."""
    library = _library('ultralytics') if family in _ULTRALYTICS else None
    if library is None:
        return None
    (tensor,) = tensors.values()
    model = library.YOLO(str(path), task=_ULTRALYTICS[family])
    options = {'conf': 0.25, 'iou': 0.7, 'max_det': 100, 'retina_masks': True}
    size = list(tensor.shape[2:])

    def run(image: np.ndarray) -> dict[str, float]:
        (result,) = model.predict(image, imgsz=size, device='cpu', verbose=False, **options)
        speed = result.speed
        return {
            'preprocess': speed['preprocess'],
            'infer': speed['inference'],
            'decode': speed['postprocess'],
        }

    return run


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


PEERS = {'rtmlib': rtmlib, 'ultralytics': ultralytics}
