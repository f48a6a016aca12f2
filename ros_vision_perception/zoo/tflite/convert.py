"""From the bytes of a .tflite file to the bytes of an .onnx file."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, helper, numpy_helper

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.builder import GraphBuilder
from ros_vision_perception.zoo.tflite.operators import OPERATORS
from ros_vision_perception.zoo.tflite.reader import Graph, Operator, read
from ros_vision_perception.zoo.tflite.rewrite import absorb_depth_to_space, enlarge_last

# Runtimes since 2022 read these.
_OPERATOR_SET, _IR_VERSION = 17, 8
INPUT_NAME = 'image'


def convert(data: bytes, outputs: Mapping[str, str], metadata: Mapping[str, str]) -> bytes:
    """Convert a network of one image input to ONNX.

    The input becomes `image`, (N, C, H, W) float32. Outputs of rank 4 are NCHW, all others as in
    the source. N may be anything at each call. Nothing is kept that no wanted output needs.

    Args:
        data: a .tflite file.
        outputs: name of each wanted output -> its name in the source.
        metadata: entries to store in the file.

    Raises:
        ModelError: when the source is damaged, has no such output, or holds an operator that is
            not supported.
    """
    graph = read(data)
    if len(graph.inputs) != 1 or len(graph.tensors[graph.inputs[0]].shape) != 4:
        raise ModelError('expected a network with one image input')
    tensors = _find_outputs(graph, outputs)
    builder = GraphBuilder(graph)
    for operator in _needed(graph, set(tensors.values())):
        _convert_operator(builder, operator)
    names = {builder.name(tensor): name for name, tensor in tensors.items()}
    enlarge_last(builder, names)
    absorb_depth_to_space(builder, names)
    names[builder.name(graph.inputs[0])] = INPUT_NAME
    for node in builder.nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return _serialize(builder, graph, tensors, metadata)


def _find_outputs(graph: Graph, outputs: Mapping[str, str]) -> dict[str, int]:
    available = {graph.tensors[tensor].name: tensor for tensor in graph.outputs}
    missing = [source for source in outputs.values() if source not in available]
    if missing:
        raise ModelError(f'no output {missing[0]!r}; available: {", ".join(available)}')
    return {name: available[source] for name, source in outputs.items()}


def _needed(graph: Graph, wanted: set[int]) -> list[Operator]:
    """Return the operators that the wanted tensors depend on, in order."""
    needed, operators = set(wanted), []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            operators.append(operator)
    return operators[::-1]


def _convert_operator(builder: GraphBuilder, operator: Operator) -> None:
    where = f'operator {operator.index} ({operator.name})'
    if operator.name not in OPERATORS:
        raise ModelError(f'{where} is not supported; supported: {", ".join(sorted(OPERATORS))}')
    try:
        OPERATORS[operator.name](builder, operator)
    except ModelError as error:
        raise ModelError(f'{where}: {error}') from error


def _serialize(
    builder: GraphBuilder, graph: Graph, tensors: Mapping[str, int], metadata: Mapping[str, str]
) -> bytes:
    used = {name for node in builder.nodes for name in node.input}
    model = helper.make_model(
        helper.make_graph(
            builder.nodes,
            'network',
            [_value_info(INPUT_NAME, graph.tensors[graph.inputs[0]].shape)],
            [_value_info(name, graph.tensors[tensor].shape) for name, tensor in tensors.items()],
            [
                numpy_helper.from_array(values, name)
                for name, values in builder.initializers.items()
                if name in used
            ],
        ),
        opset_imports=[helper.make_opsetid('', _OPERATOR_SET)],
        ir_version=_IR_VERSION,
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _value_info(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    """Describe an input or output; the shape is the source's."""
    if len(shape) == 4:
        shape = shape[0], shape[3], shape[1], shape[2]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ['N', *shape[1:]])
