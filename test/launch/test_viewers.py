"""What is configured for RViz and Foxglove exists: topics, fields, and classes of RViz."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

import pytest
from rosbags.interfaces import Nodetype
import yaml

from ros_vision_perception.tools.typestore import package_typestore

_ROOT = Path(__file__).parents[2]
_RVIZ = yaml.safe_load((_ROOT / 'config' / 'perception.rviz').read_text(encoding='utf-8'))
_FOXGLOVE = json.loads((_ROOT / 'config' / 'foxglove.json').read_text(encoding='utf-8'))

# Of ros2/rviz: rviz_common/src/rviz_common/panel_factory.cpp and
# rviz_default_plugins/plugins_description.xml, as far as they are of use here.
_CLASSES = {
    *(f'rviz_common/{name}' for name in ('Displays', 'Selection', 'Time', 'Views')),
    *(
        f'rviz_default_plugins/{name}'
        for name in (
            *('Axes', 'Camera', 'Grid', 'Image', 'MarkerArray', 'PointCloud2', 'PoseArray', 'TF'),
            *('FocusCamera', 'Interact', 'Measure', 'MoveCamera', 'Select'),
            *('FPS', 'Orbit', 'ThirdPersonFollower', 'TopDownOrtho', 'XYOrbit'),
        )
    ),
}
_KINDS = {  # of message, that a display of RViz takes; Image takes compressed ones by their topic
    'Image': {'Image', 'CompressedImage'},
    'MarkerArray': {'MarkerArray'},
    'PointCloud2': {'PointCloud2'},
}
# Of foxglove/docs: docs/3-visualization/4-panels.
_PANELS = {'Image', '3D', 'DiagnosticSummary', 'Plot'}


def _published() -> dict[str, str]:
    """Return topic -> message class of every `create_publisher(Class, 'topic', ...)` of ours."""
    call = re.compile(r"create_publisher\(\s*(\w+),\s*'/?([\w/]+)'")
    sources = (_ROOT / 'ros_vision_perception' / 'nodes').glob('*.py')
    text = ''.join(path.read_text(encoding='utf-8') for path in sorted(sources))
    return {topic: kind for kind, topic in call.findall(text)}


_PUBLISHED = _published()


def _all(tree: Any, key: str) -> Iterator[Any]:
    """Yield every value of a key, wherever it stands."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        for value in tree.values():
            yield from _all(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from _all(value, key)


def _displays() -> list[dict[str, Any]]:
    return list(_RVIZ['Visualization Manager']['Displays'])


def test_publishers_are_found_in_the_code() -> None:
    assert _PUBLISHED['humans'] == 'HumanStateArray'
    assert _PUBLISHED['humans/markers'] == 'MarkerArray'


def test_rviz_is_asked_only_for_classes_that_it_has() -> None:
    classes = {name for name in _all(_RVIZ, 'Class') if name}
    assert {'rviz_default_plugins/Image', 'rviz_default_plugins/MarkerArray'} <= classes
    assert classes <= _CLASSES


def test_rviz_shows_topics_of_ours_with_the_messages_that_its_displays_take() -> None:
    shown = {
        display['Class'].partition('/')[2]: display['Topic']['Value']
        for display in _displays()
        if 'Topic' in display
    }
    assert set(shown) == set(_KINDS)
    for display, topic in shown.items():
        assert _PUBLISHED[topic] in _KINDS[display], topic
    assert all(policy == 'Reliable' for policy in _all(_RVIZ, 'Reliability Policy'))


def test_rviz_can_switch_every_namespace_of_the_markers() -> None:
    markers = pytest.importorskip(
        'ros_vision_perception.nodes.conversions.markers', reason='needs ROS 2'
    )
    (namespaces,) = _all(_RVIZ, 'Namespaces')
    assert set(namespaces) == {
        *(markers.BONES, markers.JOINTS, markers.ELLIPSOIDS, markers.LABELS, markers.PATHS)
    }


def test_rviz_shows_the_frame_that_the_launch_file_names() -> None:
    assert _RVIZ['Visualization Manager']['Global Options']['Fixed Frame'] == 'camera'


def test_the_layout_of_foxglove_holds_each_of_its_panels_once() -> None:
    def leaves(layout: Any) -> list[str]:
        if isinstance(layout, str):
            return [layout]
        assert layout['direction'] in ('row', 'column')
        return leaves(layout['first']) + leaves(layout['second'])

    placed = leaves(_FOXGLOVE['layout'])
    assert sorted(placed) == sorted(_FOXGLOVE['configById'])
    assert {panel.partition('!')[0] for panel in placed} == _PANELS


def test_foxglove_shows_topics_and_fields_of_ours() -> None:
    (image,) = _all(_FOXGLOVE, 'imageTopic')
    (diagnostics,) = _all(_FOXGLOVE, 'topicToRender')
    in_space = _FOXGLOVE['configById']['3D!people']['topics']
    for topic in (image, diagnostics, *in_space):
        assert topic.startswith('/'), 'Foxglove knows full names'
        assert topic[1:] in _PUBLISHED
    for paths in _all(_FOXGLOVE, 'paths'):
        for path in paths:
            topic, *names = path['value'].replace('[:]', '').split('.')
            assert _PUBLISHED[topic[1:]] == 'HumanStateArray'
            assert _has_fields('ros_vision_perception/msg/HumanStateArray', names), path['value']


def _has_fields(message: str, names: list[str]) -> bool:
    definitions: dict[str, Any] = dict(package_typestore().fielddefs)
    for name in names:
        fields = dict(definitions[message][1]) if message in definitions else {}
        if name not in fields:
            return False
        kind, what = fields[name]
        if kind == Nodetype.SEQUENCE:
            kind, what = what[0]
        message = what if kind == Nodetype.NAME else ''
    return True


def test_a_field_that_is_not_there_is_found() -> None:
    array = 'ros_vision_perception/msg/HumanStateArray'
    assert _has_fields(array, ['humans', 'pose', 'pose', 'position', 'z'])
    assert not _has_fields(array, ['humans', 'posed'])
    assert not _has_fields(array, ['humans', 'track_id', 'z'])
