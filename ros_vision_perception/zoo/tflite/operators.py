"""How each operator of TensorFlow Lite is said in ONNX.

Sources: the TensorFlow Lite schema and its reference kernels' documentation; ONNX operator set
17. Data is NHWC in the one and NCHW in the other; only filters and shapes are rearranged.
"""

from collections.abc import Callable

import numpy as np
import tflite

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.builder import GraphBuilder
from ros_vision_perception.zoo.tflite.convolution import (
    convolution,
    depthwise_convolution,
    same_padding,
    transposed_convolution,
)
from ros_vision_perception.zoo.tflite.elementwise import activate, binary, unary
from ros_vision_perception.zoo.tflite.reader import Operator

Convert = Callable[[GraphBuilder, Operator], None]


# NHWC axis -> NCHW axis.
_NCHW_AXIS = {0: 0, 1: 2, 2: 3, 3: 1}


def _dequantize(builder: GraphBuilder, operator: Operator) -> None:
    """Weights stored as float16; the network computes in float32."""
    values = builder.constant(operator.inputs[0])
    if values.dtype != np.float16:
        raise ModelError(f'DEQUANTIZE of {values.dtype}; supported: float16')
    builder.set_constant(operator.outputs[0], values.astype(np.float32))


def _densify(builder: GraphBuilder, operator: Operator) -> None:
    """Sparse constants are dense from the moment they are read."""
    builder.set_constant(operator.outputs[0], builder.constant(operator.inputs[0]))


def _pad(builder: GraphBuilder, operator: Operator) -> None:
    source, (top, left, bottom, right) = builder.unpadded(operator.inputs[0])
    paddings = builder.constant(operator.inputs[1])
    if paddings.shape != (4, 2) or paddings[[0, 3]].any():
        raise ModelError(f'PAD of rows and columns only is supported, not {paddings.tolist()}')
    (more_top, more_bottom), (more_left, more_right) = paddings[1:3].tolist()
    builder.set_padded(
        operator.outputs[0],
        source,
        (top + more_top, left + more_left, bottom + more_bottom, right + more_right),
    )


def _pool(op_type: str) -> Convert:
    def convert(builder: GraphBuilder, operator: Operator) -> None:
        options, (tensor,) = operator.options, operator.inputs
        kernel = options.FilterHeight(), options.FilterWidth()
        strides = options.StrideH(), options.StrideW()
        source, size = builder.name(tensor), builder.shape(tensor)[1:3]
        pads = same_padding(size, kernel, strides, (1, 1), options.Padding())
        if op_type == 'AveragePool' and kernel == size:
            output = builder.add('GlobalAveragePool', [source], operator.outputs[0])
        else:
            output = builder.add(
                op_type, [source], operator.outputs[0],
                kernel_shape=kernel, strides=strides, pads=pads,
            )  # fmt: skip
        activate(builder, output, options.FusedActivationFunction(), operator.outputs[0])

    return convert


def _mean(builder: GraphBuilder, operator: Operator) -> None:
    axes = set(np.atleast_1d(builder.constant(operator.inputs[1])).tolist())
    source, rank = builder.name(operator.inputs[0]), len(builder.shape(operator.inputs[0]))
    if rank == 4 and axes == {1, 2} and operator.options.KeepDims():
        builder.add('GlobalAveragePool', [source], operator.outputs[0])
        return
    raise ModelError(f'MEAN over rows and columns only is supported, not axes {sorted(axes)}')


def _resize_bilinear(builder: GraphBuilder, operator: Operator) -> None:
    tensor, size = operator.inputs
    before, after = builder.shape(tensor)[1:3], builder.constant(size)
    # Factors, not sizes: sizes would fix the batch.
    factors = [_factor(*lengths) for lengths in zip(before, after, strict=True)]
    scales = np.array([1, 1, *factors], np.float32)
    mode = 'asymmetric'
    if operator.options.HalfPixelCenters():
        mode = 'half_pixel'
    elif operator.options.AlignCorners():
        mode = 'align_corners'
    inputs = [builder.name(tensor), '', builder.initializer(scales)]
    builder.add(
        'Resize', inputs, operator.outputs[0],
        mode='linear', coordinate_transformation_mode=mode,
    )  # fmt: skip


def _factor(before: int, after: int) -> float:
    """Return the factor that gives the wanted length when ONNX multiplies and rounds down."""
    factor = np.float32(after / before)
    if int(factor * np.float32(before)) < after:
        factor = np.nextafter(factor, np.float32(np.inf))
    return float(factor)


def _depth_to_space(builder: GraphBuilder, operator: Operator) -> None:
    builder.add(
        'DepthToSpace', [builder.name(operator.inputs[0])], operator.outputs[0],
        blocksize=operator.options.BlockSize(), mode='DCR',
    )  # fmt: skip


def _reshape(builder: GraphBuilder, operator: Operator) -> None:
    tensor, output = operator.inputs[0], operator.outputs[0]
    source, before, after = builder.name(tensor), builder.shape(tensor), builder.shape(output)
    if before[0] != after[0] or len(after) == 4:
        raise ModelError(
            f'RESHAPE of each image to fewer dimensions only, not {before} to {after}'
        )
    if len(before) == 4 and before[1] * before[2] > 1 and before[3] > 1:
        # The values of one place stay together: the edge where NCHW ends.
        source = builder.add('Transpose', [source], output, perm=[0, 2, 3, 1])
    shape = builder.initializer(np.array([-1, *after[1:]], np.int64))
    builder.add('Reshape', [source, shape], output)


def _concatenate(builder: GraphBuilder, operator: Operator) -> None:
    rank = len(builder.shape(operator.outputs[0]))
    axis = operator.options.Axis() % rank
    output = builder.add(
        'Concat', [builder.name(tensor) for tensor in operator.inputs], operator.outputs[0],
        axis=_NCHW_AXIS[axis] if rank == 4 else axis,
    )  # fmt: skip
    activate(builder, output, operator.options.FusedActivationFunction(), operator.outputs[0])


OPERATORS: dict[str, Convert] = {
    'ADD': binary('Add'),
    'AVERAGE_POOL_2D': _pool('AveragePool'),
    'CONCATENATION': _concatenate,
    'CONV_2D': convolution,
    'Convolution2DTransposeBias': transposed_convolution,
    'DENSIFY': _densify,
    'DEPTHWISE_CONV_2D': depthwise_convolution,
    'DEPTH_TO_SPACE': _depth_to_space,
    'DEQUANTIZE': _dequantize,
    'HARD_SWISH': unary('HardSwish'),
    'LOGISTIC': unary('Sigmoid'),
    'MAX_POOL_2D': _pool('MaxPool'),
    'MEAN': _mean,
    'MUL': binary('Mul'),
    'PAD': _pad,
    'RELU': unary('Relu'),
    'RELU6': lambda builder, operator: activate(
        builder,
        builder.name(operator.inputs[0]),
        tflite.ActivationFunctionType.RELU6,
        operator.outputs[0],
    ),
    'RESHAPE': _reshape,
    'RESIZE_BILINEAR': _resize_bilinear,
}
