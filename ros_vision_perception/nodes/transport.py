"""Large images between processes: settings of the middleware and of the allocator.

By default Fast DDS sends what is larger than its 512 KiB of shared memory as UDP fragments, and
glibc maps and page-faults the memory of each frame anew. Both cost more than the perception. The
settings of the process that publishes the images count, so camera drivers need them as well:
`environment()` is for whoever starts processes, `prepare()` for a process itself.
"""

from collections.abc import Mapping
import ctypes
from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import shutil

from ros_vision_perception.nodes.shared_memory import remove_dead_segments

PROFILES = Path(__file__).with_name('large_images.xml')
# The shared memory of one process, as the profile says.
SEGMENT_BYTES = 64 << 20

# What Fast DDS 3 reads, and Fast DDS 2. Version 3 still reads the old one too, with a warning.
_PROFILE_VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
# rclpy of ROS 2 Kilted, the first with Fast DDS 3.
_RCLPY_OF_FAST_DDS_3 = 9
_TRANSPORT_VARIABLE = 'FASTDDS_BUILTIN_TRANSPORTS'
# Fast DDS reads these from the working directory when they are there.
_PROFILE_FILES = ('DEFAULT_FASTDDS_PROFILES.xml', 'DEFAULT_FASTRTPS_PROFILES.xml')
_FAST_DDS = ('rmw_fastrtps_cpp', 'rmw_fastrtps_dynamic_cpp')

# malloc.h: parameter numbers of mallopt. Blocks up to 32 MiB (the most glibc allows) stay on the
# heap, which keeps up to 256 MiB that are free.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_ALLOCATOR = {
    'MALLOC_MMAP_THRESHOLD_': (_M_MMAP_THRESHOLD, 1 << 25),
    'MALLOC_TRIM_THRESHOLD_': (_M_TRIM_THRESHOLD, 1 << 28),
    'MALLOC_TOP_PAD_': (_M_TOP_PAD, 1 << 25),
}


def uses_fast_dds(chosen: Mapping[str, str]) -> bool:
    """Return whether the environment `chosen` selects Fast DDS, which is also the default."""
    return (chosen.get('RMW_IMPLEMENTATION') or _FAST_DDS[0]) in _FAST_DDS


def middleware_environment(chosen: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the variables that give Fast DDS room for large images.

    Args:
        chosen: the environment as it is; what the user chose in it stays.
        folder: the working directory of the process.
    """
    has_choice = any(chosen.get(name) for name in (*_PROFILE_VARIABLES, _TRANSPORT_VARIABLE))
    has_file = any((folder / name).is_file() for name in _PROFILE_FILES)
    if has_choice or has_file or not uses_fast_dds(chosen) or shared_memory_shortage():
        return {}
    return {_profile_variable(): str(PROFILES)}


def shared_memory_shortage(folder: Path = Path('/dev/shm')) -> str:
    """Return what is wrong and the cure when shared memory is too small, else ''."""
    free = shutil.disk_usage(folder).free if folder.is_dir() else 0
    # Without room for its segment Fast DDS gives up shared memory altogether.
    if free >= 2 * SEGMENT_BYTES:
        return ''
    return (
        f'{folder} has {free >> 20} MiB free, expected {2 * SEGMENT_BYTES >> 20}: large images '
        'are sent as UDP fragments; cure: docker run --shm-size=1g'
    )


def _profile_variable() -> str:
    try:
        major = int(version('rclpy').partition('.')[0])
    except PackageNotFoundError:
        major = _RCLPY_OF_FAST_DDS_3
    return _PROFILE_VARIABLES[major < _RCLPY_OF_FAST_DDS_3]


def allocator_environment(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make glibc keep the memory of frames, unless the user chose."""
    if any(name in chosen for name in (*_ALLOCATOR, 'GLIBC_TUNABLES')):
        return {}
    return {name: str(value) for name, (_, value) in _ALLOCATOR.items()}


def environment() -> dict[str, str]:
    """Return what to add to the environment of a process that sends or receives images.

    Empty where the user made a choice of their own; for launch files.
    """
    return middleware_environment(os.environ, Path.cwd()) | allocator_environment(os.environ)


def prepare() -> None:
    """Set up this process for large images. Call it before `rclpy.init`."""
    remove_dead_segments()
    os.environ.update(middleware_environment(os.environ, Path.cwd()))
    # glibc has read its environment long ago.
    if allocator_environment(os.environ):
        libc = ctypes.CDLL(None)
        for parameter, value in _ALLOCATOR.values():
            if hasattr(libc, 'mallopt'):  # which other C libraries do not have
                libc.mallopt(parameter, value)


def cure() -> str:
    """Return what to do about images that come late or not at all."""
    if not uses_fast_dds(os.environ):
        return 'Give the middleware larger buffers, or publish compressed images'
    return (
        'The settings of the publishing process count. Start the camera driver with '
        f'{_profile_variable()}={PROFILES}, or publish compressed images'
    )
