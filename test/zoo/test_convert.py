"""The whole converted file: names, batch, metadata, what is left out, and what is refused."""

import numpy as np
import onnx
import onnxruntime
import pytest
from tflite_writer import NetworkWriter

from ros_vision_perception.core.errors import ModelError
from ros_vision_perception.zoo.tflite.convert import convert
from ros_vision_perception.zoo.tflite.reader import read
from ros_vision_perception.zoo.tflite.sparsity import Level, densify

SHAPE = (1, 4, 6, 2)


def operators(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(model).graph.node]


def convolve(
    net: NetworkWriter, source: int, kernel: int, shape: tuple[int, ...], padding: int
) -> int:
    weights = net.constant(np.ones((shape[3], kernel, kernel, shape[3])))
    options = {'StrideH': 1, 'StrideW': 1, 'DilationHFactor': 1, 'DilationWFactor': 1}
    return int(net.add('CONV_2D', [source, weights], shape, Padding=padding, **options))


def test_operators_that_no_wanted_output_needs_are_left_out() -> None:
    net = NetworkWriter(SHAPE)
    kept = net.add('LOGISTIC', [net.input], SHAPE)
    dropped = net.add('HARD_SWISH', [net.input], SHAPE)
    data = net.finish(kept, dropped)

    assert operators(convert(data, {'kept': f't{kept}'}, {})) == ['Sigmoid']
    both = convert(data, {'kept': f't{kept}', 'more': f't{dropped}'}, {})
    assert sorted(operators(both)) == ['HardSwish', 'Sigmoid']


def test_input_and_outputs_have_the_wanted_names_and_any_batch() -> None:
    net = NetworkWriter(SHAPE)
    output = net.add('RELU', [net.input], SHAPE)
    session = onnxruntime.InferenceSession(convert(net.finish(output), {'map': f't{output}'}, {}))

    assert [(i.name, i.shape) for i in session.get_inputs()] == [('image', ['N', 2, 4, 6])]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [('map', ['N', 2, 4, 6])]
    images = np.random.default_rng(0).normal(size=(3, 2, 4, 6)).astype(np.float32)
    np.testing.assert_array_equal(session.run(None, {'image': images})[0], np.maximum(images, 0))


def test_metadata_is_stored_in_the_file() -> None:
    net = NetworkWriter(SHAPE)
    output = net.add('RELU', [net.input], SHAPE)
    metadata = {'family': 'blazepose', 'source_sha256': 'ab'}
    model = onnx.load_from_string(convert(net.finish(output), {'map': f't{output}'}, metadata))
    assert {entry.key: entry.value for entry in model.metadata_props} == metadata


