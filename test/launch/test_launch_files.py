"""The launch files themselves, with stand-ins for `launch` where a test needs no more."""

from collections.abc import Callable, Iterator, Mapping
import importlib.util
from pathlib import Path
import sys
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from ros_vision_perception.nodes import launch_plan, launch_practice, replay_plan

_FOLDER = Path(__file__).parents[2] / 'launch'
_FOUND = '$(find-pkg-share ros_vision_perception)/launch/'
# Of ours, what imports `launch`.
_ACTIONS = 'ros_vision_perception.nodes.launch_actions'
_NAMES = {
    'launch': ('Action', 'LaunchContext', 'LaunchDescription'),
    'launch.actions': (
        *('DeclareLaunchArgument', 'ExecuteProcess', 'OpaqueFunction'),
        *('SetEnvironmentVariable', 'Shutdown'),
    ),
    'launch.substitutions': ('LaunchConfiguration', 'PathJoinSubstitution'),
    'launch_ros': (),
    'launch_ros.actions': ('Node',),
    'launch_ros.substitutions': ('FindPackageShare',),
}


class Made:
    """Anything of `launch`: keeps what it was made of."""

    kind = ''

    def __init__(self, *places: Any, **fields: Any) -> None:
        self.places, self.fields = places, fields

    def perform(self, context: Mapping[str, str]) -> str:
        return context[self.places[0]]


@pytest.fixture
def launched(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., tuple[list[Made], list[Made]]]]:
    """Return a function that gives what a file declares, and what it starts with arguments."""
    for name, classes in _NAMES.items():
        module = ModuleType(name)
        for each in classes:
            setattr(module, each, type(each, (Made,), {'kind': each}))
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, _ACTIONS, raising=False)

    def load(name: str, arguments: Mapping[str, str]) -> tuple[list[Made], list[Made]]:
        spec = importlib.util.spec_from_file_location('launched', _FOLDER / name)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        (entities,) = module.generate_launch_description().places
        declared = [entity for entity in entities if entity.kind == 'DeclareLaunchArgument']
        (starts,) = [entity for entity in entities if entity.kind == 'OpaqueFunction']
        return declared, starts.fields['function'](arguments)

    yield load
    sys.modules.pop(_ACTIONS, None)  # it has the stand-ins


@pytest.mark.parametrize(
    ('name', 'arguments'),
    [
        ('perception.launch.py', launch_plan.ARGUMENTS),
        ('replay.launch.py', replay_plan.ARGUMENTS),
        ('webcam.launch.py', launch_practice.WEBCAM_ARGUMENTS),
        ('sports.launch.py', launch_practice.SPORTS_ARGUMENTS),
    ],
)
def test_every_argument_is_declared_with_its_description(
    name: str,
    arguments: Mapping[str, launch_plan.Argument],
    launched: Callable[..., tuple[list[Made], list[Made]]],
) -> None:
    declared, nodes = launched(name, {key: value.default for key, value in arguments.items()})
    assert [each.places[0] for each in declared] == list(arguments)
    assert all(each.fields['description'].endswith('.') for each in declared)
    required = {each.places[0] for each in declared if each.fields['default_value'] is None}
    assert required == ({'bag'} if name == 'replay.launch.py' else set())
    assert len(nodes) == {'webcam.launch.py': 3, 'sports.launch.py': 2}.get(name, 1)


def test_nodes_come_back_where_asked_for(
    launched: Callable[..., tuple[list[Made], list[Made]]],
) -> None:
    arguments = {name: argument.default for name, argument in launch_plan.ARGUMENTS.items()}
    for asked, respawn in (('false', False), ('true', True)):
        _, nodes = launched('perception.launch.py', {**arguments, 'respawn': asked})
        assert [node.fields['respawn'] for node in nodes] == [respawn]


def test_a_practice_project_is_the_perception_with_a_preset_and_nodes_of_others(
    launched: Callable[..., tuple[list[Made], list[Made]]],
) -> None:
    arguments = {
        name: argument.default for name, argument in launch_practice.SPORTS_ARGUMENTS.items()
    }
    arguments |= {'params_file': 'mine.yaml', 'driver': 'usb_cam', 'namespace': 'court'}
    _, (camera, perception, recorder) = launched('sports.launch.py', arguments)
    files = perception.fields['parameters'][:3]
    assert [each if isinstance(each, str) else each.places[0][-1] for each in files] == [
        *('perception.yaml', 'sports.yaml', 'mine.yaml'),
    ]
    assert camera.fields['package'] == 'usb_cam'
    assert [each.fields['namespace'] for each in (camera, perception)] == ['court', 'court']
    assert recorder.fields['cmd'][:3] == ['ros2', 'bag', 'record']


def test_a_replay_ends_everything_and_with_rviz_is_left_to_be_looked_at(
    launched: Callable[..., tuple[list[Made], list[Made]]],
) -> None:
    arguments = {name: argument.default for name, argument in replay_plan.ARGUMENTS.items()}
    arguments |= {'bag': 'walk', 'params_file': 'mine.yaml'}
    _, (replay, interfaces) = launched('replay.launch.py', {**arguments, 'interfaces': 'true'})
    assert replay.fields['on_exit'].kind == 'Shutdown'
    assert interfaces.fields['parameters'][1:] == ['mine.yaml', {'use_sim_time': True}]
    _, nodes = launched('replay.launch.py', {**arguments, 'rviz': 'true'})
    assert [node.fields['executable'] for node in nodes] == ['replay', 'interfaces_node', 'rviz2']
    assert nodes[0].fields['on_exit'] is None


def test_the_files_in_xml_and_yaml_hand_everything_on_to_that_in_python() -> None:
    xml = ElementTree.parse(_FOLDER / 'perception.launch.xml').getroot()
    assert (xml.tag, len(xml)) == ('launch', 1)
    assert (xml[0].tag, xml[0].attrib, len(xml[0])) == (
        *('include', {'file': f'{_FOUND}perception.launch.py'}, 0),
    )
    described = yaml.safe_load((_FOLDER / 'perception.launch.yaml').read_text(encoding='utf-8'))
    assert described == {'launch': [{'include': {'file': f'{_FOUND}perception.launch.py'}}]}


@pytest.mark.ros
@pytest.mark.parametrize('suffix', ['xml', 'yaml'])
def test_the_arguments_are_the_same_in_every_language(suffix: str) -> None:
    sources = pytest.importorskip(
        'launch.launch_description_sources', reason='needs launch of a ROS install'
    )
    source = sources.AnyLaunchDescriptionSource(str(_FOLDER / f'perception.launch.{suffix}'))
    description = source.try_get_launch_description_without_context()
    arguments = [argument.name for argument in description.get_launch_arguments()]
    assert arguments == list(launch_plan.ARGUMENTS)
