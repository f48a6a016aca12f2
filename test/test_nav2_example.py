"""The parameters of Nav2 in the examples are of layers that exist, and of what we publish."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import yaml

_ROOT = Path(__file__).parents[1]
# Layers of navigation2/nav2_costmap_2d/costmap_plugins.xml, and the parameters that plugins and
# costmap_2d_ros.cpp read, as far as the example uses them.
_LAYERS = {
    'nav2_costmap_2d::ObstacleLayer': {
        *('enabled', 'max_obstacle_height', 'observation_sources', 'scan', 'joints'),
    },
    'nav2_costmap_2d::StaticLayer': {
        *('enabled', 'map_topic', 'subscribe_to_updates', 'map_subscribe_transient_local'),
    },
    'nav2_costmap_2d::InflationLayer': {'inflation_radius', 'cost_scaling_factor'},
}


def _parameters() -> dict[str, Any]:
    text = (_ROOT / 'examples/nav2_people.yaml').read_text()
    parameters: dict[str, Any] = yaml.safe_load(text)['local_costmap']['local_costmap'][
        'ros__parameters'
    ]
    return parameters


def _topics(values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _topics(value)
        elif name in ('topic', 'map_topic'):
            yield value


def test_every_layer_exists_and_is_given_what_it_reads() -> None:
    parameters = _parameters()
    for name in parameters['plugins']:
        layer = parameters[name]
        assert set(layer) - {'plugin'} <= _LAYERS[layer['plugin']], name
    layer = parameters['people_joints']
    assert {name for name, value in layer.items() if isinstance(value, dict)} == set(
        layer['observation_sources'].split()
    )
    assert layer['joints']['data_type'] == 'PointCloud2'


def test_every_topic_is_one_that_interfaces_node_publishes() -> None:
    source = (_ROOT / 'ros_vision_perception/nodes/interfaces.py').read_text()
    published = set(re.findall(r"'(humans/\w+)'", source))
    of_lidar = '/scan'
    topics = set(_topics(_parameters())) - {of_lidar}
    assert len(topics) == 2
    assert {topic.removeprefix('/') for topic in topics} <= published


def test_the_grid_is_a_layer_among_others() -> None:
    parameters = _parameters()
    # Else it would give the costmap its size, be black and white, and wipe out other layers.
    assert parameters['rolling_window'] is True
    assert parameters['trinary_costmap'] is False
    assert parameters['use_maximum'] is True
    assert 0 < parameters['lethal_cost_threshold'] < 100
