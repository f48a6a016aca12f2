"""ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import ModelError

# What a network may want instead of the float32 it is given.
_TYPES = {'tensor(float16)': np.float16, 'tensor(uint8)': np.uint8, 'tensor(int32)': np.int32}


class OnnxBackend:
    """A network in ONNX Runtime on the CPU.

    Attributes:
        where: what runs it, in one line, for people.
    """

    def __init__(self, path: Path, threads: int) -> None:
        """Load `path` for `threads` threads per call.

        Raises:
            ModelError: when the file is missing or is not a network that the runtime can load.
        """
        import onnxruntime  # half a second that --help and the tests of the core need not pay

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The plan of a call's memory is kept for each batch size, each with memory of its own.
        # Without it all sizes share what the largest needs, at the same speed.
        options.enable_mem_pattern = False
        # A waiting thread spins for about as long as one operator of a small network takes, then
        # sleeps. Never to spin costs a wake-up per operator, a third of a call; to spin as long as
        # is usual takes the cores from everybody else. Runtimes too old to know the duration stop
        # at least between two calls.
        options.add_session_config_entry('session.intra_op.spin_duration_us', '20')
        options.add_session_config_entry('session.force_spinning_stop', '1')
        session = open_session(path, options, [('CPUExecutionProvider', {})])
        self._use(
            session,
            path,
            f'ONNX Runtime {onnxruntime.__version__} on the CPU, {threads} threads',
        )

    def _use(self, session: Any, path: Path, where: str) -> None:
        self._session, self._path = session, path
        self.where = where
        self._input_types = {
            value.name: _TYPES.get(value.type, np.float32) for value in session.get_inputs()
        }
        self._output_names = [output.name for output in session.get_outputs()]

    @property
    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Input name -> shape, where None is a dimension that may vary."""
        return {value.name: _shape(value.shape) for value in self._session.get_inputs()}

    @property
    def output_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Output name -> shape, where None is a dimension that may vary."""
        return {value.name: _shape(value.shape) for value in self._session.get_outputs()}

    @property
    def metadata(self) -> dict[str, str]:
        """Entries that whoever wrote the file left in it."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network once on CPU arrays; numbers of half precision come out as float32.

        Raises:
            ModelError: when the network does not take the inputs.
        """
        typed = {
            name: array.astype(self._input_types.get(name, array.dtype), copy=False)
            for name, array in inputs.items()
        }
        try:
            outputs = self._call(typed)
        except Exception as error:  # as above
            reason = str(error).splitlines()[0]
            raise ModelError(f'{self._path} does not take its inputs: {reason}') from error
        return {
            name: output.astype(np.float32) if output.dtype == np.float16 else output
            for name, output in zip(self._output_names, outputs, strict=True)
        }

    def _call(self, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        return self._session.run(self._output_names, inputs)


def runtime_version() -> str:
    """Return ONNX Runtime's."""
    import onnxruntime

    return onnxruntime.__version__


def open_session(path: Path, options: Any, providers: Sequence[Any], **flags: int) -> Any:
    """Return a session of the runtime.

    Raises:
        ModelError: when the file is missing or is not a network that the runtime can load.
    """
    import onnxruntime

    if not path.is_file():
        raise ModelError(f'no model file at {path}')
    # What it warns of while it reads a file, such as old attributes, nobody can mend who uses one.
    onnxruntime.set_default_logger_severity(3)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers, **flags)
    except Exception as error:  # the runtime raises a dozen unrelated classes
        reason = str(error).splitlines()[0]
        raise ModelError(f'{path} is not an ONNX model that can be loaded: {reason}') from error


def _shape(dimensions: list[int | str | None]) -> tuple[int | None, ...]:
    return tuple(length if isinstance(length, int) else None for length in dimensions)
