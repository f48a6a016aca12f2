"""On what a network runs: what was asked for, or the best there is, and it is said."""

from collections.abc import Callable
from pathlib import Path
import subprocess
import sys
from typing import Any

import cv2
from fake_cuda import FakeDriver
from gpu_networks import write_operator
from networks_in_tests import NO_GPU, Install, networks, run
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
from ros_vision_perception.pipeline.sharing import NetworkPool
from ros_vision_perception.pipeline.stages import no_stages


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
def test_networks_of_one_pool_are_loaded_once_for_the_same_use(file: Path) -> None:
    pool, config = NetworkPool(2), BackendConfig()
    left, right = (Networks(config, print, pool) for _ in range(2))
    assert left(file, 1) is right(file, 1)
    assert left.where == right.where != {}
    assert left(file, 1) is not right(file, 2)
    assert Networks(config, print)(file, 1) is not left(file, 1)


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
from ros_vision_perception.pipeline.sharing import NetworkPool
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
