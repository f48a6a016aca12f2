"""Reads a .tflite file into plain data: tensors, constants and operators of its only graph.

Source: the TensorFlow Lite schema (schema.fbs, version 3).
"""

from dataclasses import dataclass
import struct
from typing import Any

import numpy as np
import tflite

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.sparsity import Level, densify

_IDENTIFIER = b'TFL3'
_DTYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
}
_OPERATOR_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if not name.startswith('_')
}
_OPTION_TYPES = {
    code: name for name, code in vars(tflite.BuiltinOptions).items() if not name.startswith('_')
}


@dataclass(frozen=True)
class Tensor:
    """A tensor as TensorFlow Lite lays it out: images are NHWC.

    Attributes:
        name: in the source file.
        shape: with the batch size of the source file.
        data: the values of a constant; None of everything computed.
    """

    name: str
    shape: tuple[int, ...]
    data: np.ndarray | None


@dataclass(frozen=True)
class Operator:
    """One step of the network.

    Attributes:
        index: position in the source file.
        name: built-in operator such as 'CONV_2D', or the name of a custom one.
        inputs: tensor ids; -1 stands for an optional input that is absent.
        outputs: tensor ids.
        options: the flatbuffer's accessor object of a built-in operator, None where it has none.
        custom_options: bytes given to a custom operator.
    """

    index: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any
    custom_options: bytes


@dataclass(frozen=True)
class Graph:
    """A network; operators in an order in which they can run."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(data: bytes) -> Graph:
    """Read the bytes of a .tflite file.

    Raises:
        ModelError: when these are no whole .tflite file with one graph.
    """
    if data[4:8] != _IDENTIFIER:
        raise ModelError(
            f'not a .tflite file: bytes 4 to 8 are {data[4:8]!r}, not {_IDENTIFIER!r}'
        )
    try:
        return _graph(tflite.Model.GetRootAs(data, 0))
    except (struct.error, ValueError, IndexError, TypeError) as error:
        raise ModelError(f'damaged .tflite file: {error}') from error


def _graph(model: Any) -> Graph:
    if model.SubgraphsLength() != 1:
        raise ModelError(f'.tflite file with {model.SubgraphsLength()} graphs, expected 1')
    graph = model.Subgraphs(0)
    return Graph(
        tensors=tuple(_tensor(model, graph.Tensors(i)) for i in range(graph.TensorsLength())),
        operators=tuple(_operator(model, graph, i) for i in range(graph.OperatorsLength())),
        inputs=tuple(graph.InputsAsNumpy().tolist()),
        outputs=tuple(graph.OutputsAsNumpy().tolist()),
    )


def _tensor(model: Any, tensor: Any) -> Tensor:
    name = tensor.Name().decode()
    shape = tuple(tensor.ShapeAsNumpy().tolist()) if tensor.ShapeLength() else ()
    buffer = model.Buffers(tensor.Buffer())
    if buffer.DataLength() == 0:
        return Tensor(name, shape, None)
    if tensor.Type() not in _DTYPES:
        raise ModelError(f'constant {name!r} has type {tensor.Type()}; supported: {list(_DTYPES)}')
    values = np.frombuffer(buffer.DataAsNumpy().tobytes(), _DTYPES[tensor.Type()])
    if tensor.Sparsity():
        return Tensor(name, shape, _dense(values, shape, tensor.Sparsity()))
    return Tensor(name, shape, values.reshape(shape))


def _operator(model: Any, graph: Any, index: int) -> Operator:
    operator = graph.Operators(index)
    code = model.OperatorCodes(operator.OpcodeIndex())
    # Files from before schema version 3a know only the one-byte code.
    builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    is_custom = builtin == tflite.BuiltinOperator.CUSTOM
    name = code.CustomCode().decode() if is_custom else _OPERATOR_NAMES.get(builtin, str(builtin))
    options = None
    if operator.BuiltinOptionsType():
        options = getattr(tflite, _OPTION_TYPES[operator.BuiltinOptionsType()])()
        table = operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
    return Operator(
        index=index,
        name=name,
        inputs=tuple(operator.InputsAsNumpy().tolist()),
        outputs=tuple(operator.OutputsAsNumpy().tolist()),
        options=options,
        custom_options=operator.CustomOptionsAsNumpy().tobytes()
        if operator.CustomOptionsLength()
        else b'',
    )


def _dense(values: np.ndarray, shape: tuple[int, ...], sparsity: Any) -> np.ndarray:
    levels = []
    for index in range(sparsity.DimMetadataLength()):
        level = sparsity.DimMetadata(index)
        if level.Format() == tflite.DimensionType.DENSE:
            levels.append(Level(size=level.DenseSize()))
        else:
            levels.append(
                Level(
                    segments=_index_vector(level.ArraySegmentsType(), level.ArraySegments()),
                    indices=_index_vector(level.ArrayIndicesType(), level.ArrayIndices()),
                )
            )
    blocks = sparsity.BlockMapAsNumpy().tolist() if sparsity.BlockMapLength() else []
    return densify(values, shape, levels, sparsity.TraversalOrderAsNumpy().tolist(), blocks)


def _index_vector(kind: int, table: Any) -> np.ndarray:
    vector = {
        tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
        tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
        tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
    }[kind]()
    vector.Init(table.Bytes, table.Pos)
    return vector.ValuesAsNumpy().astype(np.int64) if vector.ValuesLength() else np.empty(0, int)
