"""ONNX Runtime on a GPU, on a stand-in for its providers: who asks gets it or hears why."""

from pathlib import Path
from typing import Any

from gpu_networks import write_operator
import numpy as np
import onnxruntime
import pytest

from ros_vision_perception.backends.onnx_gpu import (
    OnnxGpuBackend,
    cuda_providers,
    tensorrt_providers,
)
from ros_vision_perception.backends.shapes import Range
from ros_vision_perception.core.errors import ModelError

CPU, CUDA, TENSORRT = 'CPUExecutionProvider', 'CUDAExecutionProvider', 'TensorrtExecutionProvider'


def test_inputs_and_outputs_stay_in_the_memory_of_the_gpu(
    providers_asked: list[Any], tmp_path: Path
) -> None:
    file = write_operator(tmp_path / 'a.onnx', 'Abs', ['N', 3])
    backend = OnnxGpuBackend(file, cuda_providers('auto'), 'auto')
    for size in (1, 4, 4, 2):
        x = np.arange(3.0 * size, dtype=np.float32).reshape(3, size).T - size
        np.testing.assert_array_equal(backend.run({'x': x})['y'], np.abs(x))
    assert backend.where == f'ONNX Runtime {onnxruntime.__version__} on CUDA, auto'
    assert providers_asked[0][1] == {'enable_fallback': 0}


@pytest.mark.parametrize(('precision', 'tf32'), [('auto', '1'), ('fp32', '0')])
def test_full_precision_is_full(
    providers_asked: list[Any], tmp_path: Path, precision: str, tf32: str
) -> None:
    file = write_operator(tmp_path / 'a.onnx', 'Abs', [3])
    OnnxGpuBackend(file, cuda_providers(precision), precision)
    (name, options), (cpu, _) = providers_asked[0][0]
    assert (name, cpu, options['use_tf32']) == (CUDA, CPU, tf32)


def test_tensorrt_is_asked_for_with_shapes_precision_and_folder(tmp_path: Path) -> None:
    ranges = {
        'x': Range((1, 3, 8), (4, 3, 8), (4, 3, 16)),
        'size': Range((1, 2), (4, 2), (4, 2)),
        'fixed': Range((1, 2), (1, 2), (1, 2)),
    }
    (name, options), (fallback, _), (last, _) = tensorrt_providers('fp16', tmp_path, ranges)
    assert (name, fallback, last) == (TENSORRT, CUDA, CPU)
    assert options == {
        'trt_fp16_enable': 'True',
        'trt_engine_cache_enable': 'True',
        'trt_engine_cache_path': str(tmp_path),
        'trt_profile_min_shapes': 'x:1x3x8,size:1x2',
        'trt_profile_opt_shapes': 'x:4x3x8,size:4x2',
        'trt_profile_max_shapes': 'x:4x3x16,size:4x2',
    }


@pytest.mark.filterwarnings('ignore:Specified provider')
@pytest.mark.parametrize('kind', [CUDA, TENSORRT])
def test_a_provider_that_is_silently_left_out_is_an_error(tmp_path: Path, kind: str) -> None:
    """With the real runtime, which has none of these here."""
    if kind in onnxruntime.get_available_providers():
        pytest.skip('this ONNX Runtime has it')
    providers = cuda_providers('auto')
    if kind == TENSORRT:
        providers = tensorrt_providers('fp16', tmp_path, {})
    file = write_operator(tmp_path / 'a.onnx', 'Abs', [3])
    with pytest.raises(
        ModelError,
        match=rf'a\.onnx: asked ONNX Runtime \S+ for {kind}, got only {CPU}; cure: the versions',
    ):
        OnnxGpuBackend(file, providers, 'auto')
