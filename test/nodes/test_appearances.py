"""What a person looks like survives a message, and is missing where it was not described."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from rclpy.serialization import deserialize_message, serialize_message

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.msg import PersonKeypoints
from ros_vision_perception.nodes.conversions.appearances import (
    appearance_to_msg,
    appearances_from_msg,
)

pytestmark = pytest.mark.ros


def over_the_wire(appearances: np.ndarray | None, people: int) -> np.ndarray | None:
    messages = [
        PersonKeypoints(appearance=appearance_to_msg(appearances, index))
        for index in range(people)
    ]
    return appearances_from_msg(
        [deserialize_message(serialize_message(message), PersonKeypoints) for message in messages]
    )


def test_appearances_come_back_exactly_with_the_undescribed_left_unknown() -> None:
    appearances = np.random.default_rng(0).random((3, 24), dtype=np.float32)
    appearances[1] = np.nan
    received = over_the_wire(appearances, 3)
    assert received is not None
    assert received.dtype == np.float32
    np.testing.assert_array_equal(received, appearances)


@pytest.mark.parametrize('people', [0, 2])
def test_people_who_were_not_described_have_no_appearances(people: int) -> None:
    assert over_the_wire(None, people) is None
    assert over_the_wire(np.full((people, 4), np.nan, np.float32), people) is None


def test_vectors_of_different_models_are_refused() -> None:
    mixed = [SimpleNamespace(appearance=[1.0] * length) for length in (3, 0, 4)]
    with pytest.raises(FrameError, match=r'lengths \[3, 4\]'):
        appearances_from_msg(mixed)
