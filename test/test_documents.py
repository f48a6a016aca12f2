"""What the documents say is true of the code: links, files, commands, topics, examples."""

from collections.abc import Iterator
from contextlib import suppress
import importlib.util
from pathlib import Path
import re
import shlex
from typing import Any

import pytest

from ros_vision_perception.commands import COMMANDS, run
from ros_vision_perception.nodes import (
    launch_cameras,
    launch_plan,
    launch_practice,
    replay_plan,
    transport,
)
from ros_vision_perception.nodes.link import LinkWatch

_ROOT = Path(__file__).parents[1]
_PAGES = {
    path.relative_to(_ROOT).as_posix(): path.read_text(encoding='utf-8')
    for path in (*_ROOT.glob('*.md'), *sorted((_ROOT / 'docs').glob('*.md')))
}
_README = _PAGES['README.md']
_LAYERS = 'core|models|backends|zoo|render|pipeline|nodes|tools'
_EXAMPLES = {
    f'{page}-{number}': block
    for page, text in _PAGES.items()
    for number, block in enumerate(re.findall(r'^```python\n(.*?)^```', text, re.M | re.S))
}
_SUBSCRIBERS = [name for name, block in _EXAMPLES.items() if 'rclpy.spin' in block]


def _table(first_cell: str) -> list[list[str]]:
    """Return the rows of the README's table whose first heading this is."""
    lines = _README.partition(f'| {first_cell} |')[2].splitlines()[2:]
    end = next(index for index, line in enumerate(lines) if not line.startswith('|'))
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in lines[:end]]


@pytest.mark.parametrize('page', _PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for link in re.findall(r'\]\(([^)]+)\)', _PAGES[page]):
        if '://' in link:
            continue
        path, _, anchor = link.partition('#')
        target = (_ROOT / page).parent / path if path else _ROOT / page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r'^#+ (.*)', target.read_text(encoding='utf-8'), re.M)
            assert anchor in {heading.lower().replace(' ', '-') for heading in headings}, link


@pytest.mark.parametrize('page', _PAGES)
def test_files_of_the_package_that_are_named_exist(page: str) -> None:
    for path in re.findall(rf'`((?:{_LAYERS})/[\w/.]*)`', _PAGES[page]):
        assert (_ROOT / 'ros_vision_perception' / path).exists() or (_ROOT / path).exists(), path


def test_the_readme_is_short() -> None:
    assert len(_README.splitlines()) < 130


def test_the_readme_lists_every_command() -> None:
    named = [name for row in _table('command') for name in re.findall(r'`(\w+)`', row[0])]
    assert sorted(named) == sorted(COMMANDS)


@pytest.mark.parametrize('page', _PAGES)
def test_arguments_of_the_launch_files_exist(page: str) -> None:
    arguments = {'perception': launch_plan.ARGUMENTS, 'replay': replay_plan.ARGUMENTS}
    arguments['multi_camera'] = launch_cameras.CAMERAS_ARGUMENTS
    arguments['webcam'] = launch_practice.WEBCAM_ARGUMENTS
    arguments['sports'] = launch_practice.SPORTS_ARGUMENTS
    # What runs a node of another package has arguments of its own.
    joined = re.sub(r'\\\n\s*', '', _PAGES[page])
    for line in re.findall(r'^(?!ros2 run ).*\b\w+:=.*', joined, re.MULTILINE):
        named = re.findall(r'(\w+)\.launch\.\w+ ', line)
        known = {name for file in named or arguments for name in arguments[file]}
        assert set(re.findall(r'\b(\w+):=', line)) <= known, line


