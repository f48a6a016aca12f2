"""Replays on a Ray cluster: a stand-in, and a real one of this machine where Ray is installed."""

from collections.abc import Callable
import os
from pathlib import Path
import socket
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')

from ros_vision_perception.core.errors import ConfigurationError, PerceptionError
from ros_vision_perception.pipeline.load import DEFAULT_POSE
from ros_vision_perception.tools.bag import BagRecorder
from ros_vision_perception.tools.replay import cluster, command
from ros_vision_perception.zoo.resolve import resolve


class RayError(Exception):
    """Of the library."""


class Ray:
    """Does jobs in this process, the last one first."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.address = ''
        self.is_over = False

    def init(self, address: str, **_options: Any) -> None:
        self.address = address

    def nodes(self) -> list[dict[str, Any]]:
        gone = {'Alive': False, 'Resources': {'CPU': 64.0}}
        return [{'Alive': True, 'Resources': {'CPU': 1.0}}, {'Alive': True, 'Resources': {}}, gone]

    def remote(self, **options: Any) -> Callable[..., Any]:
        self.options = options
        return lambda function: SimpleNamespace(
            remote=lambda *arguments: lambda: function(*arguments)
        )

    def wait(self, references: list[Any], num_returns: int) -> tuple[list[Any], list[Any]]:
        return references[-num_returns:], references[:-num_returns]

    def get(self, reference: Callable[[], Any]) -> Any:
        return reference()

    def shutdown(self) -> None:
        self.is_over = True


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Ray:
    """Put a stand-in in the place of `ray`."""
    ray = Ray()
    monkeypatch.setitem(sys.modules, 'ray', ray)
    return ray


@pytest.fixture
def bags(tmp_path: Path) -> Path:
    """Return a folder with two bags of a grey wall."""
    for name in ('one', 'two'):
        recorder = BagRecorder(tmp_path / 'bags' / name)
        for stamp_ns in (1_000_000_000, 1_100_000_000):
            picture = np.full((48, 64, 3), 128, np.uint8)
            recorder.write_jpeg('/image/compressed', stamp_ns, (stamp_ns, 'camera'), picture)
        recorder.close()
    return tmp_path / 'bags'


def replay(bags: Path, output: Path, *options: str) -> int:
    try:
        resolve(DEFAULT_POSE, print)
    except PerceptionError as error:
        pytest.skip(f'the default model cannot be had: {error}')
    arguments = ['--bag', str(bags), '--output', str(output), '--segmentation', '', *options]
    return command.main(arguments)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(folder.glob('*/*.mcap'))}


def test_a_cluster_gives_the_same_bytes_and_goes_on_where_it_was(
    bags: Path, tmp_path: Path, ray: Ray, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(bags / 'one', tmp_path / 'there')
    assert ray.address == ''
    replay(bags, tmp_path / 'there', '--ray', 'auto')
    said = capsys.readouterr().err
    assert 'one: done before' in said and 'two: done before' not in said
    assert (ray.address, ray.is_over) == ('auto', True)
    assert ray.options == {'num_cpus': 1}, 'no machine has more'
    replay(bags, tmp_path / 'here')
    assert list(contents(tmp_path / 'here')) == ['one', 'two']
    assert contents(tmp_path / 'there') == contents(tmp_path / 'here')


def test_relative_paths_are_those_of_who_asks(
    bags: Path, tmp_path: Path, ray: Ray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bags)
    get = ray.get

    def from_elsewhere(reference: Callable[[], Any]) -> Any:
        os.chdir('/')
        return get(reference)

    monkeypatch.setattr(ray, 'get', from_elsewhere)
    replay(Path('one'), Path('../results'), '--ray', 'auto')
    assert list(contents(tmp_path / 'results')) == ['one']


def test_what_a_machine_says_is_said_in_one_line(
    bags: Path, tmp_path: Path, ray: Ray, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dressed(ConfigurationError, RayError):
        """As Ray raises what a job raised."""

        cause = ConfigurationError('no model')

    def fail(error: Exception) -> None:
        def get(_reference: Any) -> None:
            raise error

        monkeypatch.setattr(ray, 'get', get)

    fail(Dressed('Traceback of another machine'))
    with pytest.raises(ConfigurationError, match=r'^no model$'):
        replay(bags, tmp_path / 'out', '--ray', 'auto')
    fail(RayError('the worker\ndied'))
    with pytest.raises(PerceptionError, match=r'^Ray: the worker died$'):
        replay(bags, tmp_path / 'out', '--ray', 'auto')
    assert ray.is_over
    assert not contents(tmp_path / 'out')


def test_no_cluster_and_no_library_are_said_at_once(
    ray: Ray, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
        for address in (f'127.0.0.1:{port}', f'ray://127.0.0.1:{port}'):
            with pytest.raises(ConfigurationError, match=f'{address} cannot be reached'):
                next(cluster.completed([], address))
    with pytest.raises(ConfigurationError, match="got 'head', expected HOST:PORT"):
        next(cluster.completed([], 'head'))
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(ConfigurationError, match=r"no module ray; cure: pip install 'ray\[client"):
        next(cluster.completed([], 'auto'))


def test_a_real_cluster_gives_the_same_bytes(bags: Path, tmp_path: Path) -> None:
    pytest.importorskip('ray', reason='needs ray')
    replay(bags, tmp_path / 'there', '--ray', 'local')
    replay(bags, tmp_path / 'here')
    assert list(contents(tmp_path / 'there')) == ['one', 'two']
    assert contents(tmp_path / 'there') == contents(tmp_path / 'here')
