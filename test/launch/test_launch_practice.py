"""What the arguments of the launch files of practice projects come to."""

from dataclasses import fields
from pathlib import Path
import re

import cv2
import numpy as np
import pytest
import yaml

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.launch_practice import (
    SPORTS_ARGUMENTS,
    WEBCAM_ARGUMENTS,
    plan_sports,
    plan_webcam,
)
from ros_vision_perception.nodes.parameters import PerceptionParameters

CONFIG = Path(__file__).parents[2] / 'config'
WEBCAM = {name: argument.default for name, argument in WEBCAM_ARGUMENTS.items()}
SPORTS = {name: argument.default for name, argument in SPORTS_ARGUMENTS.items()}


@pytest.fixture
def video(tmp_path: Path) -> str:
    path = tmp_path / 'clip.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 25.0, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return str(path)


@pytest.mark.parametrize('preset', ['webcam.yaml', 'sports.yaml'])
def test_a_preset_says_only_what_differs_and_may_be_said(preset: str) -> None:
    (node,) = yaml.safe_load((CONFIG / preset).read_text(encoding='utf-8')).items()
    (usual,) = yaml.safe_load((CONFIG / 'perception.yaml').read_text(encoding='utf-8')).items()
    assert node[0] == usual[0]
    given, defaults = (each[1]['ros__parameters'] for each in (node, usual))
    assert set(given) <= {parameter.name for parameter in fields(PerceptionParameters)}
    assert not [name for name, value in given.items() if value == defaults[name]]


def test_a_webcam_is_a_camera_the_perception_and_a_window_on_the_same_topics() -> None:
    plan = plan_webcam(WEBCAM)
    (perception,) = plan.perception
    assert (perception.executable, perception.preset) == ('perception_node', 'webcam.yaml')
    camera, window = plan.others
    assert (camera.package, camera.executable) == ('v4l2_camera', 'v4l2_camera_node')
    assert camera.parameters == {'video_device': '/dev/video0', 'image_size': [640, 480]}
    assert dict(perception.remappings)['image'] == dict(camera.remappings)['image_raw']
    overlay = dict(perception.remappings)['overlay/compressed']
    assert dict(window.remappings)['image/compressed'] == overlay
    assert plan.recorder == ()


def test_each_driver_is_told_of_the_camera_in_its_own_words() -> None:
    given = {'driver': 'usb_cam', 'size': '1280x720', 'device': '/dev/video2', 'show': 'false'}
    (camera,) = plan_webcam({**WEBCAM, **given}).others
    assert camera.parameters == {
        **{'video_device': '/dev/video2', 'image_width': 1280, 'image_height': 720},
    }
    assert plan_webcam({**WEBCAM, 'driver': 'none', 'show': 'false'}).others == ()


def test_a_video_plays_at_its_own_speed_and_its_made_up_focal_length_is_not_heard(
    video: str,
) -> None:
    plan = plan_webcam({**WEBCAM, 'video': video, 'show': 'false'})
    (player,) = plan.others
    assert (player.package, player.arguments) == ('image_publisher', (video,))
    assert player.parameters == {'publish_rate': 25.0}
    theirs, ours = dict(player.remappings), dict(plan.perception[0].remappings)
    assert theirs['image_raw'] == ours['image']
    assert theirs['camera_info'] != ours['camera_info']
    known = plan_webcam({**WEBCAM, 'video': video, 'field_of_view': '60', 'show': 'false'})
    assert known.others[0].parameters['field_of_view'] == 60.0
    theirs, ours = (dict(each.remappings) for each in (known.others[0], known.perception[0]))
    assert theirs['camera_info'] == ours['camera_info']


def test_sports_are_recorded_in_their_namespace() -> None:
    plan = plan_sports({**SPORTS, 'namespace': '/court', 'bag': 'match'})
    assert plan.others == ()
    assert plan.perception[0].preset == 'sports.yaml'
    *command, pattern = plan.recorder
    assert command == ['ros2', 'bag', 'record', '--output', 'match', '--regex']
    for topic in ('/court/humans', '/court/events', '/court/skeleton'):
        assert re.search(pattern, topic)
    for topic in ('/humans', '/court/humans/poses', '/court/image_raw', '/court/b/humans'):
        assert not re.search(pattern, topic)
    assert re.search(plan_sports(SPORTS).recorder[-1], '/humans')
    assert '--output' not in plan_sports(SPORTS).recorder
    assert plan_sports({**SPORTS, 'bag': 'none'}).recorder == ()


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'size': 'large'}, "size: got 'large', expected such as 640x480"),
        ({'driver': 'webcam'}, "driver: got 'webcam', expected one of"),
        ({'video': '/no/such.mp4'}, 'video: no file /no/such.mp4'),
        ({'video': __file__}, 'is no video that OpenCV can read'),
        ({'show': 'yes'}, "show: got 'yes', expected one of"),
    ],
)
def test_a_value_that_will_not_do_is_refused_in_one_line(
    given: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        plan_webcam({**WEBCAM, **given})


@pytest.mark.parametrize('angle', ['wide', '0', '180', 'nan'])
def test_a_field_of_view_is_an_angle(angle: str, video: str) -> None:
    with pytest.raises(ConfigurationError, match='field_of_view: got'):
        plan_webcam({**WEBCAM, 'video': video, 'field_of_view': angle})
