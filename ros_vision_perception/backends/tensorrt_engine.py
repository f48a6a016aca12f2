"""Runs a TensorRT engine. Imported only where TensorRT is chosen."""

from typing import Any

import numpy as np
import tensorrt as trt

from ros_vision_perception.backends.cuda import Buffer, Cuda, Graph, Stream
from ros_vision_perception.backends.tensorrt_log import LOG, started
from ros_vision_perception.core.errors import ModelError


class _Allocator(trt.IOutputAllocator):
    """Memory of an output whose shape only the run itself knows."""

    def __init__(self, cuda: Cuda, size: int) -> None:
        """Begin with `size` bytes."""
        trt.IOutputAllocator.__init__(self)
        self._cuda = cuda
        self.buffer = Buffer(cuda, size)
        self.shape: tuple[int, ...] = ()

    def reallocate_output(self, tensor_name: str, memory: Any, size: int, alignment: int) -> int:
        """Return the address of as many bytes; called by TensorRT before 10."""
        if size > self.buffer.size:
            self.buffer = Buffer(self._cuda, size)
        return self.buffer.address

    def reallocate_output_async(
        self, tensor_name: str, memory: Any, size: int, alignment: int, stream: int
    ) -> int:
        """Likewise, from 10 on."""
        return self.reallocate_output(tensor_name, memory, size, alignment)

    def notify_shape(self, tensor_name: str, shape: trt.Dims) -> None:
        """Take note of the shape."""
        self.shape = tuple(shape)


class TensorRtEngine:
    """A network in TensorRT on the first GPU.

    Attributes:
        input_shapes, output_shapes: name -> shape, where None may vary.
        metadata: entries of its file.
        where: what runs it, in one line, for people.
    """

    def __init__(
        self, plan: bytes, name: str, cuda: Cuda, precision: str, metadata: dict[str, str]
    ) -> None:
        """Load an engine.

        Args:
            plan: its bytes.
            name: for people.
            cuda: the GPU.
            precision: for people.
            metadata: entries of the file that it comes from.

        Raises:
            ModelError: when it was built by another TensorRT or for another GPU, or is damaged.
        """
        cuda.enter()
        trt.init_libnvinfer_plugins(LOG, '')
        self._runtime = started(trt.Runtime)
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise ModelError(
                f'{name} is no engine for TensorRT {trt.__version__} on {cuda.gpu}: {LOG.take()}; '
                'expected one built by this version on this GPU, or the ONNX file'
            )
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise ModelError(f'{name}: no memory to run it on {cuda.gpu}: {LOG.take()}')
        self._name, self._cuda, self._stream = name, cuda, Stream(cuda)
        self.metadata = metadata
        self.where = f'TensorRT {trt.__version__} on {cuda.gpu}, {precision}'
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        self._types = {
            tensor: np.dtype(trt.nptype(self._engine.get_tensor_dtype(tensor))) for tensor in names
        }
        inputs = [tensor for tensor in names if self._is_input(tensor)]
        outputs = [tensor for tensor in names if tensor not in inputs]
        self.input_shapes = {tensor: self._declared(tensor) for tensor in inputs}
        self.output_shapes = {tensor: self._declared(tensor) for tensor in outputs}
        self._is_fixed = all(None not in shape for shape in self.input_shapes.values())
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._buffers: dict[str, Buffer] = {}
        self._allocators: dict[str, _Allocator] = {}
        self._graph: Graph | None = None
        self._runs = 0

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network once on CPU arrays; numbers of half precision come out as float32.

        Raises:
            ModelError: when the network does not take the inputs, or the GPU fails.
        """
        self._cuda.enter()
        shapes = {name: array.shape for name, array in inputs.items()}
        if shapes != self._shapes:
            self._prepare(shapes)
        for name, array in inputs.items():
            buffer, kind = self._buffers[name], self._types[name]
            np.copyto(buffer.host(array.shape, kind), array, casting='unsafe')
            buffer.upload(array.size * kind.itemsize, self._stream)
        self._execute()
        return self._outputs()

    def _is_input(self, name: str) -> bool:
        return self._engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT

    def _declared(self, name: str) -> tuple[int | None, ...]:
        shape = tuple(self._engine.get_tensor_shape(name))
        return tuple(None if length < 0 else length for length in shape)

    def _prepare(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Make room for inputs of these shapes and for what comes of them."""
        self._shapes = {}  # known again when all went well
        if shapes.keys() != self.input_shapes.keys():
            raise self._refusal(shapes)
        for name, shape in shapes.items():
            if not self._context.set_input_shape(name, shape):
                raise self._refusal(shapes)
            self._make_room(name, shape)
        for name in self.output_shapes:
            shape = tuple(self._context.get_tensor_shape(name))
            if -1 in shape:
                size = self._context.get_max_output_size(name)
                self._allocators[name] = _Allocator(self._cuda, size)
                self._context.set_output_allocator(name, self._allocators[name])
            else:
                self._make_room(name, shape)
        self._shapes = shapes

    def _make_room(self, name: str, shape: tuple[int, ...]) -> None:
        size = int(np.prod(shape)) * self._types[name].itemsize
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = Buffer(self._cuda, size)
            self._context.set_tensor_address(name, self._buffers[name].address)

    def _execute(self) -> None:
        """Run the engine on what is in the buffers.

        Shapes that never change are recorded as a graph, which a small network's hundred launches
        are much slower than. The first run must not be: it sets TensorRT up.
        """
        if self._graph is not None:
            self._graph.launch(self._stream)
            return
        if self._is_fixed and not self._allocators and self._runs == 1:
            self._graph = Graph.record(self._cuda, self._stream, self._enqueue)
        self._runs += 1
        if self._graph is not None:
            self._graph.launch(self._stream)
        elif not self._enqueue():
            raise ModelError(f'{self._name}: TensorRT could not run it: {LOG.take()}')

    def _enqueue(self) -> bool:
        return self._context.execute_async_v3(self._stream.handle)

    def _outputs(self) -> dict[str, np.ndarray]:
        views = {}
        for name in self.output_shapes:
            if name in self._allocators:
                buffer, shape = self._allocators[name].buffer, self._allocators[name].shape
            else:
                buffer, shape = self._buffers[name], tuple(self._context.get_tensor_shape(name))
            views[name] = buffer.host(shape, self._types[name])
            buffer.download(views[name].nbytes, self._stream)
        self._stream.wait()
        # Copies: the next run writes here.
        return {
            name: view.astype(np.float32 if view.dtype == np.float16 else view.dtype)
            for name, view in views.items()
        }

    def _refusal(self, shapes: dict[str, tuple[int, ...]]) -> ModelError:
        got = ', '.join(f'{name} {"x".join(map(str, shape))}' for name, shape in shapes.items())
        expected = ', '.join(f'{name} {self._range(name)}' for name in self.input_shapes)
        return ModelError(f'{self._name} does not take its inputs: got {got}; expected {expected}')

    def _range(self, name: str) -> str:
        if None not in self.input_shapes[name]:
            return 'x'.join(map(str, self.input_shapes[name]))
        low, _, high = self._engine.get_tensor_profile_shape(name, 0)
        return '..'.join('x'.join(map(str, tuple(end))) for end in (low, high))
