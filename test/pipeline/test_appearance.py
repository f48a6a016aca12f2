"""Everyone found is described, whatever found them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.backends.replay import ReplayBackend
from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.skeleton import COCO17
from ros_vision_perception.core.types import Frame, InstanceMasks, Keypoints
from ros_vision_perception.models.appearance import LENGTH
from ros_vision_perception.models.base import DetectionConfig, Signature
from ros_vision_perception.pipeline.appearance import (
    ColouredPose,
    ColouredSegmentation,
    IdentifiedPose,
)
from ros_vision_perception.pipeline.families import REID
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.stages import Stages, StageTimes, no_stages
from test.core.people import IMAGE_SIZE, Scene, detect, figure, rectangle, segment

FRAME = Frame(np.full((*IMAGE_SIZE[::-1], 3), 90, np.uint8), 'rgb8', 0)
SCENE = Scene((figure(80), figure(220)), (('pillar', rectangle(140, 160)),))


class Found:
    """Finds the same people and things in every frame."""

    skeleton = COCO17
    model_name = 'found'
    resets = 0

    def __init__(self, keypoints: Keypoints, masks: InstanceMasks) -> None:
        self._keypoints, self._masks = keypoints, masks

    def estimate(self, frame: Frame, stages: Stages) -> Keypoints:
        return self._keypoints

    def segment(self, frame: Frame, stages: Stages) -> InstanceMasks:
        return self._masks

    def look_ahead(self, stages: Stages) -> None:
        pass

    def reset(self) -> None:
        self.resets += 1


def found(*, with_masks: bool = True, is_instance: bool = True) -> Found:
    return Found(detect(SCENE, with_masks=with_masks), segment(SCENE, is_instance=is_instance))


def identified(pipeline: Found, backend: ReplayBackend) -> IdentifiedPose:
    signature = Signature(backend.input_shapes, {'vector': (None, 2)})
    (model,) = filter(None, (f.recognise(signature, DetectionConfig(0.1)) for f in REID.values()))
    return IdentifiedPose(pipeline, backend, model)


def test_people_with_masks_are_described_by_their_colours() -> None:
    pipeline = ColouredPose(found())
    people = pipeline.estimate(FRAME, no_stages)
    assert people.appearances is not None and people.appearances.shape == (2, LENGTH)
    np.testing.assert_allclose(np.linalg.norm(people.appearances, axis=1), 1.0, rtol=1e-5)
    assert (pipeline.skeleton, pipeline.model_name) == (COCO17, 'found')


def test_who_stays_alone_is_described_five_times_per_second() -> None:
    inner = found()
    two = inner._keypoints
    alone = detect(Scene(SCENE.figures[:1]), with_masks=True)
    pipeline = ColouredPose(inner)
    described = []
    for step in range(40):
        # From 0.8 s to 0.96 s there are two.
        inner._keypoints = two if 20 <= step < 24 else alone
        people = pipeline.estimate(replace(FRAME, stamp_ns=step * 40_000_000), no_stages)
        if people.appearances is not None:
            described.append(step)
    assert described == [0, 5, 10, 15, 20, 21, 22, 23, 24, 29, 34, 39]
    pipeline.reset()
    assert pipeline.estimate(FRAME, no_stages).appearances is not None


def test_people_without_masks_are_not_described() -> None:
    assert ColouredPose(found(with_masks=False)).estimate(FRAME, no_stages).appearances is None


def test_of_instances_only_people_are_described() -> None:
    masks = ColouredSegmentation(found()).segment(FRAME, no_stages)
    assert masks.class_names == ('person', 'person', 'pillar') and masks.appearances is not None
    np.testing.assert_array_equal(np.isnan(masks.appearances).all(axis=1), [False, False, True])


def test_a_region_of_several_people_is_not_described() -> None:
    masks = ColouredSegmentation(found(is_instance=False)).segment(FRAME, no_stages)
    assert masks.appearances is None


@pytest.mark.parametrize(
    ('shape', 'calls'), [((None, 3, 256, 128), 1), ((1, 256, 128, 3), 2)], ids=['batch', 'single']
)
def test_a_network_is_asked_in_as_few_calls_as_it_allows(
    shape: tuple[int | None, ...], calls: int
) -> None:
    output = np.array([[3.0, 4.0]], np.float32).repeat(2 // calls, axis=0)
    backend = ReplayBackend({'vector': output}, {'image': shape})
    times = StageTimes(lambda: 0)
    people = identified(found(with_masks=False), backend).estimate(FRAME, times)
    assert people.appearances is not None
    np.testing.assert_allclose(people.appearances, [[0.6, 0.8]] * 2, rtol=1e-6)
    assert backend.calls == calls
    assert set(times.elapsed_ns) == {'preprocess', 'infer', 'decode'}


def test_nobody_needs_no_network() -> None:
    backend = ReplayBackend({}, {'image': (None, 3, 256, 128)})
    nobody = replace(found()._masks)
    pipeline = identified(Found(Keypoints.empty(COCO17, IMAGE_SIZE), nobody), backend)
    assert len(pipeline.estimate(FRAME, no_stages)) == 0
    assert backend.calls == 0


def test_a_new_stream_is_one_for_what_finds_the_people_too() -> None:
    inner = found()
    ColouredPose(inner).reset()
    identified(inner, ReplayBackend({}, {'image': (1, 256, 128, 3)})).reset()
    assert inner.resets == 2


def test_a_network_of_another_kind_is_refused_at_once(assets: Path) -> None:
    pose = str(assets / 'models' / 'yolo11n-pose_640.onnx')
    with pytest.raises(ModelError, match=r'no re-identification network.*expected osnet: '):
        load_pose(
            pose,
            threads=1,
            max_people=1,
            with_masks=False,
            skeleton='',
            report=print,
            reid=pose,
        )


@pytest.mark.parametrize(
    'name', ['osnet_x0_25_msmt17', 'person-reid-retail-0287', 'person-reid-retail-0288']
)
def test_real_networks_tell_people_apart(name: str, assets: Path) -> None:
    cv2 = pytest.importorskip('cv2')
    pipeline = load_pose(
        str(assets / 'models' / 'yolo11n-pose_640.onnx'),
        threads=2,
        max_people=10,
        with_masks=False,
        skeleton='',
        report=print,
        reid=str(assets / 'models' / f'{name}.onnx'),
    )
    folder = assets / 'videos' / 'mot17_mini' / 'MOT17-05-FRCNN' / 'img1'
    first, second = (
        pipeline.estimate(Frame(cv2.imread(str(folder / path)), 'bgr8', 0), no_stages)
        for path in ('000001.jpg', '000003.jpg')
    )
    strong = [keypoints.person_scores > 0.6 for keypoints in (first, second)]
    assert first.appearances is not None and second.appearances is not None
    alike = first.appearances[strong[0]] @ second.appearances[strong[1]].T
    same = (
        np.abs(first.boxes_xyxy[strong[0], None, 0] - second.boxes_xyxy[None, strong[1], 0]) < 15
    )
    assert same.any() and (~same).any()
    assert alike[same].min() > alike[~same].max()


def test_a_missing_network_is_said(assets: Path) -> None:
    with pytest.raises(ModelError, match=r"no re-identification network 'nowhere\.onnx'"):
        load_pose(
            str(assets / 'models' / 'yolo11n-pose_640.onnx'),
            threads=1,
            max_people=1,
            with_masks=False,
            skeleton='',
            report=print,
            reid='nowhere.onnx',
        )
