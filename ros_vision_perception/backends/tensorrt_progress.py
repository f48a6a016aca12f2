"""Tells how far TensorRT is with an engine; from TensorRT 10 on, which tells it."""

from collections.abc import Callable

import tensorrt as trt

_STEP_PERCENT = 10


class Progress(trt.IProgressMonitor):
    """Reports every tenth of each outermost phase."""

    def __init__(self, name: str, report: Callable[[str], object], is_wanted: Callable[[], bool]):
        """Tell `report` about the engine of `name`, for as long as it `is_wanted`."""
        trt.IProgressMonitor.__init__(self)
        self._name, self._report, self._is_wanted = name, report, is_wanted
        self._steps: dict[str, int] = {}
        self._told: dict[str, int] = {}

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        """Note that a phase began; called by TensorRT, as all of these."""
        if parent_phase is None:
            self._steps[phase_name] = num_steps

    def step_complete(self, phase_name: str, step: int) -> bool:
        """Report progress; returns whether to go on."""
        if phase_name in self._steps:
            percent = 100 * (step + 1) // max(self._steps[phase_name], 1)
            percent -= percent % _STEP_PERCENT
            if percent > self._told.get(phase_name, 0):
                self._told[phase_name] = percent
                self._report(f'{self._name}: {phase_name}: {percent} %')
        return self._is_wanted()

    def phase_finish(self, phase_name: str) -> None:
        """Note that a phase is over."""
        self._steps.pop(phase_name, None)
