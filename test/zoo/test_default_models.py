"""The real networks, converted as the catalogue says, against LiteRT on real photographs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from ros_vision_perception.zoo.catalog import default_catalog
from ros_vision_perception.zoo.entries import ModelFile
from ros_vision_perception.zoo.tflite.convert import convert

FILES = {file.name: file for model in default_catalog().models for file in model.files}
# The same files under other names.
SOURCES = {
    'pose_detection.tflite': 'mp_pose_detection.tflite',
    'pose_landmark_full.tflite': 'mp_pose_landmark_full.tflite',
    'selfie_segmentation.tflite': 'mp_selfie_segmentation.tflite',
}
# Largest error, relative to the range of the output's values.
TOLERANCE = 1e-3


@pytest.fixture
def source(assets: Path) -> Callable[[ModelFile], bytes]:
    """Read the .tflite file that a network is made from."""
    return lambda file: (assets / 'models' / SOURCES[Path(file.member).name]).read_bytes()


@pytest.fixture
def photos(assets: Path) -> list[np.ndarray]:
    """RGB images of people."""
    paths = sorted((assets / 'images/mmpose/coco').glob('*.jpg'))[:3]
    assert paths
    return [np.asarray(cv2.imread(str(path)))[..., ::-1] for path in paths]


def to_input(photo: np.ndarray, file: ModelFile) -> np.ndarray:
    """Return the (1, C, H, W) float32 input of a network."""
    _, height, width = file.input_shape
    low, high = file.input_range
    image = cv2.resize(photo, (width, height)).astype(np.float32) / 255 * (high - low) + low
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def run_litert(data: bytes, image: np.ndarray) -> dict[str, np.ndarray]:
    """Return what LiteRT makes of an (1, C, H, W) image: name in the source -> array."""
    litert = pytest.importorskip('ai_edge_litert.interpreter')
    interpreter: Any = litert.Interpreter(model_content=data, num_threads=2)
    interpreter.allocate_tensors()
    interpreter.set_tensor(
        interpreter.get_input_details()[0]['index'], image.transpose(0, 2, 3, 1)
    )
    interpreter.invoke()
    return {
        output['name']: interpreter.get_tensor(output['index'])
        for output in interpreter.get_output_details()
    }


def run_onnx(model: bytes, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return name of each output -> array."""
    session = onnxruntime.InferenceSession(model)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {'image': images}), strict=True))


@pytest.mark.parametrize('name', FILES)
def test_network_gives_what_litert_gives(
    name: str, source: Callable[[ModelFile], bytes], photos: list[np.ndarray]
) -> None:
    file = FILES[name]
    data = source(file)
    model = convert(data, file.outputs, {})
    for photo in photos:
        image = to_input(photo, file)
        expected, got = run_litert(data, image), run_onnx(model, image)
        assert got.keys() == file.outputs.keys()
        for output, original in file.outputs.items():
            want = expected[original]
            if want.ndim == 4:
                want = want.transpose(0, 3, 1, 2)
            assert got[output].shape == want.shape
            values_range = max(float(np.ptp(want)), 1.0)
            error = np.abs(got[output] - want).max()
            assert error <= TOLERANCE * values_range, f'{output}: {error} of {values_range}'


@pytest.mark.parametrize('name', FILES)
def test_a_batch_gives_what_its_images_give_alone(
    name: str, source: Callable[[ModelFile], bytes], photos: list[np.ndarray]
) -> None:
    file = FILES[name]
    model = convert(source(file), file.outputs, {})
    images = np.concatenate([to_input(photo, file) for photo in photos])
    together = run_onnx(model, images)
    for index in range(len(images)):
        alone = run_onnx(model, images[index : index + 1])
        for output, array in alone.items():
            scale = max(float(np.ptp(array)), 1.0)
            np.testing.assert_allclose(together[output][index], array[0], atol=1e-4 * scale)


@pytest.mark.parametrize('name', FILES)
def test_images_are_never_transposed_inside_the_network(
    name: str, source: Callable[[ModelFile], bytes]
) -> None:
    """A transpose may come only where images end: followed by nothing but reshaping."""
    file = FILES[name]
    graph = onnx.load_from_string(convert(source(file), file.outputs, {})).graph
    after = [
        output for node in graph.node if node.op_type == 'Transpose' for output in node.output
    ]
    for node in graph.node:
        if set(node.input) & set(after):
            assert node.op_type in ('Reshape', 'Concat')
            after.extend(node.output)
    assert not {'Pad', 'Cast'} & {node.op_type for node in graph.node}
