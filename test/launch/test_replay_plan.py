"""What the arguments of `replay.launch.py` come to."""

import pytest

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.replay_plan import ARGUMENTS, plan
from ros_vision_perception.tools.replay.arguments import parse

_DEFAULTS = {name: argument.default for name, argument in ARGUMENTS.items()} | {'bag': 'walk'}


def test_by_default_the_bag_is_played_once_as_it_was_recorded() -> None:
    planned = plan(_DEFAULTS)
    assert planned.arguments == ('--live', '--bag', 'walk', '--rate=1.0')
    assert (planned.has_interfaces, planned.viewer) == (False, None)


def test_the_command_understands_every_argument() -> None:
    given = {
        **{'rate': '0.5', 'loop': 'true', 'image': '/image', 'camera_info': '/info'},
        **{'depth': '/depth', 'pose_model': 'p', 'segmentation_model': 'none'},
        **{'params_file': 'robot.yaml', 'rviz': 'true', 'rviz_frame': 'map'},
    }
    # As launch_ros starts every executable.
    words = [*plan({**_DEFAULTS, **given}).arguments, '--ros-args']
    parsed = parse(words)
    assert (parsed.live, parsed.rate, parsed.loop, parsed.ros_args) == (True, 0.5, True, [])
    assert (parsed.image, parsed.camera_info, parsed.depth) == ('/image', '/info', '/depth')
    assert (parsed.pose, parsed.segmentation, str(parsed.params_file)) == ('p', '', 'robot.yaml')
    assert [str(path) for path in parsed.bag] == ['walk']


def test_rviz_gets_what_it_shows_on_the_time_of_the_bag() -> None:
    planned = plan({**_DEFAULTS, 'rviz': 'true', 'rviz_frame': 'map'})
    assert planned.arguments[-3:] == ('--topics', 'humans', 'overlay/compressed')
    assert planned.has_interfaces
    assert planned.viewer is not None
    assert (planned.viewer.frame, planned.viewer.use_sim_time) == ('map', True)


def test_other_packages_are_told_where_asked_for() -> None:
    assert plan({**_DEFAULTS, 'interfaces': 'true'}).has_interfaces


def test_a_value_that_is_no_choice_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigurationError, match="loop: got 'yes', expected one of"):
        plan({**_DEFAULTS, 'loop': 'yes'})


@pytest.mark.parametrize('name', ARGUMENTS)
def test_every_argument_is_described_and_its_default_is_a_choice(name: str) -> None:
    argument = ARGUMENTS[name]
    assert argument.description.endswith('.')
    assert not argument.choices or argument.default in argument.choices
