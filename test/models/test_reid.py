"""Re-identification networks: their crops, their vectors, and how well they tell people apart."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.types import Frame
from ros_vision_perception.models.base import AppearanceModel, DetectionConfig, Shape, Signature
from ros_vision_perception.pipeline.families import REID
from ros_vision_perception.pipeline.recognise import Network, recognise

CONFIG = DetectionConfig(0.1)
OSNET: Mapping[str, Shape] = {'input': (None, 3, 256, 128)}
RETAIL: Mapping[str, Shape] = {'inputs:0': (1, 256, 128, 3)}
BOXES = np.array([[40.0, 20.0, 80.0, 120.0]])


def frame() -> Frame:
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[20:120, 40:80] = (10, 100, 250)  # blue, green, red
    return Frame(pixels, 'bgr8', 0)


def claimed(inputs: Mapping[str, Shape], output: Shape = (None, 512), said: str = '') -> dict:
    metadata = {'family': said} if said else {}
    signature = Signature(inputs, {'output': output}, metadata)
    models = {
        name: family.recognise(signature, CONFIG)
        for name, family in REID.items()
        if said in ('', name)
    }
    return {name: model for name, model in models.items() if model is not None}


def tensor_of(inputs: Mapping[str, Shape], said: str = '') -> np.ndarray:
    (model,) = claimed(inputs, said=said).values()
    ((name, tensor),) = model.preprocess(frame(), BOXES).items()
    assert inputs.keys() == {name} and tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    return tensor


def test_networks_are_told_apart_by_where_their_input_has_its_channels() -> None:
    assert claimed(OSNET).keys() == {'osnet'}
    assert claimed(RETAIL).keys() == {'reid-retail'}
    assert claimed(OSNET, said='reid-retail').keys() == {'reid-retail'}


@pytest.mark.parametrize(
    ('inputs', 'output'),
    [
        ({'image': (1, 3, 224, 224)}, (1, 1000)),  # a classifier of pictures
        ({'image': (1, 224, 224, 3)}, (1, 1000)),
        ({'image': (1, 3, None, None)}, (1, 512)),
        ({'image': (1, 4, 256, 128)}, (1, 512)),
        ({'image': (1, 3, 256, 192)}, (1, 17, 64, 48)),  # heatmaps
        ({'image': (1, 3, 256, 128)}, (1, 512, 1, 1)),
        ({'image': (1, 3, 256, 128), 'camera': (1,)}, (1, 512)),
    ],
)
def test_other_networks_are_none(inputs: Mapping[str, Shape], output: Shape) -> None:
    assert claimed(inputs, output) == {}


def test_retail_networks_get_pixels_as_they_are_with_blue_first() -> None:
    tensor = tensor_of(RETAIL)
    assert tensor.shape == (1, 256, 128, 3)
    np.testing.assert_array_equal(tensor[0, 128, 64], [10, 100, 250])


def test_retail_networks_with_planes_get_the_same_pixels() -> None:
    planes = tensor_of(OSNET, said='reid-retail')
    np.testing.assert_array_equal(planes.transpose(0, 2, 3, 1), tensor_of(RETAIL))


def test_osnet_gets_planes_normalised_with_red_first() -> None:
    tensor = tensor_of(OSNET)
    assert tensor.shape == (1, 3, 256, 128)
    want = (np.array([250, 100, 10]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(tensor[0, :, 128, 64], want, rtol=1e-5)


def test_the_person_fills_the_crop_but_for_a_margin() -> None:
    red = tensor_of(RETAIL)[0, ..., 2] > 125
    assert red.mean(axis=1).max() == pytest.approx(1 / 1.16, abs=0.02)
    assert red.mean(axis=0).max() == pytest.approx(1 / 1.16, abs=0.02)


@pytest.mark.parametrize('inputs', [OSNET, RETAIL])
def test_vectors_have_unit_length_and_the_rest_is_unknown(inputs: Mapping[str, Shape]) -> None:
    (model,) = claimed(inputs).values()
    vectors = model.decode({'output': np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)})
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [np.nan, np.nan]], rtol=1e-6)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize(
    ('file', 'family'),
    [
        ('osnet_x0_25_msmt17', 'osnet'),
        ('person-reid-retail-0287', 'reid-retail'),
        ('person-reid-retail-0288', 'reid-retail'),
    ],
)
def test_pairs_of_the_same_person_are_told_from_others(
    file: str, family: str, assets: Path
) -> None:
    path = assets / 'models' / f'{file}.onnx'
    network = Network.load(path, lambda path: OnnxBackend(path, threads=2))
    model = recognise(network, {family: REID[family]}, CONFIG)
    assert model is not None
    same, others = [], []
    for sequence in sorted((assets / 'videos' / 'mot17_mini').iterdir()):
        ids, vectors = described(sequence, network, model)
        first, second = np.triu_indices(len(ids), k=1)
        alike = (vectors[first] * vectors[second]).sum(axis=1)
        same.append(alike[ids[first] == ids[second]])
        others.append(alike[ids[first] != ids[second]])
    # The area under the ROC curve: how often a pair of the same person is the more alike one.
    pairs, all_others = np.concatenate(same), np.sort(np.concatenate(others))
    auc = np.searchsorted(all_others, pairs).mean() / len(all_others)
    assert len(pairs) > 30 and auc >= 0.99


def described(
    sequence: Path, network: Network, model: AppearanceModel
) -> tuple[np.ndarray, np.ndarray]:
    """Return id (N,) and appearance (N, D) of who is well seen at the first and last image."""
    from ros_vision_perception.tools.evaluate.mot import read_truth

    cv2 = pytest.importorskip('cv2')
    truth = read_truth(sequence / 'gt' / 'gt.txt')
    images = sorted((sequence / 'img1').iterdir())
    ids, vectors = [], []
    for path in (images[0], images[-1]):
        people = truth[int(path.stem) - 1]
        tall = people.boxes_xyxy[:, 3] - people.boxes_xyxy[:, 1] > 80
        rows = np.flatnonzero(people.counts & (people.visibility > 0.7) & tall)
        image = Frame(cv2.imread(str(path)), 'bgr8', 0)
        inputs = model.preprocess(image, people.boxes_xyxy[rows])
        ((name, crops),) = inputs.items()
        outputs = [network.backend.run({name: crop[None]}) for crop in crops]
        vectors += [model.decode(output)[0] for output in outputs]
        ids += people.ids[rows].tolist()
    return np.array(ids), np.array(vectors)
