"""Small .onnx files that answer with constants."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = tuple[int | str, ...]


def write_network(
    path: Path,
    inputs: dict[str, Shape],
    outputs: dict[str, np.ndarray],
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a network that gives `outputs` whatever its inputs; a text is a size that varies."""
    graph = helper.make_graph(
        [
            helper.make_node('Constant', [], [name], value=numpy_helper.from_array(value, name))
            for name, value in outputs.items()
        ],
        'constants',
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in inputs.items()
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape)
            for name, value in outputs.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path
