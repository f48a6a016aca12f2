"""The NVIDIA driver without a GPU: memory of its own, streams that do nothing until waited for.

Names and arguments are those of the CUDA Driver API. It is as unforgiving as the real one: a
thread without a context gets error 201, a freed address 1.
"""

from collections.abc import Callable
import ctypes
import threading
from typing import Any

_SUCCESS, _INVALID_VALUE, _INVALID_CONTEXT, _CAPTURE_INVALIDATED = 0, 1, 201, 901
_CONTEXT = 0xC0

_Memory = dict[int, Any]  # address -> what is allocated there


class FakeDriver:
    """Stands for the library.

    Attributes:
        memory: address -> device memory that is allocated.
        pinned: likewise of the host.
        launches: how often a recorded graph was launched.
        can_record: whether a stream can be recorded.
    """

    def __init__(
        self, name: str = 'Orin', capability: tuple[int, int] = (8, 7), count: int = 1
    ) -> None:
        self.memory: dict[int, Any] = {}
        self.pinned: dict[int, Any] = {}
        self.launches = 0
        self.can_record = True
        self._name, self._capability, self._count = name.encode(), capability, count
        self._thread = threading.local()
        self._streams: dict[int, list[Callable[[], object]]] = {}
        self._graphs: dict[int, list[Callable[[], object]]] = {}
        self._recording: dict[int, list[Callable[[], object]]] = {}
        self._handles = iter(range(0x1000, 1 << 30, 16))

    def __getattr__(self, name: str) -> '_Function':
        if not name.startswith('cu'):
            raise AttributeError(name)
        function = _Function(getattr(self, '_' + name))
        setattr(self, name, function)
        return function

    def enqueue(self, stream: int, work: Callable[[], object]) -> None:
        """Put work on a stream, or into what is being recorded."""
        assert getattr(self._thread, 'context', None) == _CONTEXT, 'a thread without a context'
        self._recording.get(stream, self._streams[stream]).append(work)

    def is_recording(self, stream: int) -> bool:
        return stream in self._recording

    def flush(self, stream: int) -> None:
        """Do all that is on a stream."""
        todo, self._streams[stream] = self._streams[stream], []
        for work in todo:
            work()

    def check(self) -> int:
        return _SUCCESS if getattr(self._thread, 'context', 0) == _CONTEXT else _INVALID_CONTEXT

    def _cuInit(self, flags: Any) -> int:
        return _SUCCESS

    def _cuGetErrorString(self, status: int, text: Any) -> int:
        text._obj.value = {201: b'invalid device context'}.get(status, b'invalid argument')
        return _SUCCESS

    def _cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = self._count
        return _SUCCESS

    def _cuDeviceGet(self, device: Any, ordinal: int) -> int:
        device._obj.value = ordinal
        return _SUCCESS

    def _cuDeviceGetName(self, name: Any, length: int, device: Any) -> int:
        name.value = self._name
        return _SUCCESS

    def _cuDeviceGetAttribute(self, value: Any, attribute: int, device: Any) -> int:
        value._obj.value = self._capability[{75: 0, 76: 1}[attribute]]
        return _SUCCESS

    def _cuDevicePrimaryCtxRetain(self, context: Any, device: Any) -> int:
        context._obj.value = _CONTEXT
        return _SUCCESS

    def _cuCtxSetCurrent(self, context: Any) -> int:
        self._thread.context = _number(context)
        return _SUCCESS

    def _cuMemAlloc_v2(self, address: Any, size: int) -> int:
        return self.check() or _allocate(self.memory, address, size)

    def _cuMemFree_v2(self, address: Any) -> int:
        return self.check() or _free(self.memory, address)

    def _cuMemAllocHost_v2(self, address: Any, size: int) -> int:
        return self.check() or _allocate(self.pinned, address, size)

    def _cuMemFreeHost(self, address: Any) -> int:
        return self.check() or _free(self.pinned, address)

    def _cuMemcpyHtoDAsync_v2(self, target: Any, source: Any, size: int, stream: Any) -> int:
        return self._copy(_number(target), self.memory, _number(source), self.pinned, size, stream)

    def _cuMemcpyDtoHAsync_v2(self, target: Any, source: Any, size: int, stream: Any) -> int:
        return self._copy(_number(target), self.pinned, _number(source), self.memory, size, stream)

    def _copy(
        self, target: int, to: _Memory, source: int, of: _Memory, size: int, stream: Any
    ) -> int:
        if self.check():
            return self.check()
        if target not in to or source not in of:
            return _INVALID_VALUE
        if size > min(len(to[target]), len(of[source])):
            return _INVALID_VALUE
        self.enqueue(_number(stream), lambda: ctypes.memmove(target, source, size))
        return _SUCCESS

    def _cuStreamCreate(self, stream: Any, flags: int) -> int:
        stream._obj.value = next(self._handles)
        self._streams[stream._obj.value] = []
        return self.check()

    def _cuStreamSynchronize(self, stream: Any) -> int:
        self.flush(_number(stream))
        return self.check()

    def _cuStreamDestroy_v2(self, stream: Any) -> int:
        del self._streams[_number(stream)]
        return _SUCCESS

    def _cuStreamBeginCapture_v2(self, stream: Any, mode: int) -> int:
        self._recording[_number(stream)] = []
        return _SUCCESS

    def _cuStreamEndCapture(self, stream: Any, graph: Any) -> int:
        recorded = self._recording.pop(_number(stream))
        if not self.can_record:
            return _CAPTURE_INVALIDATED
        graph._obj.value = next(self._handles)
        self._graphs[graph._obj.value] = recorded
        return _SUCCESS

    def _cuGraphInstantiateWithFlags(self, executable: Any, graph: Any, flags: int) -> int:
        executable._obj.value = next(self._handles)
        self._graphs[executable._obj.value] = self._graphs[_number(graph)]
        return _SUCCESS

    def _cuGraphLaunch(self, executable: Any, stream: Any) -> int:
        self.launches += 1
        for work in self._graphs[_number(executable)]:
            self.enqueue(_number(stream), work)
        return _SUCCESS

    def _cuGraphDestroy(self, graph: Any) -> int:
        del self._graphs[_number(graph)]
        return _SUCCESS

    _cuGraphExecDestroy = _cuGraphDestroy


class _Function:
    """A function of the library, which knows its argument types."""

    argtypes: tuple[Any, ...] = ()

    def __init__(self, function: Callable[..., int]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> int:
        assert len(arguments) == len(self.argtypes)
        return self._function(*arguments)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else value.value or 0


def _allocate(memory: dict[int, Any], address: Any, size: int) -> int:
    # Filled with what nobody wrote: forgotten copies show.
    buffer = (ctypes.c_uint8 * size)(*([0x77] * min(size, 64)))
    address._obj.value = ctypes.addressof(buffer)
    memory[ctypes.addressof(buffer)] = buffer
    return _SUCCESS


def _free(memory: dict[int, Any], address: Any) -> int:
    return _INVALID_VALUE if memory.pop(_number(address), None) is None else _SUCCESS
