"""Small .onnx files that compute something of their inputs."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

Dims = list[int | str]


def write_operator(
    path: Path,
    operator: str,
    shape: Dims,
    output: Dims | None = None,
    kind: int = TensorProto.FLOAT,
) -> Path:
    """Write y = operator(x) for 'x' of a shape; a text is a length that varies."""
    node = helper.make_node(operator, ['x'], ['y'], name='first')
    is_indices = operator == 'NonZero'
    graph = helper.make_graph(
        [node],
        operator,
        [helper.make_tensor_value_info('x', kind, shape)],
        [
            helper.make_tensor_value_info(
                'y', TensorProto.INT64 if is_indices else kind, output or shape
            )
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, path)
    return path
