"""The module `tensorrt` without a GPU: it builds nothing and computes with ONNX Runtime.

Names, arguments and what is there in which version were read from the docstrings of the wheels
tensorrt_bindings 8.6.1, tensorrt_cu12_bindings 10.3.0, 10.16.1.11 and 11.4.0.106. Like theirs, its
functions answer False, None or -1 where something is wrong, tell the logger why, and raise
TypeError for arguments of another type.
"""

from enum import IntEnum
import json
from types import ModuleType
from typing import Any

from fake_cuda import FakeDriver
from fake_tensorrt_engine import (
    MAGIC,
    ILogger,
    IOutputAllocator,
    IProgressMonitor,
    Runtime,
    Severity,
    TensorIOMode,
    check,
    shape_of,
)
import numpy as np
import onnx

# What the pretended parser does not know.
_UNKNOWN_OPERATOR = 'Det'
_PHASES = {'Building Engine': 3, 'Tactic Selection': 20}


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
        check(logger, ILogger)
        return True

    def nptype(self, trt_type: Any) -> Any:
        return trt_type

    def Builder(self, logger: Any) -> '_Builder':
        if self.driver.check():  # pybind11's words for a constructor that gives nothing
            raise TypeError('pybind11::init(): factory function returned nullptr')
        return _Builder(self, logger)

    def OnnxParser(self, network: '_Network', logger: Any) -> '_Parser':
        return _Parser(self, network, logger)

    def Runtime(self, logger: Any) -> Runtime:
        return Runtime(self, logger)


class _Tensor:
    def __init__(self, value: onnx.ValueInfoProto) -> None:
        self.name = value.name
        self.shape = shape_of(value)


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
        check(logger, ILogger)
        self._trt, self._network = trt, network
        self._errors: list[_ParserError] = []

    @property
    def num_errors(self) -> int:
        return len(self._errors)

    def get_error(self, index: int) -> _ParserError:
        return self._errors[index]

    def parse_from_file(self, model: str) -> bool:
        check(model, str)
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
            check(shape, tuple)
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
        check(logger, ILogger)
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
            check(monitor, IProgressMonitor)
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
        return MAGIC + header.encode() + b'\n' + network.model.SerializeToString()


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