def test_zeros_before_a_convolution_become_its_own() -> None:
    net = NetworkWriter(SHAPE)
    amounts = net.constant([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    padded = net.add('PAD', [net.input, amounts], (1, 6, 8, 2))
    output = convolve(net, padded, 3, SHAPE, padding=1)
    assert operators(convert(net.finish(output), {'map': f't{output}'}, {})) == ['Conv']


@pytest.mark.parametrize(('kernel', 'order'), [(1, ['Conv', 'Resize']), (3, ['Resize', 'Conv'])])
def test_only_a_1x1_convolution_is_moved_before_an_enlargement(
    kernel: int, order: list[str]
) -> None:
    net = NetworkWriter(SHAPE)
    size = net.constant([8, 12], np.int32)
    large = net.add('RESIZE_BILINEAR', [net.input, size], (1, 8, 12, 2), HalfPixelCenters=True)
    output = convolve(net, large, kernel, (1, 8, 12, 2), padding=0)
    assert operators(convert(net.finish(output), {'map': f't{output}'}, {})) == order


def test_an_enlargement_that_others_need_too_stays_where_it_is() -> None:
    net = NetworkWriter(SHAPE)
    size = net.constant([8, 12], np.int32)
    large = net.add('RESIZE_BILINEAR', [net.input, size], (1, 8, 12, 2))
    output = convolve(net, large, 1, (1, 8, 12, 2), padding=0)
    outputs = {'large': f't{large}', 'map': f't{output}'}
    assert operators(convert(net.finish(large, output), outputs, {})) == ['Resize', 'Conv']


def test_unknown_operator_is_named_with_its_index_and_what_is_supported() -> None:
    net = NetworkWriter(SHAPE)
    output = net.add('COS', [net.add('RELU', [net.input], SHAPE)], SHAPE)
    with pytest.raises(ModelError, match=r'^operator 1 \(COS\) is not supported.*ADD, .*RESHAPE'):
        convert(net.finish(output), {'map': f't{output}'}, {})


def test_unknown_custom_operator_is_named() -> None:
    net = NetworkWriter(SHAPE)
    output = net.add_custom('Warp', [net.input], SHAPE, b'')
    with pytest.raises(ModelError, match=r'operator 0 \(Warp\) is not supported'):
        convert(net.finish(output), {'map': f't{output}'}, {})


def test_use_of_an_operator_that_is_not_supported_is_named() -> None:
    net = NetworkWriter(SHAPE)
    amounts = net.constant([[0, 0], [0, 0], [0, 0], [1, 0]], np.int32)
    output = net.add('PAD', [net.input, amounts], (1, 4, 6, 3))
    with pytest.raises(ModelError, match=r'operator 0 \(PAD\): .*rows and columns only'):
        convert(net.finish(output), {'map': f't{output}'}, {})


def test_missing_output_is_named_with_those_there_are() -> None:
    net = NetworkWriter(SHAPE)
    output = net.add('RELU', [net.input], SHAPE)
    with pytest.raises(ModelError, match=f"no output 'mask'; available: t{output}"):
        convert(net.finish(output), {'map': 'mask'}, {})


@pytest.mark.parametrize('length', [0, 3, 40, 300])
def test_a_file_cut_short_is_refused(length: int) -> None:
    net = NetworkWriter(SHAPE)
    output = convolve(net, net.input, 3, SHAPE, padding=0)
    with pytest.raises(ModelError, match=r'\.tflite'):
        convert(net.finish(output)[:length], {'map': f't{output}'}, {})


def test_something_else_is_refused() -> None:
    with pytest.raises(ModelError, match=r'not a \.tflite file'):
        convert(b'PK\x03\x04 a zip archive', {}, {})


def test_sparse_constants_are_read_as_dense_ones() -> None:
    values = np.array([[0, 1.5, 0, 0], [0, 0, 0, 0], [2, 0, 0, 3]], np.float32)
    net = NetworkWriter(SHAPE)
    constant = net.sparse_constant(values)
    tensor = read(net.finish(net.input)).tensors[constant]
    np.testing.assert_array_equal(tensor.data, values)


def test_sparse_blocks_are_put_where_they_belong() -> None:
    # Two blocks of 1 x 2 in a matrix of 2 x 4: columns 2 and 3 of row 0, columns 0 and 1 of row 1.
    dense = densify(
        values=np.array([1.0, 2.0, 3.0, 4.0], np.float32),
        shape=(2, 4),
        levels=[
            Level(size=2),
            Level(segments=np.array([0, 1, 2]), indices=np.array([1, 0])),
            Level(size=2),
        ],
        traversal_order=[0, 1, 2],
        block_map=[1],
    )
    np.testing.assert_array_equal(dense, [[0, 0, 1, 2], [3, 4, 0, 0]])


def spread_and_convolve(net: NetworkWriter) -> tuple[int, int]:
    """Add DepthToSpace, a convolution of each channel and a 1x1 one; returns first and last."""
    spread = net.add('DEPTH_TO_SPACE', [net.input], (1, 8, 12, 2), BlockSize=2)
    options = {'StrideH': 2, 'StrideW': 2, 'DilationHFactor': 1, 'DilationWFactor': 1}
    inputs = [spread, net.constant(np.ones((1, 3, 3, 2)))]
    each = net.add('DEPTHWISE_CONV_2D', inputs, SHAPE, DepthMultiplier=1, Padding=0, **options)
    return spread, convolve(net, each, 1, SHAPE, padding=0)


def test_depth_to_space_stays_only_where_it_is_wanted() -> None:
    net = NetworkWriter((1, 4, 6, 8))
    spread, output = spread_and_convolve(net)
    data = net.finish(spread, output)

    assert operators(convert(data, {'map': f't{output}'}, {})) == ['Conv', 'Conv']
    both = convert(data, {'spread': f't{spread}', 'map': f't{output}'}, {})
    assert operators(both) == ['DepthToSpace', 'Conv', 'Conv']


def test_no_constant_is_stored_that_no_operator_uses() -> None:
    net = NetworkWriter((1, 4, 6, 8))
    _, output = spread_and_convolve(net)
    graph = onnx.load_from_string(convert(net.finish(output), {'map': f't{output}'}, {})).graph
    used = {name for node in graph.node for name in node.input}
    assert graph.initializer
    assert {constant.name for constant in graph.initializer} <= used
