"""Engines in the cache: built once, for all processes, under all that they depend on."""

from pathlib import Path
import subprocess
import sys
import threading

import pytest

from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.zoo import cache
from ros_vision_perception.zoo.engines import EngineCache

FACTS = {'model': 'abc', 'TensorRT': '10.3.0', 'GPU': 'Orin', 'shapes': 'x 1x3'}


class Builder:
    """Counts its calls; each gives another engine."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return b'engine %d' % self.calls


def test_an_engine_is_built_once(tmp_path: Path) -> None:
    lines: list[str] = []
    builder = Builder()
    for _ in range(2):
        engines = EngineCache(tmp_path, lines.append)
        assert engines.ensure('net', FACTS, builder) == b'engine 1'
    assert builder.calls == 1
    assert lines == ['net: building an engine, once; it may take minutes']


@pytest.mark.parametrize(
    ('changed', 'told'),
    [
        ({'TensorRT': '10.16.1'}, 'TensorRT 10.3.0, now 10.16.1'),
        ({'model': 'def'}, 'model abc, now def'),
        ({'shapes': 'x 2x3', 'GPU': 'Thor'}, 'GPU Orin, now Thor; shapes x 1x3, now x 2x3'),
    ],
)
def test_what_was_built_for_something_else_is_built_anew_and_said(
    tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    lines: list[str] = []
    builder = Builder()
    engines = EngineCache(tmp_path, lines.append)
    engines.ensure('net', FACTS, builder)
    assert engines.ensure('net', FACTS | changed, builder) == b'engine 2'
    assert lines[1:] == [f'net: the engine in the cache is for {told}; building another']
    # Both are kept: containers of several versions may share a cache.
    assert engines.find('net', FACTS) == b'engine 1'


@pytest.mark.parametrize('content', [b'', b'engine', b'engine 1 and more'])
def test_a_damaged_engine_is_built_again_and_said(tmp_path: Path, content: bytes) -> None:
    lines: list[str] = []
    builder = Builder()
    engines = EngineCache(tmp_path, lines.append)
    engines.ensure('net', FACTS, builder)
    (engines.folder('net', FACTS) / 'engine.plan').write_bytes(content)
    assert engines.ensure('net', FACTS, builder) == b'engine 2'
    assert lines[1:] == ['net: the engine in the cache is damaged; building it again']


def test_a_discarded_engine_is_gone(tmp_path: Path) -> None:
    engines = EngineCache(tmp_path, lambda line: None)
    builder = Builder()
    engines.ensure('net', FACTS, builder)
    engines.discard('net', FACTS)
    assert engines.find('net', FACTS) is None
    assert engines.ensure('net', FACTS, builder) == b'engine 2'


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise ModelError('no such operator')

    engines = EngineCache(tmp_path, lambda line: None)
    with pytest.raises(ModelError, match='no such operator'):
        engines.ensure('net', FACTS, fail)
    assert engines.find('net', FACTS) is None
    assert not [path for path in tmp_path.rglob('*') if path.is_file() and path.name != '.lock']


def test_a_cache_that_cannot_be_written_is_refused_before_the_build(tmp_path: Path) -> None:
    (tmp_path / 'engines').write_text('no folder')
    builder = Builder()
    with pytest.raises(ConfigurationError, match='cannot write the model cache'):
        EngineCache(tmp_path, lambda line: None).ensure('net', FACTS, builder)
    assert builder.calls == 0


def test_an_engine_is_not_written_while_another_process_tidies_the_cache_up(
    tmp_path: Path,
) -> None:
    engines, begun = EngineCache(tmp_path, lambda line: None), threading.Event()

    def build() -> bytes:
        begun.set()
        return b'engine'

    thread = threading.Thread(target=engines.ensure, args=('net', FACTS, build))
    with cache.exclusive(tmp_path, print):
        thread.start()
        assert begun.wait(10)
        thread.join(0.2)
        assert engines.find('net', FACTS) is None
    thread.join(10)
    assert engines.find('net', FACTS) == b'engine'


def test_two_processes_build_one_engine(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from ros_vision_perception.zoo import cache
from ros_vision_perception.zoo.engines import EngineCache
root = Path({str(tmp_path)!r})
def build():
    with open(root / 'builds', 'a') as file:
        file.write('one ')
    time.sleep(0.5)
    return b'engine'
print(EngineCache(root, print).ensure('net', {FACTS!r}, build))
"""
    processes = [
        subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60)[0] for process in processes]
    assert all("b'engine'" in text for text in told)
    assert (tmp_path / 'builds').read_text() == 'one '
