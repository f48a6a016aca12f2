"""Every operator alone: the converted network gives what LiteRT gives."""

from collections.abc import Callable
import struct

import numpy as np
import onnxruntime
import pytest
from tflite_writer import NetworkWriter

from ros_vision_perception.zoo.tflite.convert import convert

# Odd and unequal sides tell rows from columns, and left from right.
INPUT = (1, 7, 6, 4)
SAME, VALID = 0, 1
RELU, RELU_N1_TO_1, RELU6 = 1, 2, 3
RESIZE_MODES: dict[str, dict[str, bool]] = {
    'corners aligned': {'AlignCorners': True},
    'half pixel centers': {'HalfPixelCenters': True},
    'asymmetric': {},
}


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def convolve(
    net: NetworkWriter, source: int, ohwi: tuple[int, ...], size: tuple[int, int], **options: int
) -> int:
    inputs = [source, net.constant(values(*ohwi)), net.constant(values(ohwi[0]))]
    options = {'StrideH': 1, 'StrideW': 1, 'DilationHFactor': 1, 'DilationWFactor': 1, **options}
    return int(net.add('CONV_2D', inputs, (1, *size, ohwi[0]), **options))


def convolve_channels(
    net: NetworkWriter, filters: int, size: tuple[int, int], **options: int
) -> int:
    channels = 4 * filters
    inputs = [net.input, net.constant(values(1, 3, 5, channels)), net.constant(values(channels))]
    options = {'DilationHFactor': 1, 'DilationWFactor': 1, 'DepthMultiplier': filters, **options}
    return int(net.add('DEPTHWISE_CONV_2D', inputs, (1, *size, channels), **options))


def pad(net: NetworkWriter, source: int, size: tuple[int, int]) -> int:
    """Put 1 row above, 2 below, 0 columns left and 3 right."""
    amounts = net.constant([[0, 0], [1, 2], [0, 3], [0, 0]], np.int32)
    return int(net.add('PAD', [source, amounts], (1, *size, 4)))


def pool(
    net: NetworkWriter, kind: str, height: int, width: int, size: tuple[int, int], **options: int
) -> int:
    options = {'FilterHeight': height, 'FilterWidth': width, **options}
    return int(net.add(kind, [net.input], (1, *size, 4), StrideH=2, StrideW=2, **options))


def sigmoid(net: NetworkWriter, source: int, size: tuple[int, int] = (7, 6)) -> int:
    return int(net.add('LOGISTIC', [source], (1, *size, 4)))


def mean(net: NetworkWriter) -> int:
    axes = net.constant([1, 2], np.int32)
    return int(net.add('MEAN', [net.input, axes], (1, 1, 1, 4), KeepDims=True))


def half(net: NetworkWriter) -> int:
    return int(net.add('DEQUANTIZE', [net.constant(values(4), np.float16)], (4,)))


def join(net: NetworkWriter, axis: int, shape: tuple[int, ...]) -> int:
    return int(net.add('CONCATENATION', [net.input, sigmoid(net, net.input)], shape, Axis=axis))


CASES: dict[str, Callable[[NetworkWriter], int]] = {
    'convolution, same padding, stride 2, ReLU6': lambda net: convolve(
        net, net.input, (5, 3, 3, 4), (4, 3),
        StrideH=2, StrideW=2, Padding=SAME, FusedActivationFunction=RELU6,
    ),
    'convolution, same padding, even filter': lambda net: convolve(
        net, net.input, (5, 2, 4, 4), (7, 6), Padding=SAME
    ),
    'convolution, dilated': lambda net: convolve(
        net, net.input, (5, 3, 3, 4), (7, 6), DilationHFactor=2, DilationWFactor=3, Padding=SAME
    ),
    'convolution with a single filter, even size': lambda net: convolve(
        net, pad(net, net.input, (10, 9)), (1, 3, 4, 4), (8, 6),
        Padding=VALID, FusedActivationFunction=RELU,
    ),
    'convolution with a single filter, odd size': lambda net: convolve(
        net, net.input, (1, 3, 3, 4), (7, 6), Padding=SAME
    ),
    'convolution, between -1 and 1': lambda net: convolve(
        net, net.input, (5, 1, 1, 4), (7, 6), FusedActivationFunction=RELU_N1_TO_1
    ),
    'depthwise convolution, ReLU': lambda net: convolve_channels(
        net, 1, (5, 2), StrideH=1, StrideW=1, Padding=VALID, FusedActivationFunction=RELU
    ),
    'depthwise convolution, two filters per channel': lambda net: convolve_channels(
        net, 2, (4, 3), StrideH=2, StrideW=2, Padding=SAME
    ),
    'zeros before a convolution': lambda net: convolve(
        net, pad(net, net.input, (10, 9)), (5, 3, 3, 4), (4, 4),
        StrideH=2, StrideW=2, Padding=VALID,
    ),
    'zeros twice before a convolution, same padding': lambda net: convolve(
        net, pad(net, pad(net, net.input, (10, 9)), (13, 12)), (5, 3, 3, 4), (13, 12), Padding=SAME
    ),
    'zeros before something else': lambda net: sigmoid(
        net, pad(net, net.input, (10, 9)), (10, 9)
    ),
    'zeros used twice': lambda net: net.add(
        'ADD', 2 * [pad(net, net.input, (10, 9))], (1, 10, 9, 4)
    ),
    'sum of two activations, ReLU': lambda net: net.add(
        'ADD', [net.input, sigmoid(net, net.input)], INPUT, FusedActivationFunction=RELU
    ),
    'sum of two activations, ReLU6': lambda net: net.add(
        'ADD', [net.input, sigmoid(net, net.input)], INPUT, FusedActivationFunction=RELU6
    ),
    'product with a constant per channel': lambda net: net.add(
        'MUL', [net.input, net.constant(values(4))], INPUT
    ),
    'product with a float16 constant': lambda net: net.add('MUL', [net.input, half(net)], INPUT),
    'product with a value per channel': lambda net: net.add('MUL', [net.input, mean(net)], INPUT),
    'average of the image': lambda net: pool(
        net, 'AVERAGE_POOL_2D', 7, 6, (1, 1), Padding=VALID
    ),
    'average of what is not padding': lambda net: pool(
        net, 'AVERAGE_POOL_2D', 3, 3, (4, 3), Padding=SAME
    ),
    'maximum': lambda net: pool(net, 'MAX_POOL_2D', 3, 2, (4, 3), Padding=SAME),
    'ReLU': lambda net: net.add('RELU', [net.input], INPUT),
    'ReLU6': lambda net: net.add('RELU6', [net.input], INPUT),
    'hard swish': lambda net: net.add('HARD_SWISH', [net.input], INPUT),
    'depth to space': lambda net: net.add(
        'DEPTH_TO_SPACE', [net.input], (1, 14, 12, 1), BlockSize=2
    ),
    'channels side by side': lambda net: join(net, 3, (1, 7, 6, 8)),
    'rows below each other, axis from the end': lambda net: join(net, -3, (1, 14, 6, 4)),
    'reshape': lambda net: net.add(
        'RESHAPE', [net.input, net.constant([1, 84, 2], np.int32)], (1, 84, 2)
    ),
    'transposed convolution': lambda net: net.add_custom(
        'Convolution2DTransposeBias',
        [net.input, net.constant(values(3, 2, 2, 4)), net.constant(values(3))],
        (1, 14, 12, 3), struct.pack('<3i', 1, 2, 2),
    ),
}  # fmt: skip


