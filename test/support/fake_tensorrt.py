"""The module `tensorrt` without a GPU: it builds nothing and computes with ONNX Runtime.

Names, arguments and what is there in which version were read from the docstrings of the wheels
tensorrt_bindings 8.6.1, tensorrt_cu12_bindings 10.3.0, 10.16.1.11 and 11.4.0.106. Like theirs, its
functions answer False, None or -1 where something is wrong, tell the logger why, and raise
TypeError for arguments of another type.
"""

import ctypes
from enum import IntEnum
from functools import partial
import json
from types import ModuleType
from typing import Any

from fake_cuda import FakeDriver
import numpy as np
import onnx
import onnxruntime

_MAGIC = b'ftrt'
# What the pretended parser does not know.
_UNKNOWN_OPERATOR = 'Det'
_PHASES = {'Building Engine': 3, 'Tactic Selection': 20}
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


class FakeTensorRt(ModuleType):
    """The module.

    Attributes:
        driver: the GPU it is on.
        builds: how many engines were built.
        fails: whether a build fails.
        release: on what else an engine depends, which nobody can ask for.
    """

    def __init__(self, version: str, driver: FakeDriver) -> None:
        super().__init__('tensorrt')
        self.__version__ = version
        self.driver, self.builds, self.fails = driver, 0, False
        self.release = 'the first'
        major = int(version.split('.')[0])
        self.major = major
        self.ILogger, self.IOutputAllocator = ILogger, IOutputAllocator
        self.TensorIOMode, self.Dims = TensorIOMode, tuple
        flags = {'TF32': 7} | ({'FP16': 0} if major < 11 else {})
        self.BuilderFlag = IntEnum('BuilderFlag', flags)  # type: ignore[misc]
        network_flags = {'EXPLICIT_BATCH': 0} if major < 11 else {'STRONGLY_TYPED': 1}
        self.NetworkDefinitionCreationFlag = IntEnum(  # type: ignore[misc]
            'NetworkDefinitionCreationFlag', network_flags
        )
        if major >= 10:
            self.IProgressMonitor = IProgressMonitor
        for name in ('INetworkDefinition', 'IBuilderConfig'):
            setattr(self, name, object)

    def init_libnvinfer_plugins(self, logger: Any, namespace: str) -> bool:
        _check(logger, ILogger)
        return True

    def nptype(self, trt_type: Any) -> Any:
        return trt_type

    def Builder(self, logger: Any) -> '_Builder':
        if self.driver.check():  # pybind11's words for a constructor that gives nothing
            raise TypeError('pybind11::init(): factory function returned nullptr')
        return _Builder(self, logger)

    def OnnxParser(self, network: '_Network', logger: Any) -> '_Parser':
        return _Parser(self, network, logger)

    def Runtime(self, logger: Any) -> '_Runtime':
        return _Runtime(self, logger)


def _check(value: Any, kind: Any) -> None:
    if not isinstance(value, kind) or (isinstance(value, Subclassed) and not value._is_made):
        raise TypeError(f'incompatible function arguments: {value!r}')


class _Tensor:
    def __init__(self, value: onnx.ValueInfoProto) -> None:
        self.name = value.name
        self.shape = _shape(value)


class _Network:
    def __init__(self) -> None:
        self.model = onnx.ModelProto()

    @property
    def _inputs(self) -> list[_Tensor]:
        constants = {constant.name for constant in self.model.graph.initializer}
        return [_Tensor(v) for v in self.model.graph.input if v.name not in constants]

    @property
    def num_inputs(self) -> int:
        return len(self._inputs)

    def get_input(self, index: int) -> _Tensor:
        return self._inputs[index]


class _ParserError:
    def __init__(self, node: int, name: str, text: str, major: int) -> None:
        self._node, self._text = node, text
        if major >= 10:
            self.node_name = lambda: name

    def desc(self) -> str:
        return self._text

    def node(self) -> int:
        return self._node


class _Parser:
    def __init__(self, trt: FakeTensorRt, network: _Network, logger: Any) -> None:
        _check(logger, ILogger)
        self._trt, self._network = trt, network
        self._errors: list[_ParserError] = []

    @property
    def num_errors(self) -> int:
        return len(self._errors)

    def get_error(self, index: int) -> _ParserError:
        return self._errors[index]

    def parse_from_file(self, model: str) -> bool:
        _check(model, str)
        self._network.model = onnx.load(model)
        self._errors = [
            _ParserError(
                index,
                node.name,
                f'No importer registered for op: {node.op_type}.\nCheck the opset',
                self._trt.major,
            )
            for index, node in enumerate(self._network.model.graph.node)
            if node.op_type == _UNKNOWN_OPERATOR
        ]
        return not self._errors


