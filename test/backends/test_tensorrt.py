"""TensorRT as a backend, on a stand-in for it: engines are built and run, or it says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_cuda import FakeDriver
from fake_tensorrt import FakeTensorRt
from gpu_networks import write_operator
import numpy as np
from onnx import TensorProto
import pytest

from ros_vision_perception.backends.cuda import Cuda, Gpu
from ros_vision_perception.backends.shapes import Range
from ros_vision_perception.core.errors import ConfigurationError, ModelError

Install = Callable[..., FakeTensorRt]
ANY_BATCH = {'x': Range((1, 3), (4, 3), (4, 3))}
VERSIONS = pytest.mark.parametrize('version', ['8.6.1', '10.3.0', '11.4.0.106'])


def build(file: Path, ranges: dict[str, Range], precision: str = 'fp32', **more: Any) -> bytes:
    from ros_vision_perception.backends import tensorrt_build

    Cuda().enter()
    return tensorrt_build.build(file, ranges, precision, **{'report': lambda line: None, **more})


def load(plan: bytes) -> Any:
    from ros_vision_perception.backends.tensorrt_engine import TensorRtEngine

    return TensorRtEngine(plan, 'net.onnx', Cuda(), 'fp32', {})


def batch(size: int) -> np.ndarray:
    return np.arange(3.0 * size, dtype=np.float32).reshape(size, 3) - 4.0


@VERSIONS
def test_a_network_is_built_and_runs_on_all_batches(
    install: Install, tmp_path: Path, version: str
) -> None:
    install(version)
    engine = load(build(write_operator(tmp_path / 'a.onnx', 'Abs', ['N', 3]), ANY_BATCH))
    assert (engine.input_shapes, engine.output_shapes) == ({'x': (None, 3)}, {'y': (None, 3)})
    first = engine.run({'x': batch(4)})['y']
    for run, size in enumerate((1, 3, 4, 4)):
        x = batch(size) + 100.0 * run  # nothing of the run before will do
        np.testing.assert_array_equal(engine.run({'x': x})['y'], np.abs(x))
    np.testing.assert_array_equal(first, np.abs(batch(4)))  # nobody wrote into it later
    assert engine.where == f'TensorRT {version} on Orin (compute capability 8.7), fp32'


@pytest.mark.parametrize(
    ('kind', 'comes_out'), [(TensorProto.FLOAT16, np.float32), (TensorProto.INT32, np.int32)]
)
def test_a_network_of_another_type_is_fed_in_its_own(
    install: Install, tmp_path: Path, kind: int, comes_out: type
) -> None:
    install()
    file = write_operator(tmp_path / 'a.onnx', 'Abs', ['N', 3], kind=kind)
    y = load(build(file, ANY_BATCH)).run({'x': batch(2)})['y']
    assert y.dtype == comes_out
    np.testing.assert_array_equal(y, np.abs(batch(2)))


def test_images_that_are_no_contiguous_memory_are_read_right(
    install: Install, tmp_path: Path
) -> None:
    install()
    engine = load(build(write_operator(tmp_path / 'a.onnx', 'Abs', [3, 2]), {}))
    turned = batch(2).T
    np.testing.assert_array_equal(engine.run({'x': turned})['y'], np.abs(turned))


def test_an_output_whose_length_only_the_run_knows_is_whole(
    install: Install, tmp_path: Path
) -> None:
    install()
    file = write_operator(tmp_path / 'a.onnx', 'NonZero', [8], [1, 'N'])
    engine = load(build(file, {}))
    for ones in (2, 8, 0, 5):
        x = np.zeros(8, np.float32)
        x[:ones] = 1.0
        np.testing.assert_array_equal(engine.run({'x': x})['y'], [np.arange(ones)])


@pytest.mark.parametrize('can_record', [True, False])
def test_fixed_shapes_are_recorded_where_that_is_possible(
    install: Install, tmp_path: Path, can_record: bool
) -> None:
    driver = FakeDriver()
    install(driver=driver)
    driver.can_record = can_record
    engine = load(build(write_operator(tmp_path / 'a.onnx', 'Abs', [2, 3]), {}))
    for run in range(4):
        x = batch(2) + run
        np.testing.assert_array_equal(engine.run({'x': x})['y'], np.abs(x))
    assert driver.launches == (3 if can_record else 0)


def test_all_memory_is_given_back(install: Install, tmp_path: Path) -> None:
    driver = install().driver
    engine = load(build(write_operator(tmp_path / 'a.onnx', 'Abs', [2, 3]), {}))
    for _ in range(3):
        engine.run({'x': batch(2)})
    assert driver.memory and driver.pinned
    del engine
    assert not driver.memory and not driver.pinned


@pytest.mark.parametrize(
    ('inputs', 'got'),
    [({'x': (5, 3)}, 'x 5x3'), ({'x': (2, 2)}, 'x 2x2'), ({'z': (2, 3)}, 'z 2x3')],
)
def test_inputs_that_do_not_fit_are_one_clear_line(
    install: Install, tmp_path: Path, inputs: dict[str, tuple[int, ...]], got: str
) -> None:
    install()
    engine = load(build(write_operator(tmp_path / 'a.onnx', 'Abs', ['N', 3]), ANY_BATCH))
    with pytest.raises(
        ModelError, match=rf'net\.onnx does not take its inputs: got {got}; expected x 1x3\.\.4x3$'
    ):
        engine.run({name: np.zeros(shape, np.float32) for name, shape in inputs.items()})
    # And it still works.
    np.testing.assert_array_equal(engine.run({'x': batch(1)})['y'], np.abs(batch(1)))


@VERSIONS
def test_what_the_parser_does_not_know_is_one_clear_line(
    install: Install, tmp_path: Path, version: str
) -> None:
    install(version)
    file = write_operator(tmp_path / 'a.onnx', 'Det', [2, 2], [])
    with pytest.raises(
        ModelError,
        match=rf'a\.onnx: TensorRT {version} cannot take it: '
        r'No importer registered for op: Det\. Check the opset \((first|node 0)\)$',
    ):
        build(file, {})


def test_a_build_that_fails_says_why_in_one_line(install: Install, tmp_path: Path) -> None:
    install().fails = True
    with pytest.raises(
        ModelError, match='could not build an engine: Could not find any implementation for node'
    ) as error:
        build(write_operator(tmp_path / 'a.onnx', 'Abs', [2]), {})
    assert '\n' not in str(error.value) and 'no interest' not in str(error.value)


def test_shapes_that_cannot_be_are_refused(install: Install, tmp_path: Path) -> None:
    install()
    file = write_operator(tmp_path / 'a.onnx', 'Abs', ['N', 3])
    with pytest.raises(ModelError, match=r'does not take the shapes x 4x3\.\.2x3$'):
        build(file, {'x': Range((4, 3), (2, 3), (2, 3))})


@pytest.mark.parametrize('version', ['10.3.0', '11.4.0.106'])
def test_progress_is_told_by_tenths_of_the_outermost_phase(
    install: Install, tmp_path: Path, version: str
) -> None:
    install(version)
    lines: list[str] = []
    build(write_operator(tmp_path / 'a.onnx', 'Abs', [2]), {}, report=lines.append)
    assert lines == [f'a.onnx: Building Engine: {percent} %' for percent in (30, 60, 100)]


def test_where_no_progress_is_told_that_is_told(install: Install, tmp_path: Path) -> None:
    install('8.6.1')
    lines: list[str] = []
    build(write_operator(tmp_path / 'a.onnx', 'Abs', [2]), {}, report=lines.append)
    assert lines == ['a.onnx: TensorRT 8.6.1 does not tell how far it is']


def test_a_build_that_nobody_wants_any_more_ends(install: Install, tmp_path: Path) -> None:
    trt = install()
    with pytest.raises(ModelError, match='the build of its engine was given up'):
        build(write_operator(tmp_path / 'a.onnx', 'Abs', [2]), {}, is_wanted=lambda: False)
    assert trt.builds == 0


@pytest.mark.parametrize(('precision', 'flags'), [('fp16', ['FP16', 'TF32']), ('fp32', [])])
def test_the_precision_is_what_the_engine_is_built_in(
    install: Install, tmp_path: Path, precision: str, flags: list[str]
) -> None:
    install()
    plan = build(write_operator(tmp_path / 'a.onnx', 'Abs', [2]), {}, precision)
    assert load(plan)._engine.header['flags'] == flags


@pytest.mark.parametrize(
    ('version', 'capability', 'chosen'),
    [
        *(('10.3.0', '8.7', 'fp16'), ('8.6.1', '5.3', 'fp16'), ('10.3.0', '12.0', 'fp16')),
        *(('10.3.0', '6.1', 'fp32'), ('10.3.0', '5.2', 'fp32'), ('11.4.0.106', '9.0', 'fp32')),
    ],
)
def test_half_precision_is_chosen_where_it_is_fast(
    install: Install, version: str, capability: str, chosen: str
) -> None:
    install(version)
    from ros_vision_perception.backends.tensorrt_build import choose_precision

    gpu = Gpu('some GPU', capability)
    assert choose_precision('auto', gpu) == chosen
    assert choose_precision('fp32', gpu) == 'fp32'


def test_half_precision_that_cannot_be_chosen_is_refused(install: Install) -> None:
    install('11.4.0.106')
    from ros_vision_perception.backends.tensorrt_build import choose_precision

    with pytest.raises(ConfigurationError, match='expected auto or fp32, or a file in half'):
        choose_precision('fp16', Gpu('some GPU', '9.0'))


def test_an_engine_of_another_machine_or_no_engine_is_one_clear_line(
    install: Install, tmp_path: Path
) -> None:
    install()
    plan = build(write_operator(tmp_path / 'a.onnx', 'Abs', [2]), {})
    for version, capability, reason in (
        ('10.16.1', (8, 7), 'Version tag does not match'),
        ('10.3.0', (7, 2), 'compiled for another compute capability'),
    ):
        install(version, FakeDriver('Xavier', capability))
        with pytest.raises(
            ModelError,
            match=rf'net\.onnx is no engine for TensorRT {version} on Xavier .*: {reason}; '
            r'expected one built by this version on this GPU, or the ONNX file',
        ):
            load(plan)
    with pytest.raises(ModelError, match='magicTag'):
        load(b'nonsense')
