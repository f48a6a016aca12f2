"""Messages of a bag at their time, on a wall clock that the test turns itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from ros_vision_perception.tools.replay.ahead import ahead
from ros_vision_perception.tools.replay.outgoing import Offer, Outgoing
from ros_vision_perception.tools.replay.pacing import Pace, play

S = 10**9
BEGIN_NS = 1_700_000_000 * S


class Wall:
    """A clock that goes on where somebody sleeps or works."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@dataclass
class Listener:
    """Notes what it hears: the time of the wall, and either a time or a message."""

    wall: Wall
    times: list[tuple[float, int]] = field(default_factory=list)
    messages: list[tuple[float, str]] = field(default_factory=list)
    enough: int = 10**9

    @property
    def is_over(self) -> bool:
        return len(self.messages) >= self.enough

    def tick(self, time_ns: int) -> None:
        self.times.append((self.wall.now_s - 50.0, time_ns - BEGIN_NS))

    def publish(self, topic: str, data: bytes) -> None:
        self.messages.append((self.wall.now_s - 50.0, topic))


def message(topic: str, at_s: float) -> Outgoing:
    time_ns = BEGIN_NS + round(at_s * S)
    return Outgoing(Offer(topic, 'std_msgs/msg/Empty'), time_ns, b'', is_result=False)


def images(wall: Wall, work_s: float, count: int) -> Iterator[Outgoing]:
    """Give an image each 0.1 s of the bag, and its result when that is worked out meanwhile."""
    ready_s = wall.now_s
    for step in range(count):
        yield message('image', step * 0.1)
        ready_s += work_s
        wall.now_s = max(wall.now_s, ready_s)
        yield message('humans', step * 0.1)


def run(rate: float, work_s: float, count: int = 5) -> tuple[Listener, Pace, list[str]]:
    wall = Wall()
    listener, pace, said = Listener(wall), Pace(rate, wall.now, wall.sleep), list[str]()
    play(images(wall, work_s, count), listener, pace, said.append)
    return listener, pace, said


@pytest.mark.parametrize('rate', [0.5, 1.0, 4.0])
def test_messages_come_at_their_time_and_the_rate_asked_for(rate: float) -> None:
    listener, pace, said = run(rate, 0.0)
    for at_s, wanted_s in zip(
        [at_s for at_s, topic in listener.messages if topic == 'image'],
        [step * 0.1 / rate for step in range(5)],
        strict=True,
    ):
        assert at_s == pytest.approx(wanted_s, abs=1e-6)
    assert (pace.behind_s, said) == (0.0, [])


def test_the_time_goes_on_between_messages_by_small_steps() -> None:
    listener, _, _ = run(1.0, 0.0)
    times = [time_ns for _, time_ns in listener.times]
    assert times == sorted(set(times))
    assert max(b - a for a, b in pairwise(times)) <= 0.0101 * S
    assert (times[0], times[-1]) == (0, round(0.4 * S))


def test_the_time_waits_for_the_result_of_an_image() -> None:
    wall, heard = Wall(), list[tuple[str, int]]()

    class Order(Listener):
        def tick(self, time_ns: int) -> None:
            heard.append(('time', time_ns))

        def publish(self, topic: str, data: bytes) -> None:
            heard.append((topic, 0))

    play(images(wall, 0.35, 4), Order(wall), Pace(1.0, wall.now, wall.sleep), print)
    results, time_ns = 0, 0
    for name, value in heard:
        results += name == 'humans'
        if name == 'time':
            assert value > time_ns, 'it goes on'
            time_ns = value
            assert time_ns - BEGIN_NS <= round(results * 0.1 * S), 'not past the next image'


def test_slow_models_are_waited_for_and_the_lag_is_said_with_the_cure() -> None:
    listener, pace, said = run(1.0, 0.3, 20)
    # The results of 20 images take 6 s; the last one is due after 1.9 s.
    assert listener.messages[-1][0] == pytest.approx(6.0, abs=0.25)
    assert pace.behind_s == pytest.approx(4.1, abs=0.25)
    assert 2 <= len(said) <= 3, 'now and then'
    assert 's behind' in said[0] and 'cure: --rate 0.3' in said[-1]


def test_what_is_a_little_late_now_and_then_is_caught_up_with() -> None:
    wall = Wall()
    listener, pace = Listener(wall), Pace(1.0, wall.now, wall.sleep)

    def messages() -> Iterator[Outgoing]:
        for step in range(6):
            if step == 2:
                wall.now_s += 0.15
            yield message('image', step * 0.1)

    play(messages(), listener, pace, print)
    assert listener.messages[2][0] == pytest.approx(0.25, abs=1e-6)
    assert listener.messages[-1][0] == pytest.approx(0.5, abs=1e-6)
    assert pace.behind_s == 0.0


def test_it_stops_when_told_to() -> None:
    wall = Wall()
    listener = Listener(wall, enough=3)
    play(images(wall, 0.0, 10**9), listener, Pace(1.0, wall.now, wall.sleep), print)
    assert len(listener.messages) == 3


def test_work_ahead_ends_with_whoever_asks_and_hands_on_its_error() -> None:
    done: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(10**9):
            done.append(number)
            yield number

    made = ahead(numbers, 2)
    assert [next(made), next(made)] == [0, 1]
    made.close()
    assert len(done) <= 6

    def broken() -> Iterator[int]:
        yield 1
        raise ValueError('broken')

    with pytest.raises(ValueError, match='broken'):
        list(ahead(broken, 2))
