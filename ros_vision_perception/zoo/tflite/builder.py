"""Collects the ONNX graph while the operators of a TensorFlow Lite graph are walked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, helper

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.reader import Graph

# Rows and columns of zeros: top, left, bottom, right.
Padding = tuple[int, int, int, int]
_NO_PADDING: Padding = (0, 0, 0, 0)


class GraphBuilder:
    """The ONNX graph so far.

    Every activation of rank 4 is NCHW here and NHWC in the source; all others are laid out alike.
    The first dimension is the batch and may have any length.

    Attributes:
        nodes: in an order in which they can run.
        initializers: name -> values of the constants that the nodes use.
    """

    def __init__(self, graph: Graph) -> None:
        """Begin with the inputs of `graph`."""
        self.nodes: list[NodeProto] = []
        self.initializers: dict[str, np.ndarray] = {}
        self._graph = graph
        self._constants = {
            index: tensor.data
            for index, tensor in enumerate(graph.tensors)
            if tensor.data is not None
        }
        self._names = {index: f't{index}' for index in graph.inputs}
        self._padded: dict[int, tuple[str, Padding]] = {}
        self._initializer_names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return the shape of a tensor as the source has it: NHWC, the batch size as stored."""
        return self._graph.tensors[tensor].shape

    def is_constant(self, tensor: int) -> bool:
        """Return whether the values of a tensor are known now."""
        return tensor in self._constants

    def constant(self, tensor: int) -> np.ndarray:
        """Return the values of a constant as the source has them: filters are OHWI."""
        if tensor not in self._constants:
            raise ModelError(f'tensor {self._graph.tensors[tensor].name!r} must be constant')
        return self._constants[tensor]

    def set_constant(self, tensor: int, values: np.ndarray) -> None:
        """Make a tensor a constant."""
        self._constants[tensor] = values

    def name(self, tensor: int) -> str:
        """Return the ONNX name of an activation."""
        if tensor in self._padded and tensor not in self._names:
            source, (top, left, bottom, right) = self._padded[tensor]
            pads = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
            self.add('Pad', [source, self.initializer(pads)], tensor)
        return self._names[tensor]

    def set_name(self, tensor: int, name: str) -> None:
        """Let a tensor be what the node output `name` is."""
        self._names[tensor] = name

    def set_padded(self, tensor: int, source: str, padding: Padding) -> None:
        """Let a tensor be `source` with zeros around: a node only where a user cannot add them."""
        self._padded[tensor] = source, padding

    def unpadded(self, tensor: int) -> tuple[str, Padding]:
        """Return the ONNX name of an activation and the zeros still to be put around it."""
        if tensor in self._padded:
            return self._padded[tensor]
        return self.name(tensor), _NO_PADDING

    def initializer(self, values: np.ndarray) -> str:
        """Return the name of a constant with these values; equal ones share a name."""
        key = values.dtype.str, values.shape, values.tobytes()
        if key not in self._initializer_names:
            name = f'c{len(self.initializers)}'
            self._initializer_names[key] = name
            self.initializers[name] = np.ascontiguousarray(values)
        return self._initializer_names[key]

    def add(self, op_type: str, inputs: Sequence[str], tensor: int, **attributes: Any) -> str:
        """Append a node; `tensor` is now its output. Returns the output's name."""
        name = f'n{len(self.nodes)}'
        self.nodes.append(helper.make_node(op_type, inputs, [name], name=name, **attributes))
        self._names[tensor] = name
        return name
