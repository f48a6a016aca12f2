"""The GPU through NVIDIA's driver library: memory, copies, a stream.

Every machine with an NVIDIA GPU has that library, desktops and Jetsons alike, whatever toolkit is
installed or not, and its interface is kept stable; so the few calls needed here come through
`ctypes` and no further package must fit the machine. Source: CUDA Driver API reference.
"""

from collections.abc import Callable
import ctypes
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass
import functools
from typing import Any

import numpy as np

from ros_vision_perception.core.errors import ModelError

_LIBRARY = 'libcuda.so.1'
# CUdevice_attribute
_COMPUTE_CAPABILITY_MAJOR, _COMPUTE_CAPABILITY_MINOR = 75, 76
# CU_STREAM_NON_BLOCKING: does not wait for what others do on the default stream.
_NON_BLOCKING = 1
# CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what other threads do meanwhile is their own affair.
_OF_THIS_THREAD = 1
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    'cuInit': (c_uint,),
    'cuGetErrorString': (c_int, c_void_p),
    'cuDeviceGetCount': (c_void_p,),
    'cuDeviceGet': (c_void_p, c_int),
    'cuDeviceGetName': (c_char_p, c_int, c_int),
    'cuDeviceGetAttribute': (c_void_p, c_int, c_int),
    'cuDevicePrimaryCtxRetain': (c_void_p, c_int),
    'cuCtxSetCurrent': (c_void_p,),
    'cuMemAlloc_v2': (c_void_p, c_size_t),
    'cuMemFree_v2': (c_uint64,),
    'cuMemAllocHost_v2': (c_void_p, c_size_t),
    'cuMemFreeHost': (c_void_p,),
    'cuMemcpyHtoDAsync_v2': (c_uint64, c_void_p, c_size_t, c_void_p),
    'cuMemcpyDtoHAsync_v2': (c_void_p, c_uint64, c_size_t, c_void_p),
    'cuStreamCreate': (c_void_p, c_uint),
    'cuStreamSynchronize': (c_void_p,),
    'cuStreamDestroy_v2': (c_void_p,),
    'cuStreamBeginCapture_v2': (c_void_p, c_int),
    'cuStreamEndCapture': (c_void_p, c_void_p),
    'cuGraphInstantiateWithFlags': (c_void_p, c_void_p, c_uint64),
    'cuGraphLaunch': (c_void_p, c_void_p),
    'cuGraphDestroy': (c_void_p,),
    'cuGraphExecDestroy': (c_void_p,),
}


@dataclass(frozen=True)
class Gpu:
    """What an engine depends on.

    Attributes:
        name: as the driver tells it.
        compute_capability: such as '8.7'.
    """

    name: str
    compute_capability: str

    def __str__(self) -> str:
        """Return both, for people."""
        return f'{self.name} (compute capability {self.compute_capability})'


def load_driver() -> Any:
    """Return the driver's library; raises OSError where there is none."""
    return ctypes.CDLL(_LIBRARY)


