"""On what a network runs: what was asked for, or the best there is, and it is said."""

from collections.abc import Callable, Iterator
import json
from pathlib import Path
import subprocess
import sys
import threading
from typing import Any

import cv2
from fake_cuda import FakeDriver
from fake_tensorrt import FakeTensorRt
from gpu_networks import write_operator
import numpy as np
import pytest

from ros_vision_perception.backends import machine
from ros_vision_perception.backends.base import Runtime
from ros_vision_perception.backends.onnx import OnnxBackend
from ros_vision_perception.core.errors import ConfigurationError, ModelError, PerceptionError
from ros_vision_perception.core.types import Frame
from ros_vision_perception.pipeline.load import load_pose
from ros_vision_perception.pipeline.networks import BackendConfig, Networks
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages

Install = Callable[..., FakeTensorRt]
X = np.array([[-1.0, 2.0, -3.0]], np.float32)
NO_GPU = pytest.mark.usefixtures('no_gpu')


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def refuse() -> Any:
        raise ModelError('no NVIDIA driver on this machine: cannot open libcuda.so.1')

    monkeypatch.setattr(machine, 'the_gpu', refuse)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_operator(tmp_path / 'net.onnx', 'Abs', ['N', 3])


def run(networks: Networks, file: Path, x: np.ndarray = X) -> str:
    """Run the network and return where it ran."""
    np.testing.assert_array_equal(networks(file, 1).run({'x': x})['y'], np.abs(x))
    return networks.where[f'{file.parent.name}/{file.name}']


def networks(lines: list[str] | None = None, **config: Any) -> Networks:
    return Networks(BackendConfig(**config), (lines if lines is not None else []).append)


@NO_GPU
@pytest.mark.parametrize('backend', ['auto', 'onnxruntime-cpu'])
def test_without_a_gpu_the_best_is_the_cpu(file: Path, backend: str) -> None:
    assert 'on the CPU, 1 threads' in run(networks(backend=backend), file)


@NO_GPU
@pytest.mark.parametrize(
    'backend', ['gpu', 'tensorrt', 'onnxruntime-cuda', 'onnxruntime-tensorrt']
)
def test_who_asks_for_a_gpu_where_there_is_none_hears_so_in_one_line(backend: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf'^backend {backend}, .*: available: onnxruntime-cpu; '
    ) as error:
        networks(backend=backend)
    assert '\n' not in str(error.value) and 'cure: ' in str(error.value)


@NO_GPU
def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, 'find_spec', lambda name: object())
    with pytest.raises(ConfigurationError, match=r'tensorrt: no NVIDIA driver .*libcuda\.so\.1$'):
        networks(backend='tensorrt')


def test_a_tensorrt_without_its_libraries_is_named(
    plug_in: Callable[[FakeDriver], FakeDriver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(FakeDriver())
    (tmp_path / 'tensorrt.py').write_text('raise ImportError("libnvinfer.so.10: not found")')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=r'tensorrt: libnvinfer\.so\.10: not found'):
        networks(backend='tensorrt')


@pytest.mark.parametrize('backend', ['auto', 'gpu', 'tensorrt'])
def test_with_tensorrt_the_best_is_tensorrt(install: Install, file: Path, backend: str) -> None:
    install()
    where = run(networks(backend=backend), file)
    assert where == 'TensorRT 10.3.0 on Orin (compute capability 8.7), fp16'


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


def test_what_tensorrt_cannot_take_runs_elsewhere_and_that_is_said(
    install: Install, tmp_path: Path
) -> None:
    install()
    file, lines = write_operator(tmp_path / 'net.onnx', 'Det', [2, 2], []), list[str]()
    loaded = networks(lines)
    assert loaded(file, 1).run({'x': np.eye(2, dtype=np.float32)})['y'] == 1.0
    assert 'on the CPU' in next(iter(loaded.where.values()))
    assert lines[-1].endswith('(first); taking onnxruntime-cpu instead of tensorrt')


@pytest.mark.parametrize('backend', ['gpu', 'tensorrt'])
def test_what_must_run_on_tensorrt_and_cannot_is_an_error(
    install: Install, tmp_path: Path, backend: str
) -> None:
    install()
    file = write_operator(tmp_path / 'net.onnx', 'Det', [2, 2], [])
    with pytest.raises(ModelError, match='cannot take it: No importer registered for op: Det'):
        networks(backend=backend)(file, 1).run({'x': np.eye(2, dtype=np.float32)})


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


def test_half_precision_is_not_for_what_cannot_choose_it(install: Install) -> None:
    install()
    for backend in ('onnxruntime-cpu', 'onnxruntime-cuda'):
        with pytest.raises(ConfigurationError, match=rf'precision fp16: got backend {backend}'):
            networks(backend=backend, precision='fp16')
    networks(precision='fp16')


@NO_GPU
def test_half_precision_that_nothing_here_can_choose_is_refused() -> None:
    with pytest.raises(PerceptionError, match='backend auto, precision fp16: available: onnx'):
        networks(precision='fp16')


@pytest.mark.parametrize(
    ('backend', 'where'),
    [
        ('gpu', 'on CUDA, in the precision of the file'),
        ('onnxruntime-tensorrt', 'on TensorRT, fp16'),
    ],
)
def test_onnx_runtime_with_a_gpu_runs_there(
    plug_in: Callable[[FakeDriver], FakeDriver],
    providers_asked: list[Any],
    file: Path,
    cache: Path,
    backend: str,
    where: str,
) -> None:
    plug_in(FakeDriver())
    assert run(networks(backend=backend), file).endswith(where)
    if backend == 'onnxruntime-tensorrt':
        (_, options), *_ = providers_asked[-1][0]
        assert Path(options['trt_engine_cache_path']).is_relative_to(cache / 'engines')
        assert 'trt_profile_max_shapes' not in options  # there is only one shape


def test_nothing_of_a_gpu_is_imported_where_none_is_used(file: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from ros_vision_perception.pipeline.networks import BackendConfig, Networks
from ros_vision_perception.pipeline.pose import PosePipeline
from ros_vision_perception.pipeline.stages import no_stages
Networks(BackendConfig('onnxruntime-cpu'), print)(Path({str(file)!r}), 1)
assert not [name for name in sys.modules if 'tensorrt' in name or 'gpu' in name.split('.')[-1]]
"""
    subprocess.run([sys.executable, '-c', code], check=True, timeout=60)


def test_real_networks_of_any_shape_find_the_same_on_the_stand_in(
    install: Install, assets: Path
) -> None:
    trt, folder = install(), assets / 'models'
    detector, crops = 'rtmdet_nano_person_end2end.onnx', 'movenet_singlepose_lightning.onnx'
    loaded = networks(backend='tensorrt')

    def load(runtime: Runtime) -> PosePipeline:
        return load_pose(
            f'{folder / detector}+{folder / crops}',
            threads=2,
            max_people=5,
            with_masks=False,
            skeleton='',
            report=print,
            runtime=runtime,
        )

    on_gpu, on_cpu = load(loaded), load(OnnxBackend)
    photo = cv2.imread(str(assets / 'images/mmpose/coco/000000000785.jpg'))
    assert photo is not None
    for cut in (photo, photo[:, 100:400], photo[:300]):
        frame = Frame(np.ascontiguousarray(cut), 'bgr8', 0)
        got, want = on_gpu.estimate(frame, no_stages), on_cpu.estimate(frame, no_stages)
        assert len(got) == len(want) > 0
        np.testing.assert_array_equal(got.keypoints_xy, want.keypoints_xy)
    assert trt.builds == 2  # whatever the proportions of the image