def compare(data: bytes, output: int, tolerance: float) -> None:
    """Run a network as it is and converted, on values below, inside and above every bound."""
    litert = pytest.importorskip('ai_edge_litert.interpreter')
    image = 4 * values(*INPUT)
    interpreter = litert.Interpreter(model_content=data)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]['index'], image)
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]['index'])
    session = onnxruntime.InferenceSession(convert(data, {'result': f't{output}'}, {}))
    (got,) = session.run(None, {'image': np.ascontiguousarray(image.transpose(0, 3, 1, 2))})
    if got.ndim == 4:
        got = got.transpose(0, 2, 3, 1)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize('name', CASES)
def test_operator_gives_what_litert_gives(name: str) -> None:
    net = NetworkWriter(INPUT)
    output = CASES[name](net)
    compare(net.finish(output), output, tolerance=1e-5)


# 31 / 7 is one of the factors that a float32 rounds down.
@pytest.mark.parametrize('size', [(14, 12), (31, 8), (7, 6)])
@pytest.mark.parametrize('mode', RESIZE_MODES)
@pytest.mark.parametrize('then_convolve', [False, True])
def test_enlargement_gives_what_litert_gives(
    size: tuple[int, int], mode: str, then_convolve: bool
) -> None:
    net = NetworkWriter(INPUT)
    inputs = [net.input, net.constant(size, np.int32)]
    output = net.add('RESIZE_BILINEAR', inputs, (1, *size, 4), **RESIZE_MODES[mode])
    if then_convolve:
        output = convolve(net, output, (5, 1, 1, 4), size, FusedActivationFunction=RELU6)
    compare(net.finish(output), output, tolerance=1e-4)


@pytest.mark.parametrize(
    ('kernel', 'padding', 'zeros', 'size'),
    [
        ((3, 3), SAME, False, (7, 6)),
        ((5, 4), SAME, False, (7, 6)),
        ((3, 3), VALID, False, (6, 5)),
        ((3, 3), VALID, True, (8, 7)),
        ((2, 5), SAME, True, (9, 8)),
    ],
)
def test_convolution_of_each_channel_after_depth_to_space_gives_what_litert_gives(
    kernel: tuple[int, int], padding: int, zeros: bool, size: tuple[int, int]
) -> None:
    net = NetworkWriter(INPUT)
    deep = convolve(net, net.input, (16, 1, 1, 4), (7, 6))
    source = net.add('DEPTH_TO_SPACE', [deep], (1, 14, 12, 4), BlockSize=2)
    if zeros:
        source = pad(net, source, (17, 15))
    inputs = [source, net.constant(values(1, *kernel, 4)), net.constant(values(4))]
    strides = {'StrideH': 2, 'StrideW': 2, 'DilationHFactor': 1, 'DilationWFactor': 1}
    source = net.add(
        'DEPTHWISE_CONV_2D', inputs, (1, *size, 4), DepthMultiplier=1, Padding=padding, **strides
    )
    output = convolve(net, source, (5, 1, 1, 4), size)
    data = net.finish(output)
    assert b'DepthToSpace' not in convert(data, {'map': f't{output}'}, {})
    compare(data, output, tolerance=1e-4)
