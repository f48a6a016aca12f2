"""Messages over the wire, and what came back."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from ros_vision_perception.core.human import HumanState, Joints, PredictedPath
from ros_vision_perception.core.masks import BoxMask
from test.core.known_people import STAMP_NS


def header() -> Header:
    message = Header(frame_id='camera')
    message.stamp.sec, message.stamp.nanosec = divmod(STAMP_NS, 10**9)
    return message


def over_the_wire(message: Any) -> Any:
    return deserialize_message(serialize_message(message), type(message))


def assert_same(got: Any, want: Any) -> None:
    """Compare dataclasses of arrays: equal values, shapes and types, NaN equal to NaN."""
    assert type(got) is type(want)
    for field in fields(want):
        mine, other = getattr(got, field.name), getattr(want, field.name)
        if isinstance(other, np.ndarray):
            assert mine.dtype == other.dtype, field.name
            np.testing.assert_array_equal(mine, other, err_msg=field.name)
        elif (
            isinstance(other, tuple)
            and other
            and isinstance(other[0], BoxMask | HumanState | PredictedPath)
        ):
            assert len(mine) == len(other), field.name
            for pair in zip(mine, other, strict=True):
                assert_same(*pair)
        elif isinstance(other, Joints):
            assert_same(mine, other)
        elif isinstance(other, float):
            assert mine == pytest.approx(other, abs=1e-9, nan_ok=True), field.name
        else:
            assert mine == other, field.name
