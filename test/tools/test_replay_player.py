"""What goes along with the results of a bag."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rosbags.rosbag1 import Writer
from rosbags.typesys import Stores, get_typestore

from ros_vision_perception.core.errors import ConfigurationError
from ros_vision_perception.nodes.parameters import PerceptionParameters
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.replay.inputs import Selection, open_bag
from ros_vision_perception.tools.replay.player import Copied, Player, Recipe


def recipe(bag: Path, copied: Copied) -> Recipe:
    return Recipe(bag, Selection(), ('humans',), copied, PerceptionParameters())


def offers(bag: Path, copied: Copied) -> dict[str, bool]:
    """Return the topics, and which of them are latched."""
    with open_bag(bag, Selection()) as opened:
        player = Player(recipe(bag, copied), opened)
    return {offer.topic: offer.is_latched for offer in player.offers}


def test_everything_goes_along_as_it_was_offered_but_what_we_make_ourselves(
    tmp_path: Path,
) -> None:
    recorder = BagRecorder(tmp_path / 'walk')
    picture = np.zeros((48, 64, 3), np.uint8)
    recorder.write_jpeg('/image/compressed', 1, (1, 'camera'), picture)
    for topic, latched in (('/humans', False), ('/map_name', True), ('/masks', False)):
        recorder.write(topic, 'std_msgs/msg/Empty', 1, b'\0\1\0\0\0', latched=latched)
    recorder.close()
    results = {'/skeleton': True, '/humans': False}
    inputs = {**results, '/image/compressed': False}
    assert offers(tmp_path / 'walk', Copied.NOTHING) == results
    assert offers(tmp_path / 'walk', Copied.INPUTS) == inputs
    assert offers(tmp_path / 'walk', Copied.EVERYTHING) == {**inputs, '/map_name': True}


def test_messages_of_ros_1_cannot_go_along(tmp_path: Path) -> None:
    store = get_typestore(Stores.ROS1_NOETIC)
    types, name = store.types, 'sensor_msgs/msg/CompressedImage'
    header = types['std_msgs/msg/Header'](0, types['builtin_interfaces/msg/Time'](1, 0), 'camera')
    message = types[name](header, 'jpeg', np.zeros(3, np.uint8))
    bag = tmp_path / 'old.bag'
    with Writer(bag) as writer:
        connection = writer.add_connection('/image/compressed', name, typestore=store)
        writer.write(connection, 1, bytes(store.serialize_ros1(message, name)))
    assert offers(bag, Copied.NOTHING) == {'/skeleton': True, '/humans': False}
    for copied in (Copied.INPUTS, Copied.EVERYTHING):
        with pytest.raises(
            ConfigurationError, match=r'ROS 1.*expected neither --inputs nor --live'
        ):
            offers(bag, copied)
