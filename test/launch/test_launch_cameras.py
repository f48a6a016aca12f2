"""What the arguments of the launch file for several cameras come to."""

from dataclasses import fields

import pytest

from ros_vision_perception.commands import COMMANDS
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.launch_cameras import CAMERAS_ARGUMENTS, plan_cameras
from ros_vision_perception.nodes.launch_plan import viewer
from ros_vision_perception.nodes.parameters import NODES, PerceptionParameters

_DEFAULTS = {name: argument.default for name, argument in CAMERAS_ARGUMENTS.items()}


def test_one_process_looks_at_all_cameras() -> None:
    (node,) = plan_cameras({**_DEFAULTS, 'cameras': 'front  rear', 'batch_wait_ms': '4'})
    assert (node.executable, node.config) == ('multi_camera_node', 'perception.yaml')
    assert node.arguments == ('--batch-wait-ms', '4', 'front', 'rear')
    # One name for all nodes of the process would be that of none of them.
    assert not node.renamed
    assert node.parameters == {'use_sim_time': False}


def test_models_and_topics_are_those_of_each_camera() -> None:
    given = {'image': 'color/image_raw', 'depth': 'depth/image_raw', 'pose_model': 'p'}
    (node,) = plan_cameras({**_DEFAULTS, **given, 'segmentation_model': 'none'})
    assert ('image', 'color/image_raw') in node.remappings
    assert ('depth/image', 'depth/image_raw') in node.remappings
    assert node.parameters['pose_model'] == 'p'
    assert (node.parameters['segmentation_model'], node.parameters['use_depth']) == ('', True)
    known = {parameter.name for parameter in fields(PerceptionParameters)}
    assert set(node.parameters) <= {*known, 'use_sim_time'}


def test_people_are_merged_in_the_frame_in_which_they_come() -> None:
    asked = {'merge': 'true', 'target_frame': 'map', 'cameras': 'a b c', 'rviz': 'true'}
    perception, merging, interfaces = plan_cameras({**_DEFAULTS, **asked})
    assert perception.parameters['target_frame'] == 'map'
    assert merging.parameters['target_frame'] == 'map'
    assert merging.parameters['cameras'] == ['a', 'b', 'c']
    assert interfaces.executable == 'interfaces_node'
    for node in (merging, interfaces):
        assert node.executable in COMMANDS
        known = {parameter.name for parameter in fields(NODES[node.executable])}
        assert set(node.parameters) <= {*known, 'use_sim_time'}
    rviz = viewer({**_DEFAULTS, **asked})
    assert rviz is not None and rviz.frame == 'map'


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'merge': 'true'}, 'merge: got no target_frame'),
        ({'rviz': 'true'}, 'rviz: got true and merge false'),
        ({'interfaces': 'true'}, 'interfaces: got true and merge false'),
        ({'merge': 'yes'}, "merge: got 'yes', expected one of"),
        ({'transport': 'rwa'}, "transport: got 'rwa', expected one of"),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        plan_cameras({**_DEFAULTS, **given})
