"""What the arguments of the launch file come to."""

from dataclasses import fields

import pytest

from ros_vision_perception.commands import COMMANDS
from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.launch_plan import ARGUMENTS, plan, viewer
from ros_vision_perception.nodes.parameters import NODES

_DEFAULTS = {name: argument.default for name, argument in ARGUMENTS.items()}


def test_one_process_does_everything_by_default() -> None:
    (node,) = plan(_DEFAULTS)
    assert node.executable == 'perception_node'
    assert node.config == 'perception.yaml'


def test_without_arguments_the_parameter_files_decide() -> None:
    (node,) = plan(_DEFAULTS)
    assert node.parameters == {'use_sim_time': False}


def test_separate_nodes_are_one_per_stage() -> None:
    nodes = plan({**_DEFAULTS, 'composed': 'false'})
    assert [node.executable for node in nodes] == ['pose_node', 'segmentation_node', 'fusion_node']
    assert [node.config for node in nodes] == ['pose.yaml', 'segmentation.yaml', 'fusion.yaml']


def test_other_packages_are_told_where_asked_for() -> None:
    *_, last = plan({**_DEFAULTS, 'interfaces': 'true'})
    assert (last.executable, last.config) == ('interfaces_node', 'interfaces.yaml')
    assert 'interfaces_node' not in [node.executable for node in plan(_DEFAULTS)]


def test_rviz_comes_with_what_it_shows_in_the_frame_of_people() -> None:
    assert viewer(_DEFAULTS) is None
    arguments = {**_DEFAULTS, 'rviz': 'true', 'overlay': '/picture', 'use_sim_time': 'true'}
    assert plan(arguments)[-1].executable == 'interfaces_node'
    rviz = viewer(arguments)
    assert rviz is not None
    assert (rviz.config, rviz.frame, rviz.use_sim_time) == ('perception.rviz', 'camera', True)
    assert dict(rviz.remappings)['overlay/compressed'] == '/picture/compressed'
    for given, frame in (
        ({'target_frame': 'map'}, 'map'),
        ({'target_frame': 'map', 'rviz_frame': 'odom'}, 'odom'),
    ):
        other = viewer({**arguments, **given})
        assert other is not None and other.frame == frame


@pytest.mark.parametrize('composed', ['true', 'false'])
def test_every_node_is_a_command_and_knows_its_parameters(composed: str) -> None:
    arguments = {
        **_DEFAULTS,
        **{'composed': composed, 'transport': 'raw', 'depth': '/depth', 'use_sim_time': 'true'},
        **{'pose_model': 'p.onnx', 'segmentation_model': 's.onnx', 'interfaces': 'true'},
    }
    for node in plan(arguments):
        assert node.executable in COMMANDS
        known = {parameter.name for parameter in fields(NODES[node.executable])}
        assert set(node.parameters) <= {*known, 'use_sim_time'}


def test_each_model_reaches_the_node_that_runs_it() -> None:
    arguments = {**_DEFAULTS, 'composed': 'false', 'pose_model': 'p', 'segmentation_model': 's'}
    pose, segmentation, fusion = plan(arguments)
    assert pose.parameters['pose_model'] == 'p'
    assert segmentation.parameters['segmentation_model'] == 's'
    assert not {'pose_model', 'segmentation_model'} & set(fusion.parameters)


def test_the_frame_of_people_is_that_of_whoever_fuses() -> None:
    arguments = {**_DEFAULTS, 'target_frame': 'map', 'composed': 'false'}
    *others, fusion = plan(arguments)
    assert fusion.parameters['target_frame'] == 'map'
    assert not any('target_frame' in node.parameters for node in others)
    (everything,) = plan({**arguments, 'composed': 'true'})
    assert everything.parameters['target_frame'] == 'map'


def test_what_runs_the_networks_reaches_all_that_have_some() -> None:
    arguments = {**_DEFAULTS, 'composed': 'false', 'backend': 'gpu', 'precision': 'fp32'}
    *with_networks, fusion = plan(arguments)
    for node in with_networks:
        assert (node.parameters['backend'], node.parameters['precision']) == ('gpu', 'fp32')
    assert 'backend' not in fusion.parameters
    with pytest.raises(ConfigurationError, match="backend: got 'npu', expected one of"):
        plan({**arguments, 'backend': 'npu'})


def test_how_a_detector_and_a_network_for_crops_are_run_reaches_the_pose_node() -> None:
    arguments = {**_DEFAULTS, 'pose_detect_every': '5', 'pose_flip_test': 'true'}
    (perception,) = plan(arguments)
    pose, *others = plan({**arguments, 'composed': 'false'})
    for node in (perception, pose):
        assert node.parameters['pose_detect_every'] == 5
        assert node.parameters['pose_flip_test'] is True
    assert not any('pose_flip_test' in node.parameters for node in others)
    with pytest.raises(ConfigurationError, match=r"got '5\.5', expected a whole number"):
        plan({**arguments, 'pose_detect_every': '5.5'})


def test_without_a_segmentation_model_nobody_waits_for_masks() -> None:
    arguments = {**_DEFAULTS, 'segmentation_model': 'none'}
    (perception,) = plan(arguments)
    assert perception.parameters['segmentation_model'] == ''
    pose, fusion = plan({**arguments, 'composed': 'false'})
    assert (pose.executable, fusion.executable) == ('pose_node', 'fusion_node')
    assert fusion.parameters['use_masks'] is False


def test_a_depth_topic_turns_depth_on() -> None:
    (without,), (with_depth,) = plan(_DEFAULTS), plan({**_DEFAULTS, 'depth': '/camera/depth'})
    assert 'use_depth' not in without.parameters
    assert with_depth.parameters['use_depth'] is True
    assert ('depth/image', '/camera/depth') in with_depth.remappings
    assert 'depth/image' not in dict(without.remappings)


def test_the_compressed_topics_lie_below_the_raw_ones() -> None:
    (node,) = plan({**_DEFAULTS, 'image': '/camera/color/image_raw', 'overlay': '/picture'})
    assert dict(node.remappings) == {
        'image': '/camera/color/image_raw',
        'image/compressed': '/camera/color/image_raw/compressed',
        'camera_info': 'camera_info',
        'overlay/compressed': '/picture/compressed',
    }


@pytest.mark.parametrize(
    ('name', 'value'), [('composed', 'yes'), ('use_sim_time', '1'), ('log_level', 'loud')]
)
def test_a_value_that_is_no_choice_is_refused_in_one_line(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}: got '{value}', expected one of"):
        plan({**_DEFAULTS, name: value})


@pytest.mark.parametrize('name', ARGUMENTS)
def test_every_argument_is_described_and_its_default_is_a_choice(name: str) -> None:
    argument = ARGUMENTS[name]
    assert argument.description.endswith('.')
    assert not argument.choices or argument.default in argument.choices