class _Profile:
    def __init__(self) -> None:
        self.shapes: dict[str, list[list[int]]] = {}

    def set_shape(self, input: str, min: Any, opt: Any, max: Any) -> None:
        for shape in (min, opt, max):
            _check(shape, tuple)
        self.shapes[input] = [list(min), list(opt), list(max)]


class _Config:
    progress_monitor: Any = None

    def __init__(self) -> None:
        self.flags: set[str] = {'TF32'}
        self.profile = _Profile()

    def set_flag(self, flag: Any) -> None:
        self.flags.add(flag.name)

    def clear_flag(self, flag: Any) -> None:
        self.flags.discard(flag.name)

    def add_optimization_profile(self, profile: _Profile) -> int:
        for low, usual, high in profile.shapes.values():
            if not np.all(np.array(low) <= usual) or not np.all(np.array(usual) <= high):
                return -1
        self.profile = profile
        return 0


class _Builder:
    def __init__(self, trt: FakeTensorRt, logger: Any) -> None:
        _check(logger, ILogger)
        self._trt, self._logger = trt, logger

    def create_network(self, flags: int = 0) -> _Network:
        assert flags == (1 if self._trt.major < 11 else 0)
        return _Network()

    def create_builder_config(self) -> _Config:
        return _Config()

    def create_optimization_profile(self) -> _Profile:
        return _Profile()

    def build_serialized_network(self, network: _Network, config: _Config) -> bytes | None:
        if any(
            -1 in tensor.shape and tensor.name not in config.profile.shapes
            for tensor in network._inputs
        ):
            self._logger.log(Severity.ERROR, 'Network has dynamic inputs, but no profile')
            return None
        monitor = config.progress_monitor
        if monitor is not None:
            _check(monitor, IProgressMonitor)
            if not _walk(monitor):
                self._logger.log(Severity.ERROR, 'Build was cancelled')
                return None
        if self._trt.fails:
            self._logger.log(Severity.WARNING, 'of no interest')
            self._logger.log(Severity.ERROR, 'Could not find any implementation\nfor node Add')
            return None
        self._trt.builds += 1
        header = json.dumps(
            {
                'version': self._trt.__version__,
                'gpu': self._trt.driver._capability,
                'release': self._trt.release,
                'flags': sorted(config.flags),
                'profile': config.profile.shapes,
            }
        )
        return _MAGIC + header.encode() + b'\n' + network.model.SerializeToString()


def _walk(monitor: Any) -> bool:
    """Tell a monitor of phases within phases; returns False when it wants no more."""
    outer, inner = _PHASES
    monitor.phase_start(outer, None, _PHASES[outer])
    for step in range(_PHASES[outer]):
        monitor.phase_start(inner, outer, _PHASES[inner])
        for inner_step in range(_PHASES[inner]):
            if not monitor.step_complete(inner, inner_step):
                monitor.phase_finish(inner)
                monitor.phase_finish(outer)
                return False
        monitor.phase_finish(inner)
        if not monitor.step_complete(outer, step):
            return False
    monitor.phase_finish(outer)
    return True


class _Runtime:
    def __init__(self, trt: FakeTensorRt, logger: Any) -> None:
        _check(logger, ILogger)
        self._trt, self._logger = trt, logger

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> '_Engine | None':
        _check(serialized_engine, bytes)
        magic, rest = serialized_engine[:4], serialized_engine[4:]
        text, _, model = rest.partition(b'\n')
        if magic != _MAGIC:
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
        return _shape(self._value(name))

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
        _check(shape, tuple)
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
        _check(memory, int)
        self._addresses[name] = memory
        return memory in self._engine.driver.memory

    def set_output_allocator(self, name: str, output_allocator: Any) -> bool:
        _check(output_allocator, IOutputAllocator)
        self._allocators[name] = output_allocator
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        _check(stream_handle, int)
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


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(
        d.dim_value if d.HasField('dim_value') else -1 for d in value.type.tensor_type.shape.dim
    )
