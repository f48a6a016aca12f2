"""From a file to a network on the backend that is asked for, or on the best of this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ros_vision_perception.backends.base import FileBackend
from ros_vision_perception.backends.cuda import the_gpu
from ros_vision_perception.backends.deferred import Deferred, Meanwhile
from ros_vision_perception.backends.machine import (
    BACKENDS,
    CPU,
    CUDA,
    ORT_TENSORRT,
    TENSORRT,
    available,
    missing,
)
from ros_vision_perception.backends.onnx import OnnxBackend, runtime_version
from ros_vision_perception.backends.plan_file import read_plan
from ros_vision_perception.backends.shapes import Ranges
from ros_vision_perception.core.errors import ConfigurationError, ModelError
from ros_vision_perception.pipeline.sharing import NetworkPool
from ros_vision_perception.zoo.cache import cache_folder, exclusive, sha256_of
from ros_vision_perception.zoo.engines import SUFFIXES, EngineCache

AUTO, GPU = 'auto', 'gpu'
CHOICES = (AUTO, GPU, *BACKENDS)
PRECISIONS = ('auto', 'fp32', 'fp16')
# Best first. What stands behind ONNX Runtime's TensorRT provider is taken without it.
_BEST_GPU = (TENSORRT, CUDA)

Report = Callable[[str], object]


@dataclass(frozen=True)
class BackendConfig:
    """Where networks run.

    Attributes:
        backend: one of BACKENDS; or 'gpu' for the best that uses one; or 'auto' for the best.
        precision: 'fp16' or 'fp32'; 'auto' for half precision where TensorRT can choose it and
            the GPU is fast at it, and elsewhere that of the file.
        run_meanwhile: while an engine is built, run on the CPU instead of waiting.
    """

    backend: str = AUTO
    precision: str = 'auto'
    run_meanwhile: bool = False


class Networks:
    """Loads networks, and knows where each of them runs.

    Attributes:
        report: told one line when something takes long or is not as asked for.
    """

    def __init__(
        self, config: BackendConfig, report: Report, pool: NetworkPool | None = None
    ) -> None:
        """Choose the backend; share networks with who has the same `pool`.

        Raises:
            ConfigurationError: when this machine does not have what is asked for.
        """
        self.report = report
        self._config, self._pool = config, pool
        self._candidates = candidates(config)
        self._opened: dict[Path, FileBackend] = {}

    @property
    def where(self) -> dict[str, str]:
        """Folder and name of each file -> what runs it on what device in what precision, now."""
        return {
            f'{path.parent.name}/{path.name}': backend.where
            for path, backend in self._opened.items()
        }

    def tell(self) -> None:
        """Report where each network runs."""
        for name, where in self.where.items():
            self.report(f'{name} runs on {where}')

    def __call__(self, path: Path, threads: int) -> FileBackend:
        """Load a file for so many threads per call, as far as a CPU is at work.

        Raises:
            ModelError: when it cannot be loaded where it shall run.
            ConfigurationError: when it is an engine and TensorRT is not what is asked for.
        """
        if self._pool is None:
            backend = self._load(path, threads)
        else:
            key = (path.resolve(), threads, self._config)
            backend = self._pool.open(key, lambda: self._load(path, threads))
        self._opened[path] = backend
        return backend

    def _load(self, path: Path, threads: int) -> FileBackend:
        if path.suffix in SUFFIXES:
            return self._open_plan(path)
        if self._candidates[0] in (TENSORRT, ORT_TENSORRT):

            def prepare(ranges: Ranges, is_wanted: Callable[[], bool]) -> FileBackend:
                return self._open(path, threads, ranges, is_wanted)

            cpu = OnnxBackend(path, threads)
            if self._config.run_meanwhile:
                return Meanwhile(cpu, prepare, self.report)
            return Deferred(cpu, prepare)
        return self._open(path, threads, {}, lambda: True)

    def _open(
        self, path: Path, threads: int, ranges: Ranges, is_wanted: Callable[[], bool]
    ) -> FileBackend:
        """Load a file on the first of the candidates that takes it."""
        for better, next_best in zip(self._candidates, self._candidates[1:], strict=False):
            try:
                return self._open_on(better, path, threads, ranges, is_wanted)
            except ModelError as error:
                self.report(f'{error}; taking {next_best} instead of {better}')
        return self._open_on(self._candidates[-1], path, threads, ranges, is_wanted)

    def _open_on(
        self,
        backend: str,
        path: Path,
        threads: int,
        ranges: Ranges,
        is_wanted: Callable[[], bool],
    ) -> FileBackend:
        if backend == CPU:
            return OnnxBackend(path, threads)
        if backend == TENSORRT:
            return self._open_tensorrt(path, ranges, is_wanted)
        # Only now: nothing of a GPU is imported where none is used.
        from ros_vision_perception.backends import onnx_gpu

        precision = self._config.precision
        if backend == CUDA:
            providers = onnx_gpu.cuda_providers(precision)
            told = 'fp32' if precision == 'fp32' else 'in the precision of the file'
            return onnx_gpu.OnnxGpuBackend(path, providers, told)
        return self._open_ort_tensorrt(path, ranges)

    def _open_tensorrt(
        self, path: Path, ranges: Ranges, is_wanted: Callable[[], bool]
    ) -> FileBackend:
        from ros_vision_perception.backends import tensorrt_build
        from ros_vision_perception.backends.tensorrt_engine import TensorRtEngine

        cuda = the_gpu()
        cuda.enter()
        precision = tensorrt_build.choose_precision(self._config.precision, cuda.gpu)
        facts = self._facts(path, ranges, precision) | {'TensorRT': tensorrt_build.version()}
        cache = EngineCache(cache_folder(), self.report)

        def build() -> bytes:
            return tensorrt_build.build(path, ranges, precision, self.report, is_wanted)

        name = _name(path)
        plan = cache.ensure(name, facts, build)
        try:
            return TensorRtEngine(plan, path.name, cuda, precision, {})
        except ModelError as error:
            self.report(f'{error}; building it again')
        cache.discard(name, facts)
        plan = cache.ensure(name, facts, build)
        return TensorRtEngine(plan, path.name, cuda, precision, {})

    def _open_ort_tensorrt(self, path: Path, ranges: Ranges) -> FileBackend:
        from ros_vision_perception.backends import onnx_gpu

        precision = 'fp32' if self._config.precision == 'fp32' else 'fp16'
        facts = self._facts(path, ranges, precision)
        facts['ONNX Runtime'] = runtime_version()
        folder = EngineCache(cache_folder(), self.report).folder(_name(path), facts)
        self.report(f'{path.name}: TensorRT prepares it; the first time it may take minutes')
        with exclusive(folder, self.report):
            providers = onnx_gpu.tensorrt_providers(precision, folder, ranges)
            return onnx_gpu.OnnxGpuBackend(path, providers, precision)

    def _facts(self, path: Path, ranges: Ranges, precision: str) -> dict[str, str]:
        """Return what an engine depends on, besides the version of what builds it."""
        gpu = the_gpu().gpu
        return {
            'model': sha256_of(path) or '',
            'GPU': gpu.name,
            'compute capability': gpu.compute_capability,
            'precision': precision,
            'shapes': ', '.join(f'{name} {shapes}' for name, shapes in sorted(ranges.items())),
        }

    def _open_plan(self, path: Path) -> FileBackend:
        asked = self._config.backend
        if asked not in (AUTO, GPU, TENSORRT):
            raise ConfigurationError(
                f'{path} is an engine; got backend {asked}, expected {TENSORRT} or {AUTO}'
            )
        reason = missing(TENSORRT)
        if reason:
            raise ConfigurationError(f'{path} is an engine, and TensorRT is missing: {reason}')
        from ros_vision_perception.backends.tensorrt_engine import TensorRtEngine

        plan, metadata = read_plan(path)
        return TensorRtEngine(plan, str(path), the_gpu(), 'precision as built', metadata)


def _name(path: Path) -> str:
    """Return what tells a file from those of other models: exporters give all of them one name."""
    return f'{path.parent.name}-{path.stem}'


def candidates(config: BackendConfig) -> tuple[str, ...]:
    """Return the backends that will do, best first.

    Raises:
        ConfigurationError: when this machine has none of them: whoever asks for a GPU shall not
            find himself on a CPU.
    """
    asked = {AUTO: (*_BEST_GPU, CPU), GPU: _BEST_GPU}.get(config.backend, (config.backend,))
    if config.precision == 'fp16':
        able = tuple(backend for backend in asked if backend in (TENSORRT, ORT_TENSORRT))
        if not able:
            raise ConfigurationError(
                f'precision fp16: got backend {config.backend}, which runs a network in the '
                f'precision of its file; expected {TENSORRT} or {ORT_TENSORRT}'
            )
        asked = able
    missings = {backend: missing(backend) for backend in asked}
    found = tuple(backend for backend, reason in missings.items() if not reason)
    if not found:
        raise ConfigurationError(
            f'backend {config.backend}, precision {config.precision}: '
            f'available: {", ".join(available())}; '
            + '; '.join(f'{backend}: {reason}' for backend, reason in missings.items())
        )
    return found
