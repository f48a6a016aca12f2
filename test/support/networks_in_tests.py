"""What tests of `Networks` share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_tensorrt import FakeTensorRt
import numpy as np
import pytest

from ros_vision_perception.pipeline.networks import BackendConfig, Networks

Install = Callable[..., FakeTensorRt]
X = np.array([[-1.0, 2.0, -3.0]], np.float32)
NO_GPU = pytest.mark.usefixtures('no_gpu')


def run(networks: Networks, file: Path, x: np.ndarray = X) -> str:
    """Run the network and return where it ran."""
    np.testing.assert_array_equal(networks(file, 1).run({'x': x})['y'], np.abs(x))
    return networks.where[f'{file.parent.name}/{file.name}']


def networks(lines: list[str] | None = None, **config: Any) -> Networks:
    return Networks(BackendConfig(**config), (lines if lines is not None else []).append)
