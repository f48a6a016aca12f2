"""A machine with a GPU, as far as the code can tell."""

from collections.abc import Callable, Iterator
from pathlib import Path
import sys
from typing import Any

from fake_cuda import FakeDriver
from fake_tensorrt import FakeTensorRt
import onnxruntime
import pytest

from ros_vision_perception import backends
from ros_vision_perception.backends import cuda, machine
from ros_vision_perception.backends.machine import PROVIDERS
from ros_vision_perception.zoo.cache import FOLDER_VARIABLE

_CPU = 'CPUExecutionProvider'
_MODULES = ('tensorrt_build', 'tensorrt_engine', 'tensorrt_log', 'tensorrt_progress')


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / 'cache'))
    return tmp_path / 'cache'


@pytest.fixture
def plug_in(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[FakeDriver], FakeDriver]]:
    """Give the machine a GPU."""

    def plug_in(driver: FakeDriver) -> FakeDriver:
        cuda.the_gpu.cache_clear()
        monkeypatch.setattr(cuda, 'load_driver', lambda: driver)
        return driver

    yield plug_in
    cuda.the_gpu.cache_clear()


@pytest.fixture
def install(
    plug_in: Callable[[FakeDriver], FakeDriver], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., FakeTensorRt]]:
    """Give the machine a GPU and a version of TensorRT."""

    def forget() -> None:
        for name in _MODULES:
            sys.modules.pop(f'{backends.__name__}.{name}', None)
            if hasattr(backends, name):
                delattr(backends, name)

    def install(version: str = '10.3.0', driver: FakeDriver | None = None) -> FakeTensorRt:
        forget()
        module = FakeTensorRt(version, plug_in(driver or FakeDriver()))
        monkeypatch.setitem(sys.modules, 'tensorrt', module)
        monkeypatch.setattr(machine, 'find_spec', lambda name: object())
        return module

    yield install
    forget()


@pytest.fixture
def providers_asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Make the CPU pass for a GPU; returns the arguments of each session."""
    session, value = onnxruntime.InferenceSession, onnxruntime.OrtValue
    allocate = value.ortvalue_from_shape_and_type
    calls: list[Any] = []

    class Binding:
        def __init__(self, binding: Any) -> None:
            self._binding = binding

        def __getattr__(self, name: str) -> Any:
            return getattr(self._binding, name)

        def bind_output(self, name: str, device: str, number: int) -> None:
            assert (device, number) == ('cuda', 0)
            self._binding.bind_output(name, 'cpu', 0)

    class Session:
        def __init__(self, path: str, options: Any, providers: list[Any], **flags: int) -> None:
            calls.append((providers, flags))
            self._names = [name for name, _ in providers]
            self._session = session(path, options, providers=[_CPU])

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def get_providers(self) -> list[str]:
            return self._names

        def io_binding(self) -> Binding:
            return Binding(self._session.io_binding())

        def run(self, *arguments: Any) -> Any:
            assert self._names == [_CPU], 'not through the memory of the GPU'
            return self._session.run(*arguments)

    def on_gpu(shape: Any, kind: Any, device: str, number: int) -> Any:
        assert (device, number) == ('cuda', 0)
        return allocate(shape, kind, 'cpu', 0)

    monkeypatch.setattr(onnxruntime, 'InferenceSession', Session)
    monkeypatch.setattr(
        onnxruntime, 'get_available_providers', lambda: [*PROVIDERS.values(), _CPU]
    )
    monkeypatch.setattr(value, 'ortvalue_from_shape_and_type', on_gpu)
    return calls
