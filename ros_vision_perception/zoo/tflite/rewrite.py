"""Rearranges a converted graph where that saves time without changing the result."""

from collections.abc import Collection
from typing import Any

import numpy as np
from onnx import NodeProto, helper

from ros_vision_perception.zoo.tflite.builder import GraphBuilder


def enlarge_last(builder: GraphBuilder, kept: Collection[str]) -> None:
    """Swap each bilinear enlargement with the 1x1 convolution that alone uses it.

    Both are linear, and the weights of an interpolation add up to one, so that a bias passes
    through it unchanged. The convolution then runs on fewer pixels.

    Args:
        builder: its nodes are changed.
        kept: names of activations that must stay what they are.
    """
    nodes = builder.nodes
    for first, resize in enumerate(nodes):
        if resize.op_type != 'Resize' or (builder.initializers[resize.input[2]] < 1).any():
            continue
        user = _only_user(builder, resize, kept)
        if user is None or not _is_pointwise(user):
            continue
        last = nodes.index(user)
        start, middle, end = resize.input[0], resize.output[0], user.output[0]
        user.input[0], user.output[0] = start, middle
        resize.input[0], resize.output[0] = middle, end
        nodes[first], nodes[last] = user, resize


def absorb_depth_to_space(builder: GraphBuilder, kept: Collection[str]) -> None:
    """Remove each DepthToSpace that is used only by depthwise convolutions of its block's stride.

    Before it, a block of pixels is one pixel with a group of channels for each place in the
    block. So the taps of such a filter can be sorted by the place they fall on, and each group of
    channels be convolved with its share. The 1x1 convolution that follows adds the groups up: its
    filter is repeated for each.

    Args:
        builder: its nodes and initializers are changed.
        kept: names of activations that must stay what they are.
    """
    for spread in [node for node in builder.nodes if node.op_type == 'DepthToSpace']:
        block = _attributes(spread)['blocksize']
        users = [node for node in builder.nodes if spread.output[0] in node.input]
        sums = [_only_user(builder, node, kept) for node in users]
        if spread.output[0] in kept or not all(
            _steps_over_blocks(builder, node, block) and adder is not None and _is_pointwise(adder)
            for node, adder in zip(users, sums, strict=True)
        ):
            continue
        for node, adder in zip(users, sums, strict=True):
            assert adder is not None
            _sort_taps(builder, node, block)
            node.input[0] = spread.input[0]
            weights = np.tile(builder.initializers[adder.input[1]], (1, block * block, 1, 1))
            adder.input[1] = builder.initializer(weights)
        builder.nodes.remove(spread)


def _sort_taps(builder: GraphBuilder, node: NodeProto, block: int) -> None:
    """Let a depthwise convolution of stride `block` work on the channels before DepthToSpace."""
    weights = builder.initializers[node.input[1]]
    channels, _, height, width = weights.shape
    top, left, bottom, right = _attributes(node)['pads']
    # For each tap: the block it falls into, relative to the first of the output, and where there.
    rows = [divmod(tap - top, block) for tap in range(height)]
    columns = [divmod(tap - left, block) for tap in range(width)]
    (above, _), (below, _), (before, _), (after, _) = rows[0], rows[-1], columns[0], columns[-1]
    split = np.zeros(
        (block, block, channels, 1, below - above + 1, after - before + 1), weights.dtype
    )
    for y, (row, place_y) in enumerate(rows):
        for x, (column, place_x) in enumerate(columns):
            split[place_y, place_x, ..., row - above, column - before] = weights[..., y, x]
    node.input[1] = builder.initializer(split.reshape(-1, 1, *split.shape[4:]))
    if len(node.input) > 2:
        bias = builder.initializers[node.input[2]]
        rest = np.zeros((block * block - 1) * channels, bias.dtype)
        node.input[2] = builder.initializer(np.concatenate((bias, rest)))
    pads = [
        -above,
        -before,
        (top + bottom - height) // block + 1 + below,
        (left + right - width) // block + 1 + after,
    ]
    _set_attributes(
        node, group=block * block * channels, strides=[1, 1],
        kernel_shape=split.shape[4:], pads=pads,
    )  # fmt: skip


def _steps_over_blocks(builder: GraphBuilder, node: NodeProto, block: int) -> bool:
    """Return whether a node is a depthwise convolution whose steps are whole blocks."""
    if node.op_type != 'Conv':
        return False
    attributes, weights = _attributes(node), builder.initializers[node.input[1]]
    return (
        attributes['group'] == len(weights)
        and attributes['strides'] == [block, block]
        and attributes['dilations'] == [1, 1]
    )


def _is_pointwise(node: NodeProto) -> bool:
    if node.op_type != 'Conv':
        return False
    attributes = _attributes(node)
    return (
        attributes['kernel_shape'] == [1, 1]
        and attributes['strides'] == [1, 1]
        and attributes['group'] == 1
        and not any(attributes['pads'])
    )


def _only_user(builder: GraphBuilder, node: NodeProto, kept: Collection[str]) -> NodeProto | None:
    """Return the node that alone uses the output of another; None when there is no such one."""
    users = [user for user in builder.nodes if node.output[0] in user.input]
    return users[0] if len(users) == 1 and node.output[0] not in kept else None


def _attributes(node: NodeProto) -> dict[str, Any]:
    return {item.name: helper.get_attribute_value(item) for item in node.attribute}


def _set_attributes(node: NodeProto, **values: Any) -> None:
    attributes = {**_attributes(node), **values}
    del node.attribute[:]
    node.attribute.extend(helper.make_attribute(*item) for item in attributes.items())
