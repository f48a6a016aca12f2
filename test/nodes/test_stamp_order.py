"""A bag played again is told from an image that comes late."""

import pytest

from ros_vision_perception.core.errors import FrameError
from ros_vision_perception.nodes.stamp_order import StampOrder


def judge(*stamps: int) -> list[str]:
    order, verdicts = StampOrder(), []
    for stamp in stamps:
        try:
            verdicts.append('restart' if order.is_restart(stamp) else 'next')
        except FrameError as error:
            verdicts.append(error.cause)
    return verdicts


@pytest.mark.parametrize(
    ('stamps', 'verdicts'),
    [
        ((5, 6, 9), ['next'] * 3),
        ((5, 5, 6), ['next', 'repeated_stamp', 'next']),
        ((5, 4, 6), ['next', 'out_of_order', 'next']),
        ((5, 4, 6, 5, 7), ['next', 'out_of_order', 'next', 'out_of_order', 'next']),
        ((5, 6, 1, 2, 3), ['next', 'next', 'out_of_order', 'restart', 'next']),
        ((5, 3, 2, 1), ['next'] + ['out_of_order'] * 3),
        ((5, 1, 2, 1, 2), ['next', 'out_of_order', 'restart', 'out_of_order', 'repeated_stamp']),
    ],
    ids=['forwards', 'twice', 'late', 'two cameras', 'bag again', 'backwards', 'short bag'],
)
def test_order(stamps: tuple[int, ...], verdicts: list[str]) -> None:
    assert judge(*stamps) == verdicts
