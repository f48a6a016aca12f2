"""Convolutions: filters are turned once, here, and all zeros around images are explicit."""

from collections.abc import Sequence
import struct
from typing import Any

import numpy as np
import tflite

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.builder import GraphBuilder, Padding
from ros_vision_perception.zoo.tflite.elementwise import activate
from ros_vision_perception.zoo.tflite.reader import Operator


def same_padding(
    size: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    kind: int,
) -> Padding:
    """Return the zeros that TensorFlow's padding `kind` (SAME or VALID) means.

    SAME gives ceil(size / stride) outputs; an odd zero goes to the bottom and the right.
    """
    if kind == tflite.Padding.VALID:
        return 0, 0, 0, 0
    total = [
        max((-(-length // stride) - 1) * stride + (taps - 1) * dilation + 1 - length, 0)
        for length, taps, stride, dilation in zip(size, kernel, strides, dilations, strict=True)
    ]
    top, left = total[0] // 2, total[1] // 2
    return top, left, total[0] - top, total[1] - left


def convolution(builder: GraphBuilder, operator: Operator) -> None:
    """CONV_2D: filter OHWI."""
    weights = builder.constant(operator.inputs[1]).transpose(0, 3, 1, 2)
    channels = builder.shape(operator.inputs[0])[3]
    _convolve(builder, operator, weights, group=channels // weights.shape[1])


def depthwise_convolution(builder: GraphBuilder, operator: Operator) -> None:
    """DEPTHWISE_CONV_2D: filter 1HWO, with `multiplier` filters in a row for each channel."""
    weights = builder.constant(operator.inputs[1]).transpose(3, 0, 1, 2)
    _convolve(builder, operator, weights, group=builder.shape(operator.inputs[0])[3])


def _convolve(builder: GraphBuilder, operator: Operator, weights: np.ndarray, group: int) -> None:
    options, tensor, output = operator.options, operator.inputs[0], operator.outputs[0]
    kernel, strides = weights.shape[2:], (options.StrideH(), options.StrideW())
    dilations = options.DilationHFactor(), options.DilationWFactor()
    source, padding = builder.unpadded(tensor)
    same = same_padding(builder.shape(tensor)[1:3], kernel, strides, dilations, options.Padding())
    attributes: dict[str, Any] = {
        'strides': strides,
        'dilations': dilations,
        'group': group,
        'pads': [outer + inner for outer, inner in zip(padding, same, strict=True)],
    }
    _, height, width, filters = builder.shape(output)
    is_plain = group == 1 and strides == dilations == (1, 1) and max(kernel) > 1
    if filters == 1 and is_plain and height % 2 == width % 2 == 0:
        result = _convolve_in_phases(builder, operator, source, weights, attributes)
    else:
        inputs = [source, builder.initializer(weights), *_bias(builder, operator)]
        result = builder.add('Conv', inputs, output, kernel_shape=kernel, **attributes)
    activate(builder, result, options.FusedActivationFunction(), output)


def _convolve_in_phases(
    builder: GraphBuilder,
    operator: Operator,
    source: str,
    weights: np.ndarray,
    attributes: dict[str, Any],
) -> str:
    """Convolve with a single filter by four that each give every other row and column.

    Runtimes compute eight or more filters at once, whether there are as many or not.
    """
    _, channels, height, width = weights.shape
    phases = np.zeros((2, 2, channels, height + 1, width + 1), weights.dtype)
    for y, x in np.ndindex(2, 2):
        phases[y, x, :, y : y + height, x : x + width] = weights[0]
    phases = phases.reshape(4, *phases.shape[2:])
    attributes = {**attributes, 'kernel_shape': phases.shape[2:], 'strides': (2, 2)}
    inputs = [source, builder.initializer(phases), *_bias(builder, operator, repeat=4)]
    image = builder.add('Conv', inputs, operator.outputs[0], **attributes)
    return builder.add('DepthToSpace', [image], operator.outputs[0], blocksize=2, mode='DCR')


def transposed_convolution(builder: GraphBuilder, operator: Operator) -> None:
    """MediaPipe's custom Convolution2DTransposeBias: filter OHWI; padding, stride W, stride H.

    Where the filter just fills the stride, both kinds of padding mean none.
    """
    weights = builder.constant(operator.inputs[1])
    _, stride_w, stride_h = struct.unpack('<3i', operator.custom_options)
    strides = stride_h, stride_w
    if weights.shape[1:3] != strides:
        raise ModelError(f'filter {weights.shape[1:3]} must be as large as its stride {strides}')
    builder.add(
        'ConvTranspose',
        [
            builder.name(operator.inputs[0]),
            builder.initializer(weights.transpose(3, 0, 1, 2)),
            *_bias(builder, operator),
        ],
        operator.outputs[0],
        kernel_shape=strides,
        strides=strides,
    )


def _bias(builder: GraphBuilder, operator: Operator, repeat: int = 1) -> list[str]:
    if len(operator.inputs) < 3 or operator.inputs[2] < 0:
        return []
    return [builder.initializer(np.tile(builder.constant(operator.inputs[2]), repeat))]
