"""Stored arrays in place of a network: for tests, and to decode without a runtime."""

import numpy as np


class ReplayBackend:
    """Gives the same outputs at every call, whatever the inputs; counts the calls."""

    def __init__(
        self, outputs: dict[str, np.ndarray], input_shapes: dict[str, tuple[int | None, ...]]
    ) -> None:
        """Answer with `outputs`; declare `input_shapes`."""
        self.calls = 0
        self.input_shapes = input_shapes
        self._outputs = outputs

    @property
    def output_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Output name -> shape."""
        return {name: array.shape for name, array in self._outputs.items()}

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the stored outputs."""
        self.calls += 1
        return self._outputs
