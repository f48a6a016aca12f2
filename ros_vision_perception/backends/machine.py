"""Which backends this machine has, and what to do about those that it lacks."""

from importlib import import_module
from importlib.util import find_spec

from ros_vision_perception.backends.cuda import the_gpu
from ros_vision_perception.core.errors import ModelError

CPU, CUDA, ORT_TENSORRT, TENSORRT = (
    'onnxruntime-cpu',
    'onnxruntime-cuda',
    'onnxruntime-tensorrt',
    'tensorrt',
)
BACKENDS = (CPU, CUDA, ORT_TENSORRT, TENSORRT)
PROVIDERS = {CUDA: 'CUDAExecutionProvider', ORT_TENSORRT: 'TensorrtExecutionProvider'}


def missing(backend: str) -> str:
    """Return why a backend cannot be used here, and the cure, in one line; '' when it can."""
    if backend == CPU:
        return ''
    if backend == TENSORRT:
        if find_spec('tensorrt') is None:
            return (
                'no Python module tensorrt; cure: python3-libnvinfer of JetPack on a Jetson, '
                'the wheel tensorrt elsewhere'
            )
    else:
        import onnxruntime

        available = onnxruntime.get_available_providers()
        if PROVIDERS[backend] not in available:
            return (
                f'ONNX Runtime {onnxruntime.__version__} has only {", ".join(available)}; '
                'cure: the wheel onnxruntime-gpu in place of onnxruntime, '
                'or backend tensorrt on a Jetson'
            )
    try:
        the_gpu()
        if backend == TENSORRT:
            import_module('tensorrt')
    except (ModelError, ImportError, OSError) as error:  # or a library of TensorRT is missing
        return str(error)
    return ''


def available() -> list[str]:
    """Return the backends of this machine."""
    return [backend for backend in BACKENDS if not missing(backend)]
