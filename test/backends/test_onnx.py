"""ONNX Runtime as a backend, on small networks made here."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
import pytest

from ros_vision_perception.backends.base import check_interface
from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.backends.replay import ReplayBackend
from ros_vision_perception.core.errors import ModelError


def write_doubler(path: Path, kind: int) -> Path:
    """Write a network with a batch of any size: y = x + x."""
    graph = helper.make_graph(
        [helper.make_node('Add', ['x', 'x'], ['y'])],
        'doubler',
        [helper.make_tensor_value_info('x', kind, ['N', 3])],
        [helper.make_tensor_value_info('y', kind, ['N', 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.fixture
def doubler(tmp_path: Path) -> Path:
    return write_doubler(tmp_path / 'doubler.onnx', TensorProto.FLOAT)


@pytest.mark.parametrize('batch', [1, 4])
def test_network_runs_on_any_batch(doubler: Path, batch: int) -> None:
    x = np.arange(3 * batch, dtype=np.float32).reshape(batch, 3)
    np.testing.assert_array_equal(OnnxBackend(doubler, 1).run({'x': x})['y'], 2 * x)


@pytest.mark.parametrize(
    ('kind', 'want'), [(TensorProto.FLOAT16, np.float32), (TensorProto.INT32, np.int32)]
)
def test_network_of_another_type_is_fed_in_its_own(tmp_path: Path, kind: int, want: type) -> None:
    backend = OnnxBackend(write_doubler(tmp_path / 'a.onnx', kind), 1)
    y = backend.run({'x': np.array([[0.0, 2.0, 3.0]], np.float32)})['y']
    assert y.dtype == want
    np.testing.assert_array_equal(y, [[0, 4, 6]])


def test_inputs_that_do_not_fit_are_one_clear_line(doubler: Path) -> None:
    with pytest.raises(ModelError, match=r'doubler\.onnx does not take its inputs: ') as error:
        OnnxBackend(doubler, 1).run({'x': np.zeros((1, 4), np.float32)})
    assert '\n' not in str(error.value)


def test_shapes_are_told_with_none_where_they_vary(doubler: Path) -> None:
    backend = OnnxBackend(doubler, 1)
    assert backend.input_shapes == {'x': (None, 3)}
    assert backend.output_shapes == {'y': (None, 3)}


def test_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r'no model file at .*none\.onnx$'):
        OnnxBackend(tmp_path / 'none.onnx', 1)


@pytest.mark.parametrize('size', [0, 20, 60])
def test_truncated_file_is_one_clear_line(doubler: Path, size: int) -> None:
    doubler.write_bytes(doubler.read_bytes()[:size])
    with pytest.raises(ModelError, match=r'doubler\.onnx is not an ONNX model') as error:
        OnnxBackend(doubler, 1)
    assert '\n' not in str(error.value)


def test_network_of_another_family_is_told_apart_by_its_shapes(doubler: Path) -> None:
    backend = OnnxBackend(doubler, 1)
    check_interface(backend, 'doubler', {'x': (None, 3)}, {'y': (None, None)})
    with pytest.raises(ModelError, match='doubler: expected output y Nx4; got y Nx3'):
        check_interface(backend, 'doubler', {'x': (None, 3)}, {'y': (None, 4)})
    with pytest.raises(ModelError, match='expected input image 1x3x8x8; got x Nx3'):
        check_interface(backend, 'doubler', {'image': (1, 3, 8, 8)}, {})


def test_replay_answers_with_the_stored_arrays_and_counts() -> None:
    outputs = {'y': np.ones((2, 3), np.float32)}
    backend = ReplayBackend(outputs, {'x': (None, 3)})
    assert backend.run({'x': np.zeros((1, 3), np.float32)}) is outputs
    assert (backend.calls, backend.output_shapes) == (1, {'y': (2, 3)})
