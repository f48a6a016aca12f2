"""From a file to a pipeline that is ready: what is in the file decides which."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from small_networks import Shape, write_network
import yolo_outputs

from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import ModelError, PerceptionError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.pipeline import families, load
from ros_vision_perception.pipeline.load import load_pose, load_segmentation
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.segmentation import SegmentationPipeline
from ros_vision_perception.pipeline.stages import StageTimes, no_stages

IMAGE: dict[str, Shape] = {'images': (1, 3, 640, 640)}
FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 'bgr8', 0)
BOX = np.array([[100.0, 180.0, 200.0, 480.0]])


def refuse(line: str) -> None:
    raise AssertionError(f'nothing was to be reported: {line}')


def pose(path: Path, skeleton: str = '') -> PosePipeline:
    return load_pose(
        str(path), threads=1, max_people=3, with_masks=True, skeleton=skeleton, report=refuse
    )


def segmentation(path: Path) -> SegmentationPipeline:
    return load_segmentation(str(path), threads=1, report=refuse)


@pytest.fixture
def pose_file(tmp_path: Path) -> Path:
    output = yolo_outputs.raw(BOX, np.array([[0.15]]), np.full((1, 51), 0.5))
    return write_network(tmp_path / 'my-pose.onnx', IMAGE, {'output0': output})


@pytest.fixture
def segmentation_file(tmp_path: Path) -> Path:
    output = yolo_outputs.raw(BOX, np.eye(1, 80) * 0.6, np.eye(1, 32))
    prototypes = np.ones((1, 32, 160, 160), np.float32)
    return write_network(
        tmp_path / 'my-masks.onnx', IMAGE, {'output0': output, 'output1': prototypes}
    )


def test_a_pose_network_is_found_out_and_runs(pose_file: Path) -> None:
    pipeline = pose(pose_file)
    assert pipeline.model_name == 'my-pose' and pipeline.skeleton == COCO17
    times = StageTimes(lambda: 0)
    found = pipeline.estimate(FRAME, times)
    pipeline.reset()
    # A weak detection too: the tracking wants it.
    np.testing.assert_allclose(found.person_scores, [0.15])
    np.testing.assert_allclose(found.boxes_xyxy, BOX - [0, 80, 0, 80], atol=1e-3)
    assert times.elapsed_ns.keys() == {'preprocess', 'infer', 'decode'}


def test_a_segmentation_network_is_found_out_and_runs(segmentation_file: Path) -> None:
    found = segmentation(segmentation_file).segment(FRAME, no_stages)
    assert found.class_names == ('person',)
    assert found.masks[0].area == 100 * 300


def test_a_model_for_the_other_task_is_refused(pose_file: Path, segmentation_file: Path) -> None:
    with pytest.raises(ModelError) as caught:
        pose(segmentation_file)
    message = str(caught.value)
    assert 'is no pose model that is known: got one of family yolo-seg, a segm' in message
    assert 'expected yolo-pose: ' in message and '\n' not in message
    with pytest.raises(ModelError, match='known: got one of family yolo-pose, a pose model'):
        segmentation(pose_file)


def test_a_file_of_a_family_that_is_none_for_the_task_is_refused(tmp_path: Path) -> None:
    path = write_network(
        tmp_path / 'a.onnx', IMAGE, {'y': np.zeros(1, np.float32)}, {'family': 'selfie'}
    )
    with pytest.raises(
        ModelError, match=r'is of family selfie; expected a pose model, of a family of: blazepose'
    ):
        pose(path)


def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    path = write_network(
        tmp_path / 'a.onnx', IMAGE, {'y': np.zeros(1, np.float32)}, {'family': 'yolo-seg'}
    )
    with pytest.raises(ModelError, match='output y 1, metadata family yolo-seg; expected '):
        segmentation(path)


def test_what_a_family_has_against_a_file_names_the_file(tmp_path: Path) -> None:
    metadata = {'task': 'pose', 'kpt_shape': '[5, 3]'}
    output = np.zeros((1, 20, 8400), np.float32)
    path = write_network(tmp_path / 'a.onnx', IMAGE, {'output0': output}, metadata)
    with pytest.raises(ModelError, match=r'a\.onnx, a model of family yolo-pose: got 5 joints'):
        pose(path)


def test_a_file_that_two_families_claim_is_refused(
    segmentation_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = families.SEGMENTATION
    monkeypatch.setitem(known, 'twin', known['yolo-seg'])
    with pytest.raises(ModelError, match=r"may be of family yolo-seg or twin: .*entry 'family'"):
        segmentation(segmentation_file)


class Toy:
    """A model that finds nothing."""

    def preprocess(self, frames: Sequence[Frame]) -> dict[str, np.ndarray]:
        return {'x': np.zeros((len(frames), 1), np.float32)}

    def decode(
        self, outputs: dict[str, np.ndarray], image_sizes: Sequence[tuple[int, int]]
    ) -> list[InstanceMasks]:
        return [InstanceMasks.empty(size, is_instance=True) for size in image_sizes]


def test_a_new_family_is_one_module_and_one_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recognise(signature: Signature, config: DetectionConfig) -> Toy | None:
        return Toy() if 'x' in signature.inputs else None

    toy = SimpleNamespace(EXPECTED='x Nx1', recognise=recognise)
    monkeypatch.setitem(families.SEGMENTATION, 'toy', toy)
    path = write_network(tmp_path / 'a.onnx', {'x': ('N', 1)}, {'y': np.zeros(1, np.float32)})
    assert len(segmentation(path).segment(FRAME, no_stages)) == 0


def test_networks_have_met_their_largest_batch_before_the_first_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = []

    run = OnnxBackend.run

    def watched(self: OnnxBackend, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        batches.append(inputs['image'].shape)
        return run(self, inputs)

    monkeypatch.setattr(OnnxBackend, 'run', watched)
    try:
        load_pose(
            load.DEFAULT_POSE, threads=1, max_people=3, with_masks=True, skeleton='', report=print
        )
        load_segmentation(load.DEFAULT_SEGMENTATION, threads=1, report=print)
    except PerceptionError as error:
        pytest.skip(f'the default models cannot be had: {error}')
    assert batches == [(1, 3, 224, 224), (3, 3, 256, 256), (1, 3, 256, 256)]


@pytest.fixture
def regions_file(tmp_path: Path) -> Path:
    scores = np.zeros((1, 3, 64, 64), np.float32)
    scores[0, 1, :, :32], scores[0, 2, :, 32:] = 1.0, 1.0  # floor; the same thing again
    names = {'names': "{0: 'background', 1: 'floor', 2: 'person'}"}
    return write_network(tmp_path / 'my-regions.onnx', IMAGE, {'out': scores}, names)


def test_things_and_regions_are_one_model(segmentation_file: Path, regions_file: Path) -> None:
    for pair in ((segmentation_file, regions_file), (regions_file, segmentation_file)):
        pipeline = load_segmentation('+'.join(map(str, pair)), threads=1, report=refuse)
        found = pipeline.segment(FRAME, no_stages)
        assert found.class_names == ('person', 'floor')
        assert found.is_instance
        assert found.masks[0].area + found.masks[1].area == pytest.approx(320 * 480, rel=0.01)


def test_two_of_a_kind_are_no_model(regions_file: Path, tmp_path: Path) -> None:
    twin = tmp_path / 'twin.onnx'
    twin.write_bytes(regions_file.read_bytes())
    with pytest.raises(ModelError, match=r'expected THINGS\+REGIONS, .*; got 0 and 2 of these'):
        load_segmentation(f'{regions_file}+{twin}', threads=1, report=refuse)
