"""Engines in use: built for what runs, found again, replaced, given as files."""

from collections.abc import Iterator
import json
from pathlib import Path
import threading
from typing import Any

from fake_cuda import FakeDriver
from gpu_networks import write_operator
from networks_in_tests import NO_GPU, Install, X, networks, run
import numpy as np
import pytest

from ros_vision_perception.core.errors import ConfigurationError, ModelError


def test_an_engine_is_built_once_and_said(install: Install, file: Path) -> None:
    trt = install()
    lines: list[str] = []
    for _ in range(2):
        run(networks(lines), file)
    assert trt.builds == 1
    assert lines[0].endswith('-net: building an engine, once; it may take minutes')
    assert lines[-1] == 'net.onnx: Building Engine: 100 %'


@pytest.mark.parametrize(
    ('config', 'told'),
    [
        ({'version': '10.16.1'}, 'TensorRT 10.3.0, now 10.16.1'),
        ({'driver': FakeDriver('Thor', (11, 0))}, 'GPU Orin, now Thor'),
        ({}, 'precision fp16, now fp32'),
    ],
)
def test_an_engine_for_something_else_is_not_taken(
    install: Install, file: Path, config: dict[str, Any], told: str
) -> None:
    install()
    run(networks(), file)
    trt, lines = install(**config), list[str]()
    run(networks(lines, precision='auto' if config else 'fp32'), file)
    assert trt.builds == 1 and told in lines[0]


def test_another_network_of_the_same_name_is_not_mistaken(install: Install, file: Path) -> None:
    trt = install()
    run(networks(), file)
    write_operator(file, 'Neg', ['N', 3])
    np.testing.assert_array_equal(networks()(file, 1).run({'x': X})['y'], -X)
    assert trt.builds == 2


def test_a_cached_engine_that_does_not_load_is_built_again(install: Install, file: Path) -> None:
    trt = install()
    run(networks(), file)
    lines: list[str] = []
    trt.release = 'another'
    run(networks(lines), file)
    assert trt.builds == 2
    assert 'is no engine for TensorRT 10.3.0 on Orin' in lines[0]
    assert lines[0].endswith('; building it again')


def test_a_larger_batch_widens_the_engine(install: Install, file: Path) -> None:
    trt, loaded = install(), networks()
    backend = loaded(file, 1)
    for batch in (4, 2, 6, 5):
        x = np.repeat(X, batch, axis=0)
        np.testing.assert_array_equal(backend.run({'x': x})['y'], np.abs(x))
    assert trt.builds == 2


@pytest.fixture
def gate(install: Install, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Return what engines wait for before they are done."""
    install()
    from ros_vision_perception.backends import tensorrt_build

    build, gate = tensorrt_build.build, threading.Event()

    def slow(file: Path, ranges: Any, precision: str, report: Any, is_wanted: Any) -> bytes:
        while is_wanted() and not gate.wait(0.01):
            pass
        return build(file, ranges, precision, report, is_wanted)

    monkeypatch.setattr(tensorrt_build, 'build', slow)
    yield gate
    gate.set()


def test_meanwhile_the_cpu_runs_it_until_the_engine_is_there(
    gate: threading.Event, file: Path
) -> None:
    lines: list[str] = []
    loaded = networks(lines, run_meanwhile=True)
    backend = loaded(file, 1)
    for _ in range(3):
        np.testing.assert_array_equal(backend.run({'x': X})['y'], np.abs(X))
        assert next(iter(loaded.where.values())).endswith(
            'on the CPU, 1 threads, for the time being'
        )
    gate.set()
    backend._thread.join(10)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(backend.run({'x': X})['y'], np.abs(X))
    assert backend.where.startswith('TensorRT 10.3.0')
    assert lines[-1].startswith('changed over to TensorRT 10.3.0')


def test_what_nobody_waits_for_is_given_up_when_the_process_ends(
    gate: threading.Event, file: Path
) -> None:
    backend: Any = networks(run_meanwhile=True, backend='tensorrt')(file, 1)
    backend.run({'x': X})
    backend.close()
    with pytest.raises(ModelError, match='given up'):
        backend.run({'x': X})


def test_engines_given_as_files_run_and_keep_what_their_exporter_said(
    install: Install, file: Path, cache: Path, tmp_path: Path
) -> None:
    install()
    run(networks(), file)
    (plan,) = cache.rglob('*.plan')
    text = json.dumps({'task': 'pose', 'names': {'0': 'person'}, 'kpt_shape': [17, 3]}).encode()
    exported = tmp_path / 'yolo.engine'
    exported.write_bytes(len(text).to_bytes(4, 'little') + text + plan.read_bytes())
    for engine, metadata in (
        (plan, {}),
        (exported, {'task': 'pose', 'names': "{0: 'person'}", 'kpt_shape': '[17, 3]'}),
    ):
        backend = networks()(engine, 1)
        assert backend.metadata == metadata
        np.testing.assert_array_equal(backend.run({'x': X})['y'], np.abs(X))


def test_an_engine_is_not_for_onnx_runtime(install: Install, tmp_path: Path) -> None:
    install()
    with pytest.raises(ConfigurationError, match=r'is an engine; got backend onnxruntime-cpu'):
        networks(backend='onnxruntime-cpu')(tmp_path / 'a.engine', 1)


@NO_GPU
def test_an_engine_without_tensorrt_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'a\.plan is an engine, and TensorRT is missing'):
        networks()(tmp_path / 'a.plan', 1)


def test_a_missing_engine_is_one_clear_line(install: Install, tmp_path: Path) -> None:
    install()
    with pytest.raises(ModelError, match=r'cannot read .*a\.engine: No such file'):
        networks()(tmp_path / 'a.engine', 1)