class Cuda:
    """The first GPU: CUDA_VISIBLE_DEVICES says which that is.

    Attributes:
        gpu: what it is.
    """

    def __init__(self) -> None:
        """Take the GPU into use; raises ModelError where there is none."""
        try:
            self._library = load_driver()
        except OSError as error:
            raise ModelError(f'no NVIDIA driver on this machine: {error}') from error
        for name, arguments in _SIGNATURES.items():
            getattr(self._library, name).argtypes = arguments
        self.call('cuInit', 0)
        count, device, context = c_int(), c_int(), c_void_p()
        self.call('cuDeviceGetCount', byref(count))
        if count.value == 0:
            raise ModelError('no NVIDIA GPU is visible to this process')
        self.call('cuDeviceGet', byref(device), 0)
        # The context that the CUDA runtime, and so TensorRT, uses.
        self.call('cuDevicePrimaryCtxRetain', byref(context), device)
        self._context = context
        self.gpu = self._describe(device)

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function of the driver; raises ModelError when it fails."""
        status = getattr(self._library, name)(*arguments)
        if status:
            text = c_char_p()
            self._library.cuGetErrorString(status, byref(text))
            reason = (text.value or b'unknown').decode()
            raise ModelError(f'the GPU cannot be used: {name} says: {reason} ({status})')

    def release(self, name: str, handle: Any) -> None:
        """Call a function that gives something back; at the end of a process it may be gone."""
        self._library.cuCtxSetCurrent(self._context)
        getattr(self._library, name)(handle)

    def enter(self) -> None:
        """Use the GPU in the calling thread; each thread must, before anything else."""
        self.call('cuCtxSetCurrent', self._context)

    def _describe(self, device: c_int) -> Gpu:
        name = ctypes.create_string_buffer(256)
        self.call('cuDeviceGetName', name, len(name), device)
        major, minor = c_int(), c_int()
        self.call('cuDeviceGetAttribute', byref(major), _COMPUTE_CAPABILITY_MAJOR, device)
        self.call('cuDeviceGetAttribute', byref(minor), _COMPUTE_CAPABILITY_MINOR, device)
        return Gpu(name.value.decode(), f'{major.value}.{minor.value}')


@functools.cache
def the_gpu() -> Cuda:
    """Return the GPU of this process; raises ModelError where there is none."""
    return Cuda()


class Stream:
    """Copies and calls that follow each other."""

    def __init__(self, cuda: Cuda) -> None:
        """Make a stream on a GPU that the calling thread uses."""
        self._cuda, handle = cuda, c_void_p()
        cuda.call('cuStreamCreate', byref(handle), _NON_BLOCKING)
        self.handle = handle.value or 0

    def __del__(self) -> None:
        """Give the stream back."""
        if hasattr(self, 'handle'):
            self._cuda.release('cuStreamDestroy_v2', self.handle)

    def wait(self) -> None:
        """Return when everything is done."""
        self._cuda.call('cuStreamSynchronize', self.handle)


class Buffer:
    """Memory of the GPU, and as much of this machine that it can read and write by itself.

    Attributes:
        address: on the GPU.
        size: bytes.
    """

    def __init__(self, cuda: Cuda, size: int) -> None:
        """Allocate `size` bytes on a GPU that the calling thread uses."""
        self._cuda, self.size, self.address = cuda, size, 0
        self._host = c_void_p()
        address = c_uint64()
        cuda.call('cuMemAlloc_v2', byref(address), max(size, 1))
        self.address = address.value
        # Page-locked: the copy needs no detour, and need not be waited for.
        cuda.call('cuMemAllocHost_v2', byref(self._host), max(size, 1))
        memory = (ctypes.c_uint8 * max(size, 1)).from_address(self._host.value or 0)
        self._bytes = np.frombuffer(memoryview(memory), np.uint8)

    def __del__(self) -> None:
        """Give the memory back."""
        if self.address:
            self._cuda.release('cuMemFree_v2', self.address)
        if self._host:
            self._cuda.release('cuMemFreeHost', self._host)

    def host(self, shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
        """Return the memory of this machine as an array."""
        size = int(np.prod(shape)) * kind.itemsize
        return self._bytes[:size].view(kind).reshape(shape)

    def upload(self, size: int, stream: Stream) -> None:
        """Copy the first bytes to the GPU."""
        self._cuda.call(
            'cuMemcpyHtoDAsync_v2', self.address, self._host, size, c_void_p(stream.handle)
        )

    def download(self, size: int, stream: Stream) -> None:
        """Copy the first bytes from the GPU."""
        self._cuda.call(
            'cuMemcpyDtoHAsync_v2', self._host, self.address, size, c_void_p(stream.handle)
        )


class Graph:
    """Work of a stream, recorded once, that the GPU repeats at one call."""

    def __init__(self, cuda: Cuda, handle: c_void_p) -> None:
        """Keep an instantiated graph."""
        self._cuda, self._handle = cuda, handle

    @classmethod
    def record(cls, cuda: Cuda, stream: Stream, work: Callable[[], bool]) -> 'Graph | None':
        """Return what `work` puts on the stream, without doing it; None if it cannot be recorded.

        Args:
            cuda: the GPU.
            stream: the work's.
            work: returns whether all went well.
        """
        graph, handle = c_void_p(), c_void_p()
        try:
            cuda.call('cuStreamBeginCapture_v2', stream.handle, _OF_THIS_THREAD)
            went_well = work()
            cuda.call('cuStreamEndCapture', stream.handle, byref(graph))
            if not went_well:
                return None
            cuda.call('cuGraphInstantiateWithFlags', byref(handle), graph, 0)
        except ModelError:
            return None
        finally:
            if graph:
                cuda.call('cuGraphDestroy', graph)
        return cls(cuda, handle)

    def __del__(self) -> None:
        """Give the graph back."""
        self._cuda.release('cuGraphExecDestroy', self._handle)

    def launch(self, stream: Stream) -> None:
        """Do the work once more."""
        self._cuda.call('cuGraphLaunch', self._handle, stream.handle)
