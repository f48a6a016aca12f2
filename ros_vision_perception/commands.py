"""The commands, and how one is run: the only list of them, for every way to install."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
import re
import sys

from ros_vision_perception.core.errors import PerceptionError

COMMANDS = {
    'pose_node': 'ros_vision_perception.nodes.pose_node:main',
    'segmentation_node': 'ros_vision_perception.nodes.segmentation_node:main',
    'fusion_node': 'ros_vision_perception.nodes.fusion_node:main',
    'perception_node': 'ros_vision_perception.nodes.perception_node:main',
    'multi_camera_node': 'ros_vision_perception.nodes.multi_camera_node:main',
    'merging_node': 'ros_vision_perception.nodes.merging_node:main',
    'interfaces_node': 'ros_vision_perception.nodes.interfaces_node:main',
    'demo': 'ros_vision_perception.tools.demo.command:main',
    'replay': 'ros_vision_perception.tools.replay.command:main',
    'timeline': 'ros_vision_perception.tools.timeline.command:main',
    'models': 'ros_vision_perception.tools.models:main',
    'benchmark': 'ros_vision_perception.tools.benchmark.command:main',
    'fit': 'ros_vision_perception.tools.fit.command:main',
    'train': 'ros_vision_perception.tools.train.command:main',
    'evaluate': 'ros_vision_perception.tools.evaluate.command:main',
}

# Modules of a ROS 2 install; all else that a command imports comes with the package.
_ROS_MODULES = re.compile(r'rclpy|ros_vision_perception\.msg|\w+_msgs\b|\w+_interfaces\b')


def summary(name: str) -> str:
    """Return what a command does: the first line of its module's docstring.

    The module is read, not imported: the list of commands needs neither ROS nor a runtime.
    """
    spec = find_spec(COMMANDS[name].split(':')[0])
    if spec is None or spec.origin is None:
        return '(not installed)'
    docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding='utf-8')))
    return (docstring or '').partition('\n')[0]


def run(name: str, arguments: list[str]) -> int:
    """Run one command and return its exit status; what the user can fix is one line, no traceback.

    Args:
        name: key of COMMANDS.
        arguments: those after the command's name.
    """
    module, function = COMMANDS[name].split(':')
    try:
        return getattr(import_module(module), function)(arguments) or 0
    except PerceptionError as error:
        return _refuse(name, str(error))
    except ModuleNotFoundError as error:
        if not _ROS_MODULES.match(error.name or ''):
            raise
        return _refuse(
            name, f'needs ROS 2 and the messages of this package: no module {error.name}'
        )
    except KeyboardInterrupt:
        return 130


def _refuse(name: str, reason: str) -> int:
    print(f'{name}: {reason}', file=sys.stderr)
    return 1
