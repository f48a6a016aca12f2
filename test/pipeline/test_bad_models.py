"""Files that cannot be used: one clear line each, whatever is wrong with them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from small_networks import Shape, write_network

from ros_vision_perception.core.errors import ModelError, PerceptionError
from ros_vision_perception.pipeline.load import load_pose, load_segmentation

IMAGE: dict[str, Shape] = {'images': (1, 3, 64, 64)}
YOLO_POSE = {'output0': np.zeros((1, 56, 84), np.float32)}


def pose(path: Path) -> object:
    return load_pose(
        str(path), threads=1, max_people=3, with_masks=False, skeleton='', report=lambda line: None
    )


def segmentation(path: Path) -> object:
    return load_segmentation(str(path), threads=1, report=lambda line: None)


def refusal(load: Callable[[Path], object], path: Path) -> str:
    """Return the line with which a file is refused."""
    with pytest.raises(PerceptionError) as caught:
        load(path)
    assert '\n' not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('share', [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share: float, tmp_path: Path) -> None:
    path = write_network(tmp_path / 'net.onnx', IMAGE, YOLO_POSE)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert 'is no ONNX model, or not all of one' in refusal(pose, path)


def test_an_operator_set_that_the_runtime_does_not_know_is_named(tmp_path: Path) -> None:
    path = write_network(tmp_path / 'net.onnx', IMAGE, YOLO_POSE)
    model = onnx.load(path)
    model.opset_import[0].version = 999
    onnx.save(model, path)
    line = refusal(pose, path)
    assert 'not an ONNX model that can be loaded' in line and '999' in line


def test_a_classifier_is_no_pose_model(tmp_path: Path) -> None:
    outputs = {'logits': np.zeros((1, 1000), np.float32)}
    path = write_network(tmp_path / 'resnet.onnx', {'input': (1, 3, 224, 224)}, outputs)
    for load, task in ((pose, 'pose'), (segmentation, 'segmentation')):
        line = refusal(load, path)
        assert f'is no {task} model that is known' in line
        assert 'got input input 1x3x224x224, output logits 1x1000' in line
        assert 'expected yolo-' in line or 'expected selfie' in line


@pytest.mark.parametrize(
    'shape', [(1, 1, 64, 64), (1, 3, 64), (3,), (1, 3, 64, 64, 1), (2, 'a', 'b', 'c')]
)
def test_an_input_of_an_odd_shape_is_refused(shape: Shape, tmp_path: Path) -> None:
    path = write_network(tmp_path / 'net.onnx', {'images': shape}, YOLO_POSE)
    assert 'got input images' in refusal(pose, path)


@pytest.mark.parametrize('channels', [5, 55, 57, 84])
def test_a_number_of_values_that_makes_no_joints_is_refused(channels: int, tmp_path: Path) -> None:
    outputs = {'output0': np.zeros((1, channels, 84), np.float32)}
    path = write_network(tmp_path / 'net.onnx', IMAGE, outputs, {'task': 'pose'})
    assert f'1x{channels}x84' in refusal(pose, path) or 'joints' in refusal(pose, path)


def test_another_number_of_classes_than_the_file_says_is_refused(tmp_path: Path) -> None:
    outputs = {
        'output0': np.zeros((1, 4 + 80 + 32, 84), np.float32),
        'output1': np.zeros((1, 32, 16, 16), np.float32),
    }
    metadata = {'task': 'segment', 'names': "{0: 'person', 1: 'shelf'}"}
    path = write_network(tmp_path / 'net.onnx', IMAGE, outputs, metadata)
    assert '116' in refusal(segmentation, path)


def test_classes_that_nobody_names_are_asked_for(tmp_path: Path) -> None:
    outputs = {'out': np.zeros((1, 7, 64, 64), np.float32)}
    path = write_network(tmp_path / 'net.onnx', IMAGE, outputs)
    assert 'names' in refusal(segmentation, path)
    path.with_suffix('.yaml').write_text(
        'classes: [background, person, shelf, cart, floor, wall, door]\n'
    )
    segmentation(path)


def test_a_network_that_does_not_keep_its_word_is_refused_at_the_start(tmp_path: Path) -> None:
    """It says that it takes any size, but inside it does not."""
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            [onnx.helper.make_node('MatMul', ['images', 'weights'], ['output0'])],
            'broken',
            [onnx.helper.make_tensor_value_info('images', 1, (1, 3, 'height', 'width'))],
            [onnx.helper.make_tensor_value_info('output0', 1, (1, 56, 'anchors'))],
            [onnx.numpy_helper.from_array(np.zeros((7, 5), np.float32), 'weights')],
        ),
        opset_imports=[onnx.helper.make_opsetid('', 17)],
        ir_version=8,
    )
    path = tmp_path / 'net.onnx'
    onnx.save(model, path)
    assert 'net.onnx' in refusal(pose, path)


def test_two_families_in_doubt_are_named_with_the_cure(tmp_path: Path) -> None:
    from ros_vision_perception.models.base import DetectionConfig, Signature
    from ros_vision_perception.pipeline.families import POSE
    from ros_vision_perception.pipeline.recognise import Network, recognise

    signature = Signature(IMAGE, {'output0': (1, 56, 84)})  # type: ignore[arg-type]
    network = Network(tmp_path / 'net.onnx', None, signature)  # type: ignore[arg-type]
    twins = {'one': POSE['yolo-pose'], 'two': POSE['yolo-pose']}
    with pytest.raises(ModelError, match=r"of family one or two: .*net\.yaml .*'family: one'"):
        recognise(network, twins, DetectionConfig(0.5))
