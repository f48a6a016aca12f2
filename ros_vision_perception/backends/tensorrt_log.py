"""What TensorRT says: kept until somebody asks why something failed."""

from collections.abc import Callable
from typing import Any

import tensorrt as trt

from ros_vision_perception.core.errors import ModelError

_MOST = 5


class Log(trt.ILogger):
    """Keeps the last errors. TensorRT wants one of these for the whole process."""

    def __init__(self) -> None:
        """Begin with none."""
        trt.ILogger.__init__(self)
        self._errors: list[str] = []

    def log(self, severity: trt.ILogger.Severity, msg: str) -> None:
        """Take a message; called by TensorRT, from any thread."""
        if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
            self._errors = [*self._errors, ' '.join(msg.split())][-_MOST:]

    def take(self) -> str:
        """Return the errors since the last call, in one line."""
        errors, self._errors = self._errors, []
        return '; '.join(errors) or 'it does not say why'


LOG = Log()


def started(kind: Callable[[Log], Any]) -> Any:
    """Return one of TensorRT's objects; raises ModelError when it cannot be had."""
    try:
        return kind(LOG)
    except (TypeError, RuntimeError) as error:  # its way to say that the GPU is not for it
        raise ModelError(
            f'TensorRT {trt.__version__} cannot be used here: {LOG.take()}'
        ) from error
