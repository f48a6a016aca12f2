"""Joining inputs by stamp: complete when possible, in order, never later than the deadline."""

from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from ros_vision_perception.pipeline.join import Joined, Joiner

DEADLINE = 100
MAIN_DEADLINE = 10 * DEADLINE


def joiner() -> Joiner:
    return Joiner(('pose', 'masks'), DEADLINE)


def stamps(joined: list[Joined]) -> list[int]:
    return [item.stamp_ns for item in joined]


def test_both_inputs_of_a_stamp_are_given_out_at_once() -> None:
    join = joiner()
    assert join.add('pose', 10, 'P', now_ns=0) == []
    (joined,) = join.add('masks', 10, 'M', now_ns=7)
    assert joined.parts == {'pose': 'P', 'masks': 'M'}
    assert (joined.stamp_ns, joined.first_ns, joined.is_restart) == (10, 0, False)
    assert not join.is_waiting


def test_inputs_of_different_stamps_never_meet() -> None:
    join = joiner()
    join.add('pose', 10, 'P', now_ns=0)
    (joined,) = join.add('masks', 11, 'M', now_ns=1)
    assert joined.parts == {'pose': 'P'}


def test_a_missing_input_delays_by_no_more_than_the_deadline() -> None:
    join = joiner()
    join.add('pose', 10, 'P', now_ns=0)
    assert join.is_waiting
    assert join.expire(DEADLINE - 1) == []
    (joined,) = join.expire(DEADLINE)
    assert joined.parts == {'pose': 'P'}


def test_the_main_input_may_be_slow_and_the_others_wait_for_it() -> None:
    join = joiner()
    for frame in range(1, 20):
        now = 1000 * frame
        assert join.add('masks', frame, 'M', now) == []
        (joined,) = join.add('pose', frame, 'P', now + MAIN_DEADLINE - 1)
        assert joined.parts == {'pose': 'P', 'masks': 'M'}


def test_without_the_main_input_a_stamp_goes_on_in_the_end_and_later_ones_at_once() -> None:
    join = joiner()
    join.add('masks', 1, 'M', now_ns=0)
    assert join.expire(MAIN_DEADLINE - 1) == []
    assert stamps(join.expire(MAIN_DEADLINE)) == [1]
    for frame in range(2, 6):
        join.add('masks', frame, 'M', MAIN_DEADLINE * frame)
        join.expire(MAIN_DEADLINE * (frame + 1))
    assert stamps(join.add('masks', 6, 'M', MAIN_DEADLINE * 7)) == [6]


def test_of_two_inputs_with_the_same_stamp_the_first_counts() -> None:
    join = joiner()
    join.add('pose', 10, 'P', now_ns=0)
    assert join.add('pose', 10, 'again', now_ns=1) == []
    (joined,) = join.add('masks', 10, 'M', now_ns=2)
    assert joined.parts['pose'] == 'P'
    assert join.dropped == {'pose': 1}


def test_an_input_that_has_moved_on_is_not_waited_for() -> None:
    join = joiner()
    join.add('pose', 10, 'P10', now_ns=0)
    join.add('pose', 20, 'P20', now_ns=1)
    joined = join.add('masks', 20, 'M20', now_ns=2)
    assert stamps(joined) == [10, 20]
    assert joined[0].parts == {'pose': 'P10'}
    assert joined[1].parts == {'pose': 'P20', 'masks': 'M20'}


def test_an_input_that_never_comes_is_soon_not_waited_for() -> None:
    join = joiner()
    now, delays = 0, []
    for stamp in range(10, 110, 10):
        now += 1000
        joined = join.add('pose', stamp, 'P', now)
        delays.append(0 if joined else DEADLINE)
        join.expire(now + DEADLINE)
    assert delays == [DEADLINE] * 5 + [0] * 5


