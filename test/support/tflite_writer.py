"""Writes small .tflite files, so that each operator can be tested alone."""

from typing import Any

import flatbuffers
import numpy as np
import tflite

_TYPES = {
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.float16): tflite.TensorType.FLOAT16,
    np.dtype(np.int32): tflite.TensorType.INT32,
}
_OPTIONS = {
    'ADD': 'AddOptions',
    'AVERAGE_POOL_2D': 'Pool2DOptions',
    'CONCATENATION': 'ConcatenationOptions',
    'CONV_2D': 'Conv2DOptions',
    'DEPTHWISE_CONV_2D': 'DepthwiseConv2DOptions',
    'DEPTH_TO_SPACE': 'DepthToSpaceOptions',
    'MAX_POOL_2D': 'Pool2DOptions',
    'MEAN': 'ReducerOptions',
    'MUL': 'MulOptions',
    'RESHAPE': 'ReshapeOptions',
    'RESIZE_BILINEAR': 'ResizeBilinearOptions',
}


class NetworkWriter:
    """A network of one input, written operator by operator. Tensors are known by their ids."""

    def __init__(self, input_shape: tuple[int, ...]) -> None:
        self._builder = flatbuffers.Builder()
        self._buffers: list[int] = [self._buffer(None)]
        self._tensors: list[int] = []
        self._codes: list[int] = []
        self._operators: list[int] = []
        self.input = self._tensor(input_shape, np.dtype(np.float32), 0)

    def constant(self, values: Any, dtype: type = np.float32) -> int:
        array: np.ndarray = np.asarray(values, dtype)
        self._buffers.append(self._buffer(array.tobytes()))
        return self._tensor(array.shape, array.dtype, len(self._buffers) - 1)

    def sparse_constant(self, values: np.ndarray) -> int:
        """Store a matrix with one compressed level: the columns of each row."""
        assert values.ndim == 2
        builder = self._builder
        row, column = np.nonzero(values)
        segments = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(values)))))
        dense = self._table('DimensionMetadata', Format=0, DenseSize=len(values))
        compressed = self._table(
            'DimensionMetadata',
            Format=1,
            ArraySegmentsType=tflite.SparseIndexVector.Uint8Vector,
            ArraySegments=self._index_vector(segments),
            ArrayIndicesType=tflite.SparseIndexVector.Uint8Vector,
            ArrayIndices=self._index_vector(column),
        )
        order = builder.CreateNumpyVector(np.arange(2, dtype=np.int32))
        levels = self._offsets([dense, compressed])
        sparsity = self._table('SparsityParameters', TraversalOrder=order, DimMetadata=levels)
        self._buffers.append(self._buffer(values[row, column].tobytes()))
        buffer = len(self._buffers) - 1
        return self._tensor(values.shape, values.dtype, buffer, Sparsity=sparsity)

    def add(
        self,
        name: str,
        inputs: list[int],
        output_shape: tuple[int, ...],
        **options: int | bool,
    ) -> int:
        """Append a built-in operator; returns its output."""
        code = getattr(tflite.BuiltinOperator, name)
        fields = {'BuiltinCode': code, 'DeprecatedBuiltinCode': min(code, 127), 'Version': 1}
        self._codes.append(self._table('OperatorCode', **fields))
        extra: dict[str, int] = {}
        if name in _OPTIONS:
            extra['BuiltinOptionsType'] = getattr(tflite.BuiltinOptions, _OPTIONS[name])
            extra['BuiltinOptions'] = self._table(_OPTIONS[name], **options)
        return self._append(inputs, output_shape, extra)

    def add_custom(
        self, name: str, inputs: list[int], output_shape: tuple[int, ...], options: bytes
    ) -> int:
        """Append a custom operator; returns its output."""
        code = tflite.BuiltinOperator.CUSTOM
        text = self._builder.CreateString(name)
        fields = {'BuiltinCode': code, 'DeprecatedBuiltinCode': code, 'CustomCode': text}
        self._codes.append(self._table('OperatorCode', **fields, Version=1))
        extra = {'CustomOptions': self._builder.CreateByteVector(options)}
        return self._append(inputs, output_shape, extra)

    def finish(self, *outputs: int) -> bytes:
        """Return the bytes of the file. Tensor i is called 't<i>'."""
        builder = self._builder
        graph = self._table(
            'SubGraph',
            Tensors=self._offsets(self._tensors),
            Inputs=self._indices([self.input]),
            Outputs=self._indices(list(outputs)),
            Operators=self._offsets(self._operators),
        )
        codes, graphs = self._offsets(self._codes), self._offsets([graph])
        buffers = self._offsets(self._buffers)
        model = self._table(
            'Model', Version=3, OperatorCodes=codes, Subgraphs=graphs, Buffers=buffers
        )
        builder.Finish(model, file_identifier=b'TFL3')
        return bytes(builder.Output())

    def _append(
        self,
        inputs: list[int],
        output_shape: tuple[int, ...],
        extra: dict[str, int],
    ) -> int:
        output = self._tensor(output_shape, np.dtype(np.float32), 0)
        fields = {'Inputs': self._indices(inputs), 'Outputs': self._indices([output])}
        index = len(self._codes) - 1
        self._operators.append(self._table('Operator', OpcodeIndex=index, **fields, **extra))
        return output

    def _tensor(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], buffer: int, **extra: int
    ) -> int:
        name = self._builder.CreateString(f't{len(self._tensors)}')
        fields = {'Shape': self._indices(list(shape)), 'Type': _TYPES[dtype], 'Name': name}
        self._tensors.append(self._table('Tensor', **fields, Buffer=buffer, **extra))
        return len(self._tensors) - 1

    def _buffer(self, data: bytes | None) -> int:
        if data is None:
            return self._table('Buffer')
        # Kernels read the values in place: align them.
        self._builder.StartVector(1, len(data), 16)
        self._builder.head -= len(data)
        self._builder.Bytes[self._builder.head : self._builder.head + len(data)] = data
        return self._table('Buffer', Data=self._builder.EndVector())

    def _indices(self, values: list[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.array(values, np.int32)))

    def _index_vector(self, values: np.ndarray) -> int:
        vector = self._builder.CreateNumpyVector(values.astype(np.uint8))
        return self._table('Uint8Vector', Values=vector)

    def _offsets(self, offsets: list[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def _table(self, kind: str, **fields: Any) -> int:
        getattr(tflite, f'{kind}Start')(self._builder)
        for name, value in fields.items():
            getattr(tflite, f'{kind}Add{name}')(self._builder, value)
        return int(getattr(tflite, f'{kind}End')(self._builder))
