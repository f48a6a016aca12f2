"""From the name or path of a model to a pipeline that is ready to run."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from ros_vision_perception.backends.base import FileBackend, OpenNetwork, Runtime, check_interface
from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.core.skeleton import get_skeleton
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import (
    AppearanceModel,
    DetectionConfig,
    Family,
    PoseModel,
    SegmentationModel,
)
from ros_vision_perception.models.regions import RegionConfig
from ros_vision_perception.pipeline import families
from ros_vision_perception.pipeline.appearance import (
    ColouredPose,
    ColouredSegmentation,
    IdentifiedPose,
)
from ros_vision_perception.pipeline.blazepose import BlazePoseConfig, BlazePosePipeline
from ros_vision_perception.pipeline.load_top_down import PAIR, load_top_down
from ros_vision_perception.pipeline.network import NetworkPose, NetworkSegmentation
from ros_vision_perception.pipeline.panoptic import PanopticSegmentation
from ros_vision_perception.pipeline.pose import InSkeleton, PosePipeline
from ros_vision_perception.pipeline.recognise import Network, expected, recognise, what_it_is
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline, TidySegmentation
from ros_vision_perception.pipeline.stages import no_stages
from ros_vision_perception.pipeline.top_down import TopDownConfig, TopDownPose
from ros_vision_perception.zoo.resolve import ResolvedModel, resolve

DEFAULT_POSE, DEFAULT_SEGMENTATION = 'blazepose-full', 'selfie-segmentation'
# Weak evidence of a person helps to keep somebody alive who is known; a weak mask covers joints.
MIN_PERSON_SCORE, MIN_MASK_SCORE = 0.1, 0.25
DEFAULT_TOP_DOWN, AS_FOUND = TopDownConfig(), RegionConfig()
_FIRST_FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 'bgr8', 0)
Report = Callable[[str], object]
Model = TypeVar('Model', bound=PoseModel | SegmentationModel)


def load_pose(
    model: str,
    *,
    threads: int,
    max_people: int,
    with_masks: bool,
    skeleton: str,
    report: Report,
    min_score: float = MIN_PERSON_SCORE,
    reid: str = '',
    top_down: TopDownConfig = DEFAULT_TOP_DOWN,
    runtime: Runtime = OnnxBackend,
) -> PosePipeline:
    """Load a pose model, fetched first where needed.

    Args:
        model: name in the catalogue, or a path.
        threads: per call of a network.
        max_people: the most people found at once.
        with_masks: whether to get each person's mask too, from models that give one.
        skeleton: name of the joints to give; '' for the model's own.
        report: told one line when something takes long or was repaired.
        min_score: of the people who are found, for models without a detector of their own.
        reid: path of a re-identification network that says what people look like; '' for the
            colours of their masks, where there are masks.
        top_down: for models of a detector and a network for crops.
        runtime: what runs the networks: the CPU, unless told otherwise.

    Raises:
        ModelError: when a model cannot be had, or is of another kind.
        ConfigurationError: when the skeleton is unknown or the model lacks a joint of it, or when
            the model is of one network and `top_down` is not the default.
    """
    resolved, open_file = resolve(model, report), partial(_open, runtime, threads)
    _check_family(resolved, 'pose', [*POSE_PIPELINES, *families.POSE])
    config = DetectionConfig(min_score, max_count=max_people)
    pipeline: PosePipeline
    if resolved.family is not None and resolved.family in POSE_PIPELINES:
        pipeline = POSE_PIPELINES[resolved.family](resolved, open_file, max_people, with_masks)
    elif len(resolved.files) > 1:
        pipeline = load_top_down(resolved, config, top_down, open_file)
    else:
        backend, network = _load_network(resolved, 'pose', families.POSE, config, open_file)
        pipeline = NetworkPose(backend, network, resolved.name, with_masks=with_masks)
    if top_down != DEFAULT_TOP_DOWN and not isinstance(pipeline, TopDownPose):
        raise ConfigurationError(
            f'model {resolved.name!r} finds people and joints in one go: '
            'it knows no flip test, and looks for people in every frame'
        )
    if skeleton:
        pipeline = InSkeleton(pipeline, get_skeleton(skeleton))
    if not reid:
        return ColouredPose(pipeline)
    return IdentifiedPose(pipeline, *_load_reid(reid, open_file, max_people, config))


def load_segmentation(
    model: str,
    *,
    threads: int,
    report: Report,
    min_score: float = MIN_MASK_SCORE,
    regions: RegionConfig = AS_FOUND,
    runtime: Runtime = OnnxBackend,
) -> SegmentationPipeline:
    """Load a segmentation model, fetched first where needed; see `load_pose`.

    Of two files one must tell things apart and the other give regions; see `core.panoptic`.
    `regions` says how to tidy up the regions of a semantic model.
    """
    resolved, known = resolve(model, report), families.SEGMENTATION
    _check_family(resolved, 'segmentation', known)
    config, open_file = DetectionConfig(min_score), partial(_open, runtime, threads)
    if len(resolved.files) > 1:
        return ColouredSegmentation(_load_panoptic(resolved, config, regions, open_file))
    backend, network = _load_network(resolved, 'segmentation', known, config, open_file)
    pipeline = NetworkSegmentation(backend, network, resolved.name)
    return ColouredSegmentation(TidySegmentation(pipeline, regions))


def _load_panoptic(
    resolved: ResolvedModel,
    config: DetectionConfig,
    regions_config: RegionConfig,
    open_network: OpenNetwork,
) -> PanopticSegmentation:
    found: dict[bool, list[tuple[NetworkSegmentation, SegmentationModel]]] = {}
    for name, path in resolved.files.items():
        single = ResolvedModel(path.stem, None, {name: path})
        known = families.SEGMENTATION
        backend, network = _load_network(single, 'segmentation', known, config, open_network)
        pipeline = NetworkSegmentation(backend, network, path.stem)
        is_instance = pipeline.segment(_FIRST_FRAME, no_stages).is_instance
        found.setdefault(is_instance, []).append((pipeline, network))
    things, regions = found.get(True, []), found.get(False, [])
    if (len(things), len(regions)) != (1, 1):
        raise ModelError(
            f'model {resolved.name!r}: expected THINGS+REGIONS, a network that tells things apart '
            f'and one that gives regions; got {len(things)} and {len(regions)} of these'
        )
    (tells_apart, model), (regional, _) = things[0], regions[0]
    # Stuff is one segment however many pieces it is in.
    tidied = TidySegmentation(regional, replace(regions_config, split=False))
    return PanopticSegmentation(tells_apart, model.class_names, tidied, resolved.name)


def _load_reid(
    reid: str, open_network: OpenNetwork, max_people: int, config: DetectionConfig
) -> tuple[FileBackend, AppearanceModel]:
    path = Path(reid).expanduser()
    if not path.is_file():
        raise ModelError(f'no re-identification network {reid!r}; expected the path of a file')
    network = Network.load(path, open_network)
    model = recognise(network, families.REID, config)
    if model is None:
        raise ModelError(
            f'{path} is no re-identification network that is known: '
            f'got {network.signature}; expected {expected(families.REID)}'
        )
    _warm_up(network.backend, max_people)
    return network.backend, model


def _open(runtime: Runtime, threads: int, path: Path) -> FileBackend:
    return runtime(path, threads)


def _check_family(resolved: ResolvedModel, task: str, known: Collection[str]) -> None:
    if resolved.family is not None and resolved.family not in known:
        raise ModelError(
            f'model {resolved.name!r} is of family {resolved.family}; '
            f'expected a {task} model, of a family of: {", ".join(known)}'
            + (f'; or {PAIR}' if task == 'pose' else '')
        )


def _load_network(
    resolved: ResolvedModel,
    task: str,
    known: Mapping[str, Family[Model]],
    config: DetectionConfig,
    open_network: OpenNetwork,
) -> tuple[FileBackend, Model]:
    """Load a model of one network."""
    if len(resolved.files) > 1:
        raise ModelError(
            f'model {resolved.name!r}: expected one file; got {", ".join(resolved.files)}'
        )
    (path,) = resolved.files.values()
    network = Network.load(path, open_network)
    model = recognise(network, known, config)
    if model is None:
        raise ModelError(
            f'{path} is no {task} model that is known: got {what_it_is(network, config)}; '
            f'expected {expected(known)}' + (f'; or {PAIR}' if task == 'pose' else '')
        )
    # The slow first call: now, not among the frames. It shows too that the outputs can be read.
    outputs = network.backend.run(model.preprocess([_FIRST_FRAME]))
    model.decode(outputs, [_FIRST_FRAME.size])
    return network.backend, model


def _load(
    path: Path,
    open_network: OpenNetwork,
    inputs: dict[str, tuple[int | None, ...]],
    outputs: dict[str, tuple[int | None, ...]],
    max_batch: int = 1,
) -> FileBackend:
    backend = open_network(path)
    check_interface(backend, str(path), inputs, outputs)
    _warm_up(backend, max_batch)
    return backend


def _warm_up(backend: FileBackend, max_batch: int) -> None:
    """Make the slow first call, with the memory of the largest: now, not among the frames."""
    shapes = {
        name: [n or max_batch for n in shape] for name, shape in backend.input_shapes.items()
    }
    backend.run({name: np.zeros(shape, np.float32) for name, shape in shapes.items()})


def _load_blazepose(
    model: ResolvedModel, open_network: OpenNetwork, max_people: int, with_masks: bool
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
            open_network,
            {'image': (None, 3, 224, 224)},
            {'boxes': (None, 2254, 12), 'scores': (None, 2254, 1)},
        ),
        _load(
            model.file('landmark_mask.onnx' if with_masks else 'landmark.onnx'),
            open_network,
            {'image': (None, 3, 256, 256)},
            landmark_outputs,
            max_people,
        ),
        model.name,
        BlazePoseConfig(max_people=max_people),
    )


# Models of networks that belong together: their files say what they are.
POSE_PIPELINES: dict[str, Callable[[ResolvedModel, OpenNetwork, int, bool], PosePipeline]] = {
    'blazepose': _load_blazepose,
}