@pytest.mark.parametrize(
    'line',
    sorted(
        {
            line.partition('#')[0].strip()
            for text in _PAGES.values()
            for line in re.findall(r'ros-vision-perception (\w+ [^`\n]*)', text)
        }
    ),
)
def test_options_of_commands_exist(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, *words = shlex.split(line)
    subcommands = [word for word in words[:1] if not word.startswith('-')]
    with suppress(SystemExit):
        run(command, [*subcommands, '--help'])
    told = capsys.readouterr().out
    assert 'usage' in told
    for option in (word for word in words if word.startswith('--')):
        assert f'{option} ' in told, option


def test_what_the_nodes_say_about_large_images_is_quoted_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = _PAGES['docs/transport.md']
    slow, lossy = LinkWatch(), LinkWatch()
    said = [slow.note_received(900_000, None, 15.0) for _ in range(20)]
    said += [lossy.note_lost(1) for _ in range(5)]
    for problem in filter(None, said):
        assert f'`{problem}`' in page
    for name, value in transport.allocator_environment({}).items():
        assert f'{name}={value}' in page
    monkeypatch.delenv('RMW_IMPLEMENTATION', raising=False)
    cure = transport.cure().replace(str(transport.PROFILES), '/.../large_images.xml')
    # Distributions before Kilted have another name for the same variable.
    assert cure.replace('FASTRTPS', 'FASTDDS') in page.replace('\n> ', ' ')


@pytest.fixture
def filled() -> Any:
    """Return a result in which everything that an example may ask for is there."""
    pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')
    from ros_vision_perception.msg import HumanJoint, HumanState, HumanStateArray

    joints = [HumanJoint(joint_id=i, state=i % 7, covariance=[4.0, 0.0, 4.0]) for i in range(7)]
    human = HumanState(track_id=7, track_state=HumanState.CONFIRMED, has_3d=True, joints=joints)
    human.pose.pose.position.z = 3.0
    return HumanStateArray(humans=[human], degraded=True, degraded_reason='masks missing')


@pytest.fixture
def answers(ros_domain: int, filled: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have `rclpy.spin` hand one message to each subscription."""
    import rclpy

    from ros_vision_perception.msg import Skeleton

    messages = {type(filled): filled, Skeleton: Skeleton(joint_names=['left_wrist'] * 7)}

    def spin(node: Any) -> None:
        assert list(node.subscriptions)
        for subscription in node.subscriptions:
            subscription.callback(messages[subscription.msg_type])

    monkeypatch.setattr(rclpy, 'spin', spin)
    yield
    rclpy.try_shutdown()


@pytest.mark.ros
@pytest.mark.parametrize('name', _SUBSCRIBERS)
def test_examples_hear_people(
    name: str, answers: None, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(_EXAMPLES[name], name, 'exec'), {'__name__': '__main__'})
    assert 'person 7' in capsys.readouterr().out


@pytest.mark.parametrize('name', _EXAMPLES)
def test_examples_compile_and_import_what_exists(name: str) -> None:
    compile(_EXAMPLES[name], name, 'exec')
    imports = re.findall(r'^from (ros_vision_perception[\w.]*) import (.*)', _EXAMPLES[name], re.M)
    for module, names in imports:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f'needs {module}')
        there = importlib.import_module(module)
        assert all(hasattr(there, name) for name in names.split(', '))


@pytest.mark.ros
def test_the_readme_lists_the_topics_of_the_node(ros_domain: int) -> None:
    from ros_vision_perception.nodes.perception_node import PerceptionNode
    from test.nodes.models import StickPose, StickSegmentation
    from test.nodes.ros import Ros

    ros, there = Ros(), set()
    for kind in ('raw', 'compressed'):
        node = ros.start(
            PerceptionNode,
            lambda _parameters, _report: (StickPose(), StickSegmentation()),
            transport=kind,
            use_depth=True,
        )
        there |= {_described('in', each) for each in node.subscriptions}
        there |= {_described('out', each) for each in node.publishers}
    ros.close()
    told = set()
    for topics, types, quality, _ in _table('topic'):
        names = re.findall(r'`([\w/]+)`', topics)
        told |= {
            f'{name.strip("/")} {kind.rpartition("/")[2]} {quality}'
            for name, kind in zip(names, types.split(', '), strict=True)
        }
    assert told == {each for each in there if not each.startswith(('rosout', 'parameter_events'))}


def _described(direction: str, end: Any) -> str:
    """Return topic, type and quality of service of a publisher or subscription, as the README."""
    quality = end.qos_profile
    kept = f'depth {quality.depth}' if quality.durability.name == 'VOLATILE' else 'latched'
    reliability = quality.reliability.name.lower().replace('_', ' ')
    name, kind = end.topic_name.strip('/'), end.msg_type.__name__
    return f'{name} {kind} {direction}, {reliability}, {kept}'
