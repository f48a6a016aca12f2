"""Parameters: the files agree with the code, and bad values are refused in one line."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
import re
from typing import Any

import pytest
import yaml

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.limits import limits
from ros_vision_perception.nodes.parameter_files import contents
from ros_vision_perception.nodes.parameters import (
    NODES,
    FusionParameters,
    MergingParameters,
    PerceptionParameters,
    PoseParameters,
)

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(('path', 'text'), contents().items(), ids=lambda value: value[:24])
def test_files_are_those_that_the_code_writes(path: str, text: str) -> None:
    cure = 'run: python -m ros_vision_perception.nodes.parameter_files'
    assert (ROOT / path).read_text(encoding='utf-8') == text, cure


@pytest.mark.parametrize('node', NODES)
def test_parameter_files_hold_every_default(node: str) -> None:
    path = ROOT / 'config' / f'{node.removesuffix("_node")}.yaml'
    values = yaml.safe_load(path.read_text(encoding='utf-8'))[f'/**/{node}']['ros__parameters']
    defaults = {field.name: field.default for field in fields(NODES[node])}
    assert values == {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in defaults.items()
    }


@pytest.mark.parametrize('node', NODES)
def test_every_parameter_is_described_and_its_default_allowed(node: str) -> None:
    for field in fields(NODES[node]):
        described = limits(field)
        assert described.description.endswith('.')
        assert described.allow(field.default)
        is_number = type(field.default) in (int, float)
        assert (described.lowest is not None) == is_number, field.name


def test_fusion_expects_what_is_configured() -> None:
    config = FusionParameters(use_depth=True, use_masks=False, hidden_s=5.0).fusion
    assert (config.expects_pose, config.expects_masks, config.expects_depth) == (True, False, True)
    assert config.lifetimes.hidden_s == 5.0
    assert not PerceptionParameters(segmentation_model='').fusion.expects_masks
    assert PerceptionParameters().fusion == FusionParameters().fusion


@pytest.fixture
def node(ros_domain: int) -> Iterator[Any]:
    """Return a function that makes a node with parameters set, as by a parameter file."""
    import rclpy
    from rclpy.parameter import Parameter

    context = rclpy.Context()
    context.init()

    def make(**values: Any) -> Any:
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        return rclpy.create_node('node', context=context, parameter_overrides=overrides)

    yield make
    context.try_shutdown()


@pytest.mark.ros
def test_values_that_were_set_are_declared_and_returned(node: Any) -> None:
    from ros_vision_perception.nodes.declare import declare

    made = node(pose_model='x.onnx', max_people=3, use_depth=True)
    parameters = declare(made, PerceptionParameters)
    assert parameters.pose_model == 'x.onnx'
    assert parameters.max_people == 3
    assert parameters.use_depth
    assert made.get_parameter('max_people').value == 3
    descriptor = made.describe_parameter('max_people')
    assert descriptor.description
    (bounds,) = descriptor.integer_range
    assert (bounds.from_value, bounds.to_value) == (1, 100)


@pytest.mark.ros
def test_a_whole_number_will_do_for_a_float(node: Any) -> None:
    from ros_vision_perception.nodes.declare import declare

    parameters = declare(node(join_deadline_ms=50), FusionParameters)
    assert parameters.join_deadline_ms == 50.0
    assert isinstance(parameters.join_deadline_ms, float)


@pytest.mark.ros
def test_a_list_of_names_comes_as_a_tuple_and_holds_nothing_else(node: Any) -> None:
    from ros_vision_perception.nodes.declare import declare

    made = node(cameras=['front', 'rear', 'top'])
    assert declare(made, MergingParameters).cameras == ('front', 'rear', 'top')
    assert list(made.get_parameter('cameras').value) == ['front', 'rear', 'top']
    for value in ([1, 2], 'front'):
        with pytest.raises(
            ConfigurationError, match=r'parameter cameras: .* expected list of str'
        ):
            declare(node(cameras=value), MergingParameters)


@pytest.mark.ros
@pytest.mark.parametrize(
    ('name', 'value', 'words'),
    [
        ('max_people', 0, 'got 0, expected int [1, 100]'),
        ('max_people', 2.0, 'got 2.0, expected int [1, 100]'),
        ('max_people', True, 'got True, expected int [1, 100]'),
        ('threads', 'two', "got 'two', expected int [1, 64]"),
        ('transport', 'rwa', "got 'rwa', expected str one of: 'auto', 'raw', 'compressed'"),
        ('skeleton', 'octopus', "got 'octopus', expected str one of: '', 'coco17'"),
        ('qos', 'fast', "got 'fast', expected str one of: 'sensor', 'reliable'"),
        ('pose_model', 5, 'got 5, expected str'),
    ],
)
def test_a_bad_value_is_refused_in_one_line(
    node: Any, name: str, value: object, words: str
) -> None:
    from ros_vision_perception.nodes.declare import declare

    with pytest.raises(
        ConfigurationError, match=re.escape(f'parameter {name}: {words}')
    ) as caught:
        declare(node(**{name: value}), PoseParameters)
    assert '\n' not in str(caught.value)
