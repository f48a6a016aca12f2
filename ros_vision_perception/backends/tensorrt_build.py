"""Builds a TensorRT engine from an ONNX file.

Written to what the Python interfaces of TensorRT 8.6, 10 and 11 have in common; where one lacks
something, the code says so. Imported only where TensorRT is chosen.
"""

from collections.abc import Callable
from pathlib import Path

import tensorrt as trt

from ros_vision_perception.backends.cuda import Gpu
from ros_vision_perception.backends.shapes import Ranges
from ros_vision_perception.backends.tensorrt_log import LOG, started
from ros_vision_perception.core.errors import ConfigurationError, ModelError

# Compute capabilities from 5.3 on whose half precision is slow; source: CUDA C++ Programming
# Guide, throughput of arithmetic instructions.
_SLOW_HALVES = ('6.1',)


def version() -> str:
    """Return TensorRT's."""
    return trt.__version__


def choose_precision(asked: str, gpu: Gpu) -> str:
    """Return 'fp16' or 'fp32': what is asked for, or for 'auto' the fastest that there is.

    Raises:
        ConfigurationError: when half precision is asked for and this TensorRT cannot choose it:
            from version 11 on, the file itself says in what precision each layer computes.
    """
    has_flag = hasattr(trt.BuilderFlag, 'FP16')
    if asked == 'fp16' and not has_flag:
        raise ConfigurationError(
            f'precision fp16: TensorRT {version()} computes in the precision of the file; '
            'expected auto or fp32, or a file in half precision, or TensorRT 10'
        )
    if asked != 'auto':
        return asked
    capability = tuple(map(int, gpu.compute_capability.split('.')))
    is_fast = capability >= (5, 3) and gpu.compute_capability not in _SLOW_HALVES
    return 'fp16' if has_flag and is_fast else 'fp32'


def build(
    file: Path,
    ranges: Ranges,
    precision: str,
    report: Callable[[str], object],
    is_wanted: Callable[[], bool] = lambda: True,
) -> bytes:
    """Build an engine; it takes from seconds to many minutes.

    Args:
        file: an ONNX file.
        ranges: input -> the shapes to build for.
        precision: 'fp16' or 'fp32'.
        report: told how far it is.
        is_wanted: asked between the steps whether to go on.

    Returns:
        The engine: for this version of TensorRT and this GPU.

    Raises:
        ModelError: when TensorRT cannot take the file, or the build fails or is given up.
    """
    trt.init_libnvinfer_plugins(LOG, '')
    builder = started(trt.Builder)
    network = builder.create_network(_flags())
    parser = trt.OnnxParser(network, LOG)
    if not parser.parse_from_file(str(file)):
        raise ModelError(f'{file}: TensorRT {version()} cannot take it: {_errors(parser)}')
    config = builder.create_builder_config()
    if precision == 'fp16':
        config.set_flag(trt.BuilderFlag.FP16)
    else:
        config.clear_flag(trt.BuilderFlag.TF32)
    _add_profile(builder, network, config, file, ranges)
    if hasattr(trt, 'IProgressMonitor'):
        from ros_vision_perception.backends.tensorrt_progress import Progress

        # A name of its own: TensorRT does not say that it keeps the object.
        monitor = Progress(file.name, report, is_wanted)
        config.progress_monitor = monitor
    else:
        report(f'{file.name}: TensorRT {version()} does not tell how far it is')
    plan = builder.build_serialized_network(network, config)
    if not is_wanted():
        raise ModelError(f'{file}: the build of its engine was given up')
    if plan is None:
        raise ModelError(f'{file}: TensorRT {version()} could not build an engine: {LOG.take()}')
    return bytes(plan)


def _flags() -> int:
    """Return the flags of a network that is parsed from ONNX; since 10 they go without saying."""
    flags = trt.NetworkDefinitionCreationFlag
    return 1 << int(flags.EXPLICIT_BATCH) if hasattr(flags, 'EXPLICIT_BATCH') else 0


def _errors(parser: trt.OnnxParser) -> str:
    """Return what the parser does not like, in one line."""
    lines = []
    for index in range(parser.num_errors):
        error = parser.get_error(index)
        # Since 10 it tells the node by its name.
        node = error.node_name() if hasattr(error, 'node_name') else f'node {error.node()}'
        lines.append(f'{" ".join(error.desc().split())} ({node})')
    return '; '.join(lines) or LOG.take()


def _add_profile(
    builder: trt.Builder,
    network: trt.INetworkDefinition,
    config: trt.IBuilderConfig,
    file: Path,
    ranges: Ranges,
) -> None:
    """Say which shapes will come, where the file leaves it open."""
    inputs = [network.get_input(index) for index in range(network.num_inputs)]
    varying = [tensor.name for tensor in inputs if -1 in tuple(tensor.shape)]
    if not varying:
        return
    profile = builder.create_optimization_profile()
    for name in varying:
        shapes = ranges[name]
        profile.set_shape(name, shapes.smallest, shapes.usual, shapes.largest)
    if config.add_optimization_profile(profile) < 0:
        text = ', '.join(f'{name} {ranges[name]}' for name in varying)
        raise ModelError(f'{file}: TensorRT {version()} does not take the shapes {text}')
