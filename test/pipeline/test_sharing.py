"""Networks that several threads use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import gc
from threading import Barrier, Event, Lock
import weakref

import numpy as np
import pytest

from ros_vision_perception.pipeline.sharing import Arrays, NetworkPool, SharedNetwork

_PATIENCE_S = 30.0
Shapes = dict[str, tuple[int | None, ...]]


def doubled(inputs: Arrays) -> Arrays:
    return {'y': inputs['x'] * 2}


class Net:
    """A network that notes the sizes of its calls, and fails when two are made at once."""

    where = 'here'

    def __init__(self, work: Callable[[Arrays], Arrays] = doubled, rows: int | None = None):
        self.metadata = {'task': 'test'}
        self.input_shapes: Shapes = {'x': (rows, 2)}
        self.output_shapes: Shapes = {'y': (None, 2)}
        self.sizes: list[int] = []
        self._work, self._busy = work, Lock()

    def run(self, inputs: Arrays) -> Arrays:
        assert self._busy.acquire(blocking=False), 'two calls at once'
        try:
            self.sizes.append(len(inputs['x']))
            return self._work(inputs)
        finally:
            self._busy.release()


def rows(value: float, count: int = 1) -> Arrays:
    return {'x': np.full((count, 2), value, np.float32)}


def at_once(network: SharedNetwork, calls: list[Arrays]) -> list[Arrays]:
    barrier = Barrier(len(calls))

    def call(inputs: Arrays) -> Arrays:
        barrier.wait(_PATIENCE_S)
        return network.run(inputs)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def test_who_asks_for_the_same_network_gets_the_same() -> None:
    pool, loaded = NetworkPool(2), list[Net]()

    def load() -> Net:
        loaded.append(Net())
        return loaded[-1]

    first, again, other = pool.open('a', load), pool.open('a', load), pool.open('b', load)
    assert first is again
    assert first is not other
    assert len(loaded) == 2
    assert (first.metadata, first.where) == ({'task': 'test'}, 'here')
    assert first.input_shapes == loaded[0].input_shapes


def test_a_network_that_nobody_uses_is_gone() -> None:
    pool = NetworkPool(2)
    networks = [Net()]
    gone = weakref.ref(networks[0])
    users = [pool.open('a', networks.pop) for _ in range(2)]
    users.pop()
    gc.collect()
    assert gone() is not None
    users.pop()
    gc.collect()
    assert gone() is None
    assert pool.open('a', Net).run(rows(1.0))['y'][0, 0] == 2.0


def test_calls_that_come_at_once_are_run_one_by_one_and_each_gets_its_own_answer() -> None:
    net = Net()
    network = NetworkPool(8).open('a', lambda: net)
    for _ in range(20):
        answers = at_once(network, [rows(value) for value in range(8)])
        assert [answer['y'][0, 0] for answer in answers] == [2 * value for value in range(8)]
    assert set(net.sizes) == {1}


def test_who_asks_first_is_served_first() -> None:
    served, first_is_in, may_go = list[float](), Event(), Event()

    def work(inputs: Arrays) -> Arrays:
        served.append(float(inputs['x'][0, 0]))
        first_is_in.set()
        assert may_go.wait(_PATIENCE_S)
        return inputs

    network = SharedNetwork(Net(work), 4, 0.0)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(network.run, rows(0))]
        assert first_is_in.wait(_PATIENCE_S)
        for value in (1, 2, 3):
            calls.append(threads.submit(network.run, rows(value)))
            while len(network._waiting) < value:
                may_go.wait(0.001)
        may_go.set()
        for call in calls:
            call.result(_PATIENCE_S)
    assert served == [0, 1, 2, 3]


def test_images_that_come_at_once_are_one_batch() -> None:
    net = Net()
    network = NetworkPool(3, _PATIENCE_S).open('a', lambda: net)
    network.run(rows(1))
    assert net.sizes == [1, 3]  # alone; and whether a batch says the same
    answers = at_once(network, [rows(1), rows(2, count=2), rows(3)])
    assert net.sizes[2:] == [4]
    assert [answer['y'].tolist() for answer in answers] == [
        [[2, 2]],
        [[4, 4], [4, 4]],
        [[6, 6]],
    ]


def test_images_of_another_size_are_not_in_the_batch() -> None:
    net = Net()
    network = NetworkPool(2, _PATIENCE_S).open('a', lambda: net)
    network.run(rows(1))
    wide = {'x': np.ones((1, 3), np.float32)}
    assert [answer['y'].shape for answer in at_once(network, [rows(1), wide])] == [(1, 2), (1, 3)]
    assert net.sizes[2:] == [1, 1]


def test_who_comes_alone_waits_for_the_others_so_long_and_no_longer() -> None:
    net = Net()
    network = NetworkPool(2, 0.01).open('a', lambda: net)
    for _ in range(2):
        assert network.run(rows(3))['y'][0, 0] == 6.0
    assert net.sizes == [1, 2, 1]


@pytest.mark.parametrize(
    'work',
    [
        lambda inputs: {'y': inputs['x'] - inputs['x'].mean() + len(inputs['x'])},
        lambda inputs: {'y': inputs['x'][:1]},
    ],
    ids=['looks at the whole batch', 'one answer for all'],
)
def test_a_network_whose_batch_says_something_else_is_run_one_by_one(
    work: Callable[[Arrays], Arrays],
) -> None:
    net = Net(work)
    network = NetworkPool(2, _PATIENCE_S).open('a', lambda: net)
    network.run(rows(1))
    at_once(network, [rows(1), rows(2)])
    assert net.sizes == [1, 2, 1, 1]


def test_a_network_for_one_image_is_never_asked_for_more() -> None:
    net = Net(rows=1)
    network = NetworkPool(2, _PATIENCE_S).open('a', lambda: net)
    network.run(rows(1))
    at_once(network, [rows(1), rows(2)])
    assert net.sizes == [1, 1, 1]


def test_an_error_reaches_everyone_whose_call_it_spoiled_and_nobody_else() -> None:
    def work(inputs: Arrays) -> Arrays:
        if (inputs['x'] < 0).any():
            raise ValueError('negative')
        return inputs

    network = NetworkPool(2).open('a', lambda: Net(work))
    with ThreadPoolExecutor(2) as threads:
        bad, good = threads.submit(network.run, rows(-1)), threads.submit(network.run, rows(1))
        with pytest.raises(ValueError, match='negative'):
            bad.result(_PATIENCE_S)
        assert good.result(_PATIENCE_S)['x'].shape == (1, 2)
    assert network.run(rows(2))['x'][0, 0] == 2.0
