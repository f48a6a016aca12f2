"""Semantic segmentation: planted regions come back, layouts are told apart."""

from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.core.types import Frame, InstanceMasks
from ros_vision_perception.models.base import DetectionConfig, Shape, Signature
from ros_vision_perception.models.semantic import Semantic, recognise

CONFIG = DetectionConfig(0.1)
IMAGE = 640, 480
NCHW, NHWC = {'image': (1, 3, 257, 257)}, {'image': (1, 257, 257, 3)}
PERSON, DOG = 15, 12
NAMES = "{0: 'floor', 1: 'person', 2: 'door'}"
# Rows and columns of the output: those of the person and of the dog.
REGIONS = {PERSON: (slice(8, 40), slice(16, 32)), DOG: (slice(40, 60), slice(40, 60))}


def model(inputs: dict, outputs: dict[str, Shape], **metadata: str) -> Semantic:
    found = recognise(Signature(inputs, outputs, metadata), CONFIG)
    assert found is not None
    return found


def scores() -> np.ndarray:
    """Return (1, 21, 64, 64) scores of background, a person and a dog."""
    planes = np.zeros((1, 21, 64, 64), np.float32)
    planes[0, 0] = 2.0
    for label, region in REGIONS.items():
        planes[0, label][region] = 5.0
    return planes


def check_regions(masks: InstanceMasks) -> None:
    assert masks.class_names == ('dog', 'person')
    assert not masks.is_instance
    cell = np.array([640, 480, 640, 480]) / 64
    for mask, label in zip(masks.masks, (DOG, PERSON), strict=True):
        rows, columns = REGIONS[label]
        want = np.array([columns.start, rows.start, columns.stop, rows.stop]) * cell
        assert (np.abs(mask.box_xyxy - want) <= cell / 2 + 1).all()


def test_scores_of_both_layouts_give_the_same_regions() -> None:
    first = model(NCHW, {'out': (1, 21, 64, 64)})
    last = model(NHWC, {'out': (1, 64, 64, 21)})
    check_regions(first.decode({'out': scores()}, [IMAGE])[0])
    check_regions(last.decode({'out': np.moveaxis(scores(), 1, -1)}, [IMAGE])[0])


def test_the_score_is_the_mean_probability_over_the_region() -> None:
    network = model(NCHW, {'out': (1, 21, 64, 64)})
    (masks,) = network.decode({'out': scores()}, [IMAGE])
    want = np.exp(5.0) / (np.exp(5.0) + np.exp(2.0) + 19)
    np.testing.assert_allclose(masks.scores, want, rtol=1e-5)


@pytest.mark.parametrize('shape', [(1, 1, 64, 64), (1, 64, 64)])
def test_labels_give_regions_of_the_named_classes(shape: tuple[int, ...]) -> None:
    labels = np.full((64, 64), 2, np.int64)
    labels[REGIONS[PERSON]] = 1
    labels[:4, :4] = 255  # of no class
    network = model(NCHW, {'labels': shape}, names=NAMES)
    (masks,) = network.decode({'labels': labels.reshape(shape)}, [IMAGE])
    assert masks.class_names == ('person', 'door')
    np.testing.assert_allclose(masks.scores, 1.0)
    assert masks.masks[0].area == pytest.approx(32 * 16 * 75, rel=0.1)


def test_regions_of_a_few_pixels_are_noise() -> None:
    planes = scores()
    planes[0, DOG] = 0.0
    planes[0, DOG, 50, 50] = 2.1
    network = model(NCHW, {'out': (1, 21, 64, 64)})
    (masks,) = network.decode({'out': planes}, [IMAGE])
    assert masks.class_names == ('person',)


def test_an_image_without_anything_gives_nothing() -> None:
    network = model(NCHW, {'out': (1, 21, 64, 64)})
    empty = np.zeros((2, 21, 64, 64), np.float32)
    empty[:, 0] = 1.0
    assert [len(masks) for masks in network.decode({'out': empty}, [IMAGE, IMAGE])] == [0, 0]


def test_inputs_are_normalised_as_the_layout_wants() -> None:
    frame = Frame(np.full((480, 640, 3), (0, 127, 255), np.uint8), 'bgr8', 0)
    first = model(NCHW, {'out': (1, 21, 64, 64)}).preprocess([frame])['image']
    assert first.shape == (1, 3, 257, 257)
    want = [(1 - 0.485) / 0.229, (127 / 255 - 0.456) / 0.224, -0.406 / 0.225]
    np.testing.assert_allclose(first[0, :, 100, 100], want, rtol=1e-4)
    last = model(NHWC, {'out': (1, 64, 64, 21)}).preprocess([frame])['image']
    assert last.shape == (1, 257, 257, 3)
    np.testing.assert_allclose(last[0, 100, 100], [1, 127 / 127.5 - 1, -1], atol=1e-5)


def test_forms_of_exports_are_recognised() -> None:
    two: dict[str, Shape] = {'out': (None, 21, None, None), 'aux': (None, 21, None, None)}
    assert model({'x': (None, 3, None, None)}, two).input_size == (512, 512)
    assert model({'x': (1, 3, 512, 1024)}, {'y': (1, 19, 128, 256)}).class_names[11] == 'person'
    assert model(NCHW, {'y': (1, 3, 64, 64)}, names=NAMES).class_names[2] == 'door'


@pytest.mark.parametrize(
    'outputs',
    [
        {'mask': (1, 1, 64, 64)},  # labels that nobody names
        {'heatmaps': (1, 17, 64, 64)},
        {'output': (1, 21)},
        {'output': (1, 21, 1, 1)},  # a classifier
        {'a': (1, 21, 64, 64), 'b': (1, 2, 64, 64)},
    ],
)
def test_another_network_is_not_taken_for_one(outputs: dict[str, Shape]) -> None:
    assert recognise(Signature(NCHW, outputs), CONFIG) is None


def test_a_network_with_unknown_classes_asks_for_their_names() -> None:
    signature = Signature(NCHW, {'y': (1, 150, 64, 64)}, {'family': 'semantic'})
    with pytest.raises(ModelError, match=r'the entry names for its 150 classes'):
        recognise(signature, CONFIG)


def test_regions_of_real_people(assets: Path) -> None:
    from ros_vision_perception.pipeline.load import load_segmentation
    from ros_vision_perception.tools.evaluate.semantic import evaluate_semantic
    from ros_vision_perception.tools.evaluate.worst_masks import WorstMasks

    photos = assets / 'images' / 'coco128_val_person'
    pipeline = load_segmentation(
        str(assets / 'models' / 'deeplab_v3_mnv2_257.onnx'), threads=2, report=print
    )
    annotations = photos / 'person_instances.json'
    figures = evaluate_semantic(pipeline, annotations, photos / 'images', WorstMasks())
    # Measured .617; a simple reference decoder reaches .426.
    assert figures['IoU']['person'] > 0.59
