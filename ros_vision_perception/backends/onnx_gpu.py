"""ONNX Runtime on the GPU: its CUDA and its TensorRT provider."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ros_vision_perception.backends.base import Shape
from ros_vision_perception.backends.machine import ORT_TENSORRT, PROVIDERS
from ros_vision_perception.backends.onnx import OnnxBackend, open_session
from ros_vision_perception.backends.shapes import Ranges
from ros_vision_perception.core.errors import ModelError

_DEVICE = 'cuda'
_CUDA, _CPU = 'CUDAExecutionProvider', 'CPUExecutionProvider'

Provider = tuple[str, dict[str, str]]


def cuda_providers(precision: str) -> list[Provider]:
    """Return what to ask for to run on CUDA cores; 'fp32' is without shortened mantissas."""
    options = {
        # Not every algorithm is tried out for each new number of people, among the frames.
        'cudnn_conv_algo_search': 'HEURISTIC',
        'use_tf32': '0' if precision == 'fp32' else '1',
    }
    return [(_CUDA, options), (_CPU, {})]


def tensorrt_providers(precision: str, folder: Path, ranges: Ranges) -> list[Provider]:
    """Return what to ask for to run on TensorRT, and on CUDA what TensorRT cannot take.

    Args:
        precision: 'fp16' or 'fp32'.
        folder: where the engines are kept.
        ranges: of the inputs, to build for.
    """
    options = {
        'trt_fp16_enable': str(precision == 'fp16'),
        'trt_engine_cache_enable': 'True',
        'trt_engine_cache_path': str(folder),
    }
    varying = {name: ends for name, ends in ranges.items() if ends.smallest != ends.largest}
    if varying:
        options |= {
            'trt_profile_min_shapes': _shapes(
                {key: ends.smallest for key, ends in varying.items()}
            ),
            'trt_profile_opt_shapes': _shapes({key: ends.usual for key, ends in varying.items()}),
            'trt_profile_max_shapes': _shapes(
                {key: ends.largest for key, ends in varying.items()}
            ),
        }
    return [(PROVIDERS[ORT_TENSORRT], options), *cuda_providers(precision)]


class OnnxGpuBackend(OnnxBackend):
    """A network in ONNX Runtime on the first GPU."""

    def __init__(self, path: Path, providers: Sequence[Provider], precision: str) -> None:
        """Load `path` for the first of the providers.

        Args:
            path: of the file.
            providers: see above; the others take what the first cannot.
            precision: for people.

        Raises:
            ModelError: when the file cannot be loaded, or only on another provider.
        """
        import onnxruntime

        if hasattr(onnxruntime, 'preload_dlls'):
            onnxruntime.preload_dlls()  # those of NVIDIA's wheels, where they are installed
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Without the fallback: it would take the CPU and only print that.
        session = open_session(path, options, providers, enable_fallback=0)
        want = providers[0][0]
        if want not in session.get_providers():
            # The library of a provider that cannot be loaded is left out without an error.
            raise ModelError(
                f'{path}: asked ONNX Runtime {onnxruntime.__version__} for {want}, got only '
                f'{", ".join(session.get_providers())}; cure: the versions of CUDA, cuDNN and '
                'TensorRT that this onnxruntime-gpu was built for'
            )
        kind = 'TensorRT' if want == PROVIDERS[ORT_TENSORRT] else 'CUDA'
        super()._use(
            session, path, f'ONNX Runtime {onnxruntime.__version__} on {kind}, {precision}'
        )
        self._bound: _Bound | None = None

    def _call(self, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        shapes = {name: array.shape for name, array in inputs.items()}
        if self._bound is None or self._bound.shapes != shapes:
            self._bound = None  # its memory first
            self._bound = _Bound(self._session, inputs)
        return self._bound.run(inputs)


class _Bound:
    """Memory of the GPU for inputs of certain shapes and for the outputs.

    Attributes:
        shapes: input -> shape.
    """

    def __init__(self, session: Any, inputs: Mapping[str, np.ndarray]) -> None:
        """Allocate for such inputs."""
        import onnxruntime

        self.shapes = {name: array.shape for name, array in inputs.items()}
        self._session, self._binding = session, session.io_binding()
        self._values = {
            name: onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                array.shape, array.dtype.type, _DEVICE, 0
            )
            for name, array in inputs.items()
        }
        for name, value in self._values.items():
            self._binding.bind_ortvalue_input(name, value)
        for output in session.get_outputs():
            # The runtime keeps the memory of each call for the next.
            self._binding.bind_output(output.name, _DEVICE, 0)

    def run(self, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Run the network once."""
        for name, value in self._values.items():
            value.update_inplace(np.ascontiguousarray(inputs[name]))
        self._binding.synchronize_inputs()
        self._session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()
        return self._binding.copy_outputs_to_cpu()


def _shapes(shapes: Mapping[str, Shape]) -> str:
    return ','.join(f'{name}:{"x".join(map(str, shape))}' for name, shape in shapes.items())
