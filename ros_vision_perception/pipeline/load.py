"""From the name or path of a model to a pipeline that is ready to run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ros_vision_perception.backends.base import check_interface
from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.skeleton import get_skeleton
from ros_vision_perception.pipeline.blazepose import BlazePoseConfig, BlazePosePipeline
from ros_vision_perception.pipeline.pose import InSkeleton, PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline, SelfiePipeline
from ros_vision_perception.zoo.resolve import ResolvedModel, resolve

DEFAULT_POSE, DEFAULT_SEGMENTATION = 'blazepose-full', 'selfie-segmentation'
Report = Callable[[str], object]


def load_pose(
    model: str,
    *,
    threads: int,
    max_people: int,
    with_masks: bool,
    skeleton: str,
    report: Report,
) -> PosePipeline:
    """Load a pose model, fetched first where needed.

    Args:
        model: name in the catalogue, or a path.
        threads: per call of a network.
        max_people: the most people followed at once.
        with_masks: whether to get each person's mask too, from models that give one.
        skeleton: name of the joints to give; '' for the model's own.
        report: told one line when something takes long or was repaired.

    Raises:
        ModelError: when the model cannot be had, or is not a pose model.
        ConfigurationError: when the skeleton is unknown or the model lacks a joint of it.
    """
    resolved = _resolve(model, _POSE_FAMILIES, 'pose', report)
    pipeline = _POSE_FAMILIES[resolved.family](resolved, threads, max_people, with_masks)
    return InSkeleton(pipeline, get_skeleton(skeleton)) if skeleton else pipeline


def load_segmentation(model: str, *, threads: int, report: Report) -> SegmentationPipeline:
    """Load a segmentation model, fetched first where needed; see `load_pose`."""
    resolved = _resolve(model, _SEGMENTATION_FAMILIES, 'segmentation', report)
    return _SEGMENTATION_FAMILIES[resolved.family](resolved, threads)


def _resolve(
    model: str, families: dict[str, Callable], task: str, report: Report
) -> ResolvedModel:
    resolved = resolve(model, report)
    if resolved.family not in families:
        raise ModelError(
            f'model {model!r} is of family {resolved.family}; '
            f'expected a {task} model, of a family of: {", ".join(families)}'
        )
    return resolved


def _load(
    path: Path,
    threads: int,
    inputs: dict[str, tuple[int | None, ...]],
    outputs: dict[str, tuple[int | None, ...]],
    max_batch: int = 1,
) -> OnnxBackend:
    backend = OnnxBackend(path, threads)
    check_interface(backend, str(path), inputs, outputs)
    # The slow first call, and the memory that the largest one needs: now, not among the frames.
    shapes = {name: [n or max_batch for n in backend.input_shapes[name]] for name in inputs}
    backend.run({name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
    return backend


def _load_blazepose(
    model: ResolvedModel, threads: int, max_people: int, with_masks: bool
) -> PosePipeline:
    landmark_outputs: dict[str, tuple[int | None, ...]] = {
        'landmarks': (None, 195),
        'person_flag': (None, 1),
        'heatmap': (None, 39, 64, 64),
        'world_landmarks': (None, 117),
    }
    if with_masks:
        landmark_outputs['mask'] = (None, 1, 256, 256)
    return BlazePosePipeline(
        _load(
            model.file('detector.onnx'),
            threads,
            {'image': (None, 3, 224, 224)},
            {'boxes': (None, 2254, 12), 'scores': (None, 2254, 1)},
        ),
        _load(
            model.file('landmark_mask.onnx' if with_masks else 'landmark.onnx'),
            threads,
            {'image': (None, 3, 256, 256)},
            landmark_outputs,
            max_people,
        ),
        model.name,
        BlazePoseConfig(max_people=max_people),
    )


def _load_selfie(model: ResolvedModel, threads: int) -> SegmentationPipeline:
    backend = _load(
        next(iter(model.files.values())),
        threads,
        {'image': (None, 3, 256, 256)},
        {'mask': (None, 1, 256, 256)},
    )
    return SelfiePipeline(backend, model.name)


_POSE_FAMILIES: dict[str, Callable[[ResolvedModel, int, int, bool], PosePipeline]] = {
    'blazepose': _load_blazepose,
}
_SEGMENTATION_FAMILIES: dict[str, Callable[[ResolvedModel, int], SegmentationPipeline]] = {
    'selfie': _load_selfie,
}
