"""Imports point down only, and each library has one home."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
import sys

import pytest

_ROOT = Path(__file__).parents[1] / 'ros_vision_perception'
_OWN = 'ros_vision_perception.'

_EVERYTHING = ('core', 'models', 'render', 'backends', 'zoo', 'pipeline', 'nodes', 'tools')
# What is shared by all that talks ROS.
_ROS = ('rclpy', '*_msgs', '*_interfaces', 'cv_bridge')

# Layer (a folder, or a file where one file may do more): what its files may import besides the
# standard library and their own folder. Own names are folders of the package.
_MAY_IMPORT = {
    'core': ('numpy',),
    'core/association.py': ('numpy', 'scipy.optimize'),
    'models': ('core', 'numpy', 'cv2'),
    'render': ('core', 'numpy', 'cv2'),
    'backends': ('core', 'numpy', 'onnxruntime', 'tensorrt'),
    'zoo': (
        *('core', 'numpy', 'onnx', 'tflite', 'yaml', 'filelock', 'platformdirs', 'requests'),
        'rich',
    ),
    'pipeline': ('core', 'models', 'backends', 'zoo', 'numpy'),
    'nodes': (
        *('core', 'models', 'render', 'zoo', 'pipeline', 'msg', *_ROS),
        *('numpy', 'cv2', 'rosbags', 'yaml', 'launch', 'launch_ros'),
    ),
    'tools': (
        *_EVERYTHING,
        *(
            'numpy',
            'cv2',
            'matplotlib',
            'onnx',
            'psutil',
            'pycocotools',
            'scipy.optimize',
            'rich',
            'ray',
            'rerun',
            'rosbags',
            'skimage',
            'supervision',
            'torch',
            'trackers',
            'yaml',
        ),
    ),
    '': ('commands', 'core'),
}
# Time is data there, and nothing is said: the caller has the clock and the log.
_CLOCKLESS = ('core', 'models', 'render', 'pipeline')
_CLOCKS = ('time', 'datetime', 'logging', 'warnings', 'random')


def _layer(path: str) -> str:
    return path if path in _MAY_IMPORT else path.partition('/')[0] if '/' in path else ''


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = '.' * node.level + (node.module or '')
            # `from package import module` names a module too.
            yield from ((node.lineno, f'{module}.{alias.name}') for alias in node.names)


def _is_allowed(name: str, layer: str) -> bool:
    folder = layer.partition('/')[0]
    if f'{name}.' == _OWN:
        return True
    if name.startswith(_OWN):
        name = name.removeprefix(_OWN)
        allowed: tuple[str, ...] = (folder, *_MAY_IMPORT[layer])
        return name.partition('.')[0] in allowed
    top = name.partition('.')[0]
    if top in sys.stdlib_module_names:
        return folder not in _CLOCKLESS or top not in _CLOCKS
    return any(
        fnmatch(top, pattern) or f'{name}.'.startswith(f'{pattern}.')
        for pattern in _MAY_IMPORT[layer]
        if pattern not in _EVERYTHING
    )


def violations(path: str, source: str) -> list[str]:
    """Return 'path:line: name' of each import that a file of the package may not have."""
    layer = _layer(path)
    return [
        f'{path}:{line}: {name}' for line, name in _imports(source) if not _is_allowed(name, layer)
    ]


_FILES = [path.relative_to(_ROOT).as_posix() for path in sorted(_ROOT.rglob('*.py'))]


@pytest.mark.parametrize('path', _FILES)
def test_imports_point_down_only(path: str) -> None:
    assert violations(path, (_ROOT / path).read_text(encoding='utf-8')) == []


@pytest.mark.parametrize(
    ('path', 'source'),
    [
        ('core/fusion.py', 'import rclpy'),
        ('core/fusion.py', 'import cv2'),
        ('core/fusion.py', 'from scipy.optimize import linear_sum_assignment'),
        ('core/association.py', 'from scipy.spatial import cKDTree'),
        ('core/fusion.py', 'def f():\n    from time import monotonic'),
        ('core/fusion.py', 'import datetime as clock'),
        ('core/fusion.py', 'from ros_vision_perception.models import imaging'),
        ('core/fusion.py', 'from ros_vision_perception import pipeline'),
        ('core/fusion.py', 'from ..models import imaging'),
        ('models/selfie.py', 'import onnxruntime'),
        ('models/selfie.py', 'from ros_vision_perception.backends.onnx import OnnxBackend'),
        ('backends/onnx.py', 'from ros_vision_perception.models.selfie import Selfie'),
        ('zoo/store.py', 'import onnxruntime'),
        ('pipeline/pose.py', 'from sensor_msgs.msg import Image'),
        ('pipeline/pose.py', 'import time'),
        ('pipeline/pose.py', 'import ros_vision_perception.nodes.conversions'),
        ('nodes/pose_node.py', 'import onnxruntime'),
        ('nodes/pose_node.py', 'from ros_vision_perception.tools.demo import scene'),
        ('tools/benchmark.py', 'import rclpy'),
        ('tools/benchmark.py', 'from ros_vision_perception.msg import HumanStateArray'),
        ('commands.py', 'import numpy'),
    ],
)
def test_a_planted_import_is_caught(path: str, source: str) -> None:
    assert len(violations(path, source)) == 1


@pytest.mark.parametrize(
    ('path', 'source'),
    [
        ('core/fusion.py', 'import numpy as np\nfrom ros_vision_perception.core import types'),
        ('core/association.py', 'from scipy.optimize import linear_sum_assignment'),
        ('models/selfie.py', 'from ros_vision_perception.core.types import Frame\nimport cv2'),
        ('nodes/conversions.py', 'from sensor_msgs.msg import Image\nimport time'),
        ('nodes/conversions.py', 'from ros_vision_perception.msg import Keypoint'),
        ('tools/demo/scene.py', 'from ros_vision_perception.nodes import transport'),
    ],
)
def test_an_import_that_points_down_passes(path: str, source: str) -> None:
    assert violations(path, source) == []
