"""Operators that work value by value, and the activations fused into others."""

from collections.abc import Callable

import numpy as np
import tflite

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.builder import GraphBuilder
from ros_vision_perception.zoo.tflite.reader import Operator

_CLIPS = {
    tflite.ActivationFunctionType.RELU_N1_TO_1: (-1.0, 1.0),
    tflite.ActivationFunctionType.RELU6: (0.0, 6.0),
}


def activate(builder: GraphBuilder, source: str, function: int, tensor: int) -> None:
    """Let `tensor` be an activation function of the node output `source`."""
    if function == tflite.ActivationFunctionType.NONE:
        builder.set_name(tensor, source)
    elif function == tflite.ActivationFunctionType.RELU:
        builder.add('Relu', [source], tensor)
    elif function in _CLIPS:
        bounds = [builder.initializer(np.array(bound, np.float32)) for bound in _CLIPS[function]]
        builder.add('Clip', [source, *bounds], tensor)
    else:
        raise ModelError(
            f'fused activation {function}; supported: NONE, RELU, RELU_N1_TO_1, RELU6'
        )


def unary(op_type: str) -> Callable[[GraphBuilder, Operator], None]:
    """Return the conversion to an ONNX operator of one input without attributes."""

    def convert(builder: GraphBuilder, operator: Operator) -> None:
        builder.add(op_type, [builder.name(operator.inputs[0])], operator.outputs[0])

    return convert


def binary(op_type: str) -> Callable[[GraphBuilder, Operator], None]:
    """Return the conversion to an ONNX operator of two inputs that broadcast."""

    def convert(builder: GraphBuilder, operator: Operator) -> None:
        rank = len(builder.shape(operator.outputs[0]))
        inputs = [_operand(builder, tensor, rank) for tensor in operator.inputs]
        function = operator.options.FusedActivationFunction()
        output = builder.add(op_type, inputs, operator.outputs[0])
        if rank == 4 and function in _CLIPS:
            output = _convolve_with_ones(builder, output, operator.outputs[0])
        activate(builder, output, function, operator.outputs[0])

    return convert


def _convolve_with_ones(builder: GraphBuilder, source: str, tensor: int) -> str:
    """Return a node output that equals `source`, but is that of a convolution.

    ONNX Runtime keeps images in blocks of channels from one convolution to the next, and can
    limit values within one. For a Clip that stands alone it unpacks and packs the image.
    """
    channels = builder.shape(tensor)[3]
    ones = builder.initializer(np.ones((channels, 1, 1, 1), np.float32))
    return builder.add(
        'Conv', [source, ones], tensor,
        kernel_shape=(1, 1), strides=(1, 1), dilations=(1, 1), group=channels, pads=(0, 0, 0, 0),
    )  # fmt: skip


def _operand(builder: GraphBuilder, tensor: int, rank: int) -> str:
    """Return the ONNX name of an operand, so laid out that it broadcasts to `rank` dimensions."""
    if builder.is_constant(tensor):
        values = builder.constant(tensor)
        if rank == 4:
            values = values.reshape((1,) * (4 - values.ndim) + values.shape).transpose(0, 3, 1, 2)
        return builder.initializer(values)
    if rank == 4 and len(builder.shape(tensor)) != 4:
        raise ModelError(f'operands of {rank} and {len(builder.shape(tensor))} dimensions')
    return builder.name(tensor)
