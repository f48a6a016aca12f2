"""Stick people whose every joint is a disc of its own colour, and networks that find the discs.

The networks are convolutions with strides and paddings as HRNet and RTMPose have them, exported
under the names and shapes of MMDeploy: what is where in their outputs is not ours to choose.
"""

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ros_vision_perception.core.types import Frame

_MEAN, _DEVIATION = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
# Places in the colour cube, away from grey and from each other.
_LEVELS = np.array([0, 80, 160, 240])
_CUBE = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS), axis=-1).reshape(-1, 3)
COLOURS = _CUBE[np.ptp(_CUBE, axis=1) > 0]


def draw(size: tuple[int, int], joints_xy: np.ndarray, radius: float) -> Frame:
    """Return an image of (width, height) px with the joints (N, K <= 60, 2) of N people."""
    pixels = np.full((size[1], size[0], 3), 60, np.uint8)
    fine = 16  # parts of a pixel in which OpenCV takes positions
    for person in joints_xy:
        for (x, y), colour in zip(person, COLOURS, strict=False):
            middle = round(x * fine), round(y * fine)
            color = tuple(int(value) for value in colour)
            cv2.circle(pixels, middle, round(radius * fine), color, -1, cv2.LINE_8, 4)
    return Frame(pixels, 'rgb8', 0)


def write_heatmap_network(path: Path, joints: int) -> Path:
    """Write a network 'input' Nx3x256x192 -> 'output' N x joints x 64 x 48."""
    value = helper.make_tensor_value_info('output', TensorProto.FLOAT, ['n', joints, 64, 48])
    return _write(path, [*_cells(joints, 'output')], [value], joints)


def write_simcc_network(path: Path, joints: int) -> Path:
    """Write a network 'input' Nx3x256x192 -> 'simcc_x' N x joints x 384, 'simcc_y' ... x 512."""
    nodes, values = [*_cells(joints, 'cells', stride=1)], []
    for name, axis, bins in (('simcc_x', 2, 384), ('simcc_y', 3, 512)):
        nodes += [
            helper.make_node('ReduceMax', ['cells'], [f'{name}_px'], axes=[axis], keepdims=0),
            _constant(f'{name}_factor', np.array([1, 1, 2], np.float32)),
            helper.make_node(
                'Resize',
                [f'{name}_px', '', f'{name}_factor'],
                [name],
                mode='linear',
                coordinate_transformation_mode='asymmetric',
            ),
        ]
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ['n', joints, bins]))
    return _write(path, nodes, values, joints)


def _cells(joints: int, output: str, stride: int = 4) -> list[onnx.NodeProto]:
    """Return nodes that score how much of each joint's colour is around each cell."""
    # Each colour as it is normalised: |pixel - colour| summed, and what is left of a limit.
    colours = (COLOURS[:joints] - _MEAN) / _DEVIATION
    spread = np.tile(np.eye(3), (joints, 1)).reshape(3 * joints, 3, 1, 1)
    blob = cv2.getGaussianKernel(17, 4.0) @ cv2.getGaussianKernel(17, 4.0).T
    blob = np.tile(blob / blob.max() / 30, (joints, 1, 1, 1))
    return [
        _constant('spread', spread.astype(np.float32)),
        _constant('minus', -colours.astype(np.float32).ravel()),
        helper.make_node('Conv', ['input', 'spread', 'minus'], ['differences']),
        helper.make_node('Abs', ['differences'], ['distances']),
        _constant('sum', np.full((joints, 3, 1, 1), -2, np.float32)),
        _constant('limit', np.ones(joints, np.float32)),
        helper.make_node('Conv', ['distances', 'sum', 'limit'], ['left'], group=joints),
        helper.make_node('Relu', ['left'], ['alike']),
        _constant('blob', blob.astype(np.float32)),
        helper.make_node(
            'Conv', ['alike', 'blob'], [output], group=joints, strides=[stride] * 2, pads=[8] * 4
        ),
    ]


def _constant(name: str, value: np.ndarray) -> onnx.NodeProto:
    return helper.make_node('Constant', [], [name], value=numpy_helper.from_array(value, name))


def _write(
    path: Path, nodes: list[onnx.NodeProto], outputs: list[onnx.ValueInfoProto], joints: int
) -> Path:
    image = helper.make_tensor_value_info('input', TensorProto.FLOAT, ['n', 3, 256, 192])
    graph = helper.make_graph(nodes, f'{joints} joints', [image], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.save(model, path)
    return path
