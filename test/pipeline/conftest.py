"""A machine with a GPU, as far as the code can tell."""

from pathlib import Path
from typing import Any

from gpu_fixtures import cache, install, plug_in, providers_asked
from gpu_networks import write_operator
import pytest

from ros_vision_perception.backends import machine
from ros_vision_perception.core.errors import ModelError

__all__ = ['cache', 'install', 'plug_in', 'providers_asked']


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def refuse() -> Any:
        raise ModelError('no NVIDIA driver on this machine: cannot open libcuda.so.1')

    monkeypatch.setattr(machine, 'the_gpu', refuse)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_operator(tmp_path / 'net.onnx', 'Abs', ['N', 3])