def test_an_input_that_begins_to_come_is_waited_for_again() -> None:
    join = joiner()
    for stamp in range(10, 110, 10):
        join.add('pose', stamp, 'P', stamp * 1000)
        join.expire(stamp * 1000 + DEADLINE)
    join.add('pose', 200, 'P', 200_000)
    assert join.add('masks', 200, 'M', 200_000 + DEADLINE // 2) == []
    assert (join.late, join.dropped, +join.missed) == (1, {'masks': 1}, {'masks': 11})
    assert join.add('pose', 210, 'P', 210_000) == []
    assert stamps(join.add('masks', 210, 'M', 210_001)) == [210]


def test_an_input_later_than_the_deadline_is_not_waited_for_again() -> None:
    join = joiner()
    for stamp in range(10, 110, 10):
        join.add('pose', stamp, 'P', stamp * 1000)
        join.expire(stamp * 1000 + DEADLINE)
        join.add('masks', stamp, 'M', stamp * 1000 + 2 * DEADLINE)
    assert stamps(join.add('pose', 200, 'P', 200_000)) == [200]


def test_a_bag_played_again_is_one_restart_and_loses_nothing_of_the_new_round() -> None:
    join = joiner()
    joined = []
    for now, (name, stamp) in enumerate(
        [
            *[('pose', 10), ('masks', 10), ('pose', 20), ('masks', 20), ('pose', 30)],
            # The masks of 30 come when the poses have begun anew.
            *[('pose', 10), ('masks', 30 + DEADLINE + 10), ('pose', 20), ('masks', 10)],
            *[('masks', 20), ('pose', 30), ('masks', 30)],
        ]
    ):
        joined += join.add(name, stamp, name, now)
    assert stamps(joined) == [10, 20, 10, 20, 30]
    assert [item.is_restart for item in joined] == [False, False, True, False, False]
    assert all(len(item.parts) == 2 for item in joined)


@dataclass(frozen=True)
class Arrival:
    name: str
    stamp: int
    time: int


@st.composite
def streams(draw: st.DrawFn) -> list[Arrival]:
    """Frames each 30 ns, either input late by what it likes or lost; each input in order."""
    arrivals: list[Arrival] = []
    for name in ('pose', 'masks'):
        last = 0
        for frame in range(1, 12):
            delay = draw(st.integers(0, 2 * DEADLINE) | st.none(), label=f'{name} {frame}')
            if delay is not None:
                last = max(last, 30 * frame + delay)
                arrivals.append(Arrival(name, 30 * frame, last))
    return sorted(arrivals, key=lambda arrival: arrival.time)


def play(arrivals: list[Arrival]) -> dict[int, tuple[int, Joined]]:
    """Let the inputs come at their times, and time pass; return when each stamp came out."""
    join = joiner()
    given: dict[int, tuple[int, Joined]] = {}
    times = range(30 * 12 + 2 * DEADLINE + MAIN_DEADLINE)
    pending = list(arrivals)
    for now in times:
        joined = join.expire(now)
        while pending and pending[0].time == now:
            arrival = pending.pop(0)
            joined += join.add(arrival.name, arrival.stamp, arrival, now)
        for item in joined:
            assert item.stamp_ns not in given
            assert not given or item.stamp_ns > max(given)
            given[item.stamp_ns] = (now, item)
    assert not join.is_waiting
    return given


@given(streams())
def test_stamps_come_out_once_in_order_and_before_the_deadline(arrivals: list[Arrival]) -> None:
    for now, joined in play(arrivals).values():
        assert joined.parts
        assert all(arrival.stamp == joined.stamp_ns for arrival in joined.parts.values())
        assert now - joined.first_ns <= MAIN_DEADLINE
        if 'pose' in joined.parts:
            assert now - joined.parts['pose'].time <= DEADLINE


@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), min_size=1, max_size=12))
def test_inputs_that_are_all_in_time_are_all_joined(delays: list[tuple[int, int]]) -> None:
    arrivals = [
        Arrival(name, 30 * frame, 30 * frame + delay)
        for frame, pair in enumerate(delays, start=1)
        for name, delay in zip(('pose', 'masks'), pair, strict=True)
    ]
    given = play(sorted(arrivals, key=lambda arrival: arrival.time))
    assert [len(joined.parts) for _, joined in given.values()] == [2] * len(delays)


@example([*[('pose', stamp) for stamp in range(1, 5)], ('masks', 5), ('pose', 1)])
@given(st.lists(st.tuples(st.sampled_from(['pose', 'masks']), st.integers(1, 20)), max_size=60))
def test_stamps_in_any_order_never_stop_it(arrivals: list[tuple[str, int]]) -> None:
    join = joiner()
    for now, (name, stamp) in enumerate(arrivals):
        join.add(name, stamp * 1000, None, now)
    join.expire(100_000)
    assert not join.is_waiting
    joined = [
        *join.add('pose', 10**6, 'P', 200_000),  # at once, where masks were missing all the time
        *join.add('masks', 10**6, 'M', 200_001),
        *join.expire(200_000 + DEADLINE),
    ]
    assert [item.parts for item in joined] in ([{'pose': 'P', 'masks': 'M'}], [{'pose': 'P'}])
