"""Rearranges a converted graph where that saves time without changing the result."""

from collections.abc import Collection, Mapping

import numpy as np
from onnx import NodeProto, helper


def enlarge_last(
    nodes: list[NodeProto], constants: Mapping[str, np.ndarray], kept: Collection[str]
) -> None:
    """Swap each bilinear enlargement with the 1x1 convolution that alone uses it.

    Both are linear, and the weights of an interpolation add up to one, so that a bias passes
    through it unchanged. The convolution then runs on fewer pixels.

    Args:
        nodes: changed in place; in an order in which they can run, before and after.
        constants: name -> values.
        kept: names of activations that must stay what they are.
    """
    for first, resize in enumerate(nodes):
        if not _is_enlargement(resize, constants) or resize.output[0] in kept:
            continue
        users = [i for i, node in enumerate(nodes) if resize.output[0] in node.input]
        if len(users) != 1 or not _is_pointwise(nodes[users[0]]):
            continue
        last, convolution = users[0], nodes[users[0]]
        start, middle, end = resize.input[0], resize.output[0], convolution.output[0]
        convolution.input[0], convolution.output[0] = start, middle
        resize.input[0], resize.output[0] = middle, end
        nodes[first], nodes[last] = convolution, resize


def _is_enlargement(node: NodeProto, constants: Mapping[str, np.ndarray]) -> bool:
    return node.op_type == 'Resize' and bool((constants[node.input[2]] >= 1).all())


def _is_pointwise(node: NodeProto) -> bool:
    if node.op_type != 'Conv':
        return False
    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    return (
        attributes['kernel_shape'] == [1, 1]
        and attributes['strides'] == [1, 1]
        and not any(attributes['pads'])
    )
