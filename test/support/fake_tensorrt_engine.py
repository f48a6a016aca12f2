"""The half of the stand-in for `tensorrt` that runs engines; see `fake_tensorrt`."""

import ctypes
from enum import IntEnum
from functools import partial
import json
from typing import Any

from fake_cuda import FakeDriver
import numpy as np
import onnx
import onnxruntime

MAGIC = b'ftrt'
# Operators whose outputs are as long as the data want, and what is told of them beforehand.
_LENGTHS_UNKNOWN = {'NonZero', 'NonMaxSuppression'}
_DYNAMIC_BOUND_BYTES = 8


class Severity(IntEnum):
    INTERNAL_ERROR = 0
    ERROR = 1
    WARNING = 2


class TensorIOMode(IntEnum):
    NONE = 0
    INPUT = 1
    OUTPUT = 2


class Subclassed:
    """What Python code derives from: its constructor must be called, as pybind11 wants it."""

    _is_made = False

    def __init__(self) -> None:
        self._is_made = True


class ILogger(Subclassed):
    Severity = Severity


class IProgressMonitor(Subclassed):
    pass


class IOutputAllocator(Subclassed):
    pass


def check(value: Any, kind: Any) -> None:
    if not isinstance(value, kind) or (isinstance(value, Subclassed) and not value._is_made):
        raise TypeError(f'incompatible function arguments: {value!r}')


class Runtime:
    def __init__(self, trt: Any, logger: Any) -> None:
        check(logger, ILogger)
        self._trt, self._logger = trt, logger

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> '_Engine | None':
        check(serialized_engine, bytes)
        magic, rest = serialized_engine[:4], serialized_engine[4:]
        text, _, model = rest.partition(b'\n')
        if magic != MAGIC:
            self._logger.log(Severity.ERROR, 'magicTag != kMAGIC_TAG')
            return None
        header = json.loads(text)
        if header['version'] != self._trt.__version__:
            self._logger.log(Severity.ERROR, 'Version tag does not match')
            return None
        if tuple(header['gpu']) != self._trt.driver._capability:
            self._logger.log(Severity.ERROR, 'compiled for another compute capability')
            return None
        if header['release'] != self._trt.release:
            self._logger.log(Severity.ERROR, 'built by another release')
            return None
        return _Engine(self._trt.driver, header, model)


class _Engine:
    def __init__(self, driver: FakeDriver, header: dict[str, Any], model: bytes) -> None:
        self.driver, self.header = driver, header
        self.model = onnx.load_from_string(model)
        self.session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
        self.names = [v.name for v in (*self.session.get_inputs(), *self.session.get_outputs())]

    @property
    def num_io_tensors(self) -> int:
        return len(self.names)

    def get_tensor_name(self, index: int) -> str:
        return self.names[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        is_input = name in {value.name for value in self.session.get_inputs()}
        return TensorIOMode.INPUT if is_input else TensorIOMode.OUTPUT

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return shape_of(self._value(name))

    def get_tensor_dtype(self, name: str) -> Any:
        return onnx.helper.tensor_dtype_to_np_dtype(self._value(name).type.tensor_type.elem_type)

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> list[tuple[int, ...]]:
        return [tuple(shape) for shape in self.header['profile'][name]]

    def create_execution_context(self) -> '_Context':
        return _Context(self)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        typed = {name: array.astype(self.get_tensor_dtype(name)) for name, array in inputs.items()}
        names = [value.name for value in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, typed), strict=True))

    def _value(self, name: str) -> onnx.ValueInfoProto:
        graph = self.model.graph
        return next(v for v in (*graph.input, *graph.output) if v.name == name)


class _Context:
    def __init__(self, engine: _Engine) -> None:
        self._engine = engine
        self._shapes = {
            value.name: engine.get_tensor_shape(value.name)
            for value in engine.session.get_inputs()
        }
        self._addresses: dict[str, int] = {}
        self._allocators: dict[str, Any] = {}

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        check(shape, tuple)
        declared = self._engine.get_tensor_shape(name)
        if len(shape) != len(declared):
            return False
        if -1 not in declared:
            return shape == declared
        low, _, high = self._engine.get_tensor_profile_shape(name, 0)
        if not all(a <= b <= c for a, b, c in zip(low, shape, high, strict=True)):
            return False
        self._shapes[name] = shape
        return True

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        if self._engine.get_tensor_mode(name) == TensorIOMode.INPUT:
            return self._shapes[name]
        declared = self._engine.get_tensor_shape(name)
        if {node.op_type for node in self._engine.model.graph.node} & _LENGTHS_UNKNOWN:
            return declared
        return self._engine.run({key: np.zeros(shape) for key, shape in self._shapes.items()})[
            name
        ].shape

    def get_max_output_size(self, name: str) -> int:
        return _DYNAMIC_BOUND_BYTES

    def set_tensor_address(self, name: str, memory: int) -> bool:
        check(memory, int)
        self._addresses[name] = memory
        return memory in self._engine.driver.memory

    def set_output_allocator(self, name: str, output_allocator: Any) -> bool:
        check(output_allocator, IOutputAllocator)
        self._allocators[name] = output_allocator
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        check(stream_handle, int)
        driver = self._engine.driver
        # What is put on a stream, or recorded, has the shapes and addresses of that moment.
        work = partial(self._compute, dict(self._shapes), dict(self._addresses))
        if self._allocators:
            if driver.is_recording(stream_handle):
                return False
            driver.flush(stream_handle)
            work()
        else:
            driver.enqueue(stream_handle, work)
        return True

    def _compute(self, shapes: dict[str, tuple[int, ...]], addresses: dict[str, int]) -> None:
        driver, inputs = self._engine.driver, {}
        for name, shape in shapes.items():
            kind = np.dtype(self._engine.get_tensor_dtype(name))
            memory = driver.memory[addresses[name]]
            inputs[name] = np.frombuffer(memory, kind, int(np.prod(shape))).reshape(shape)
        for name, array in self._engine.run(inputs).items():
            address = addresses.get(name, 0)
            if name in self._allocators:
                # TensorRT 10 and later ask the second; both are there in what is tested.
                allocator = self._allocators[name]
                address = allocator.reallocate_output_async(name, None, array.nbytes, 256, 0)
                allocator.notify_shape(name, array.shape)
            assert array.nbytes <= len(driver.memory[address])
            ctypes.memmove(address, np.ascontiguousarray(array).ctypes.data, array.nbytes)


def shape_of(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(
        d.dim_value if d.HasField('dim_value') else -1 for d in value.type.tensor_type.shape.dim
    )
