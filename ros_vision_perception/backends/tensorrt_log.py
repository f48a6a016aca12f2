"""What TensorRT says: kept until somebody asks why something failed."""

import tensorrt as trt

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
