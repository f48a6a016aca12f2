"""Files in the cache folder: written whole or not at all, by one process at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import hashlib
import os
from pathlib import Path
import tempfile

from ros_vision_perception.core.errors import ConfigurationError

FOLDER_VARIABLE = 'ROS_VISION_PERCEPTION_CACHE'
_APPLICATION = 'ros_vision_perception'
# Hidden: nobody shall take a half-written file for one of the cache.
_PARTIAL = '.partial-'

Report = Callable[[str], object]


def cache_folder() -> Path:
    """Return the folder for models: $ROS_VISION_PERCEPTION_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_path  # needed once

    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else user_cache_path(_APPLICATION)


def sha256_of(file: Path) -> str | None:
    """Return the hexadecimal sha256 of a file; None where there is none."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write(file: Path, data: bytes) -> None:
    """Write a file so that others see all of it or nothing, even if this process is killed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(prefix=_PARTIAL, dir=file.parent, delete=False) as partial:
        try:
            partial.write(data)
            partial.flush()
            os.fsync(partial.fileno())
            os.chmod(partial.name, 0o644)
            os.replace(partial.name, file)
        except OSError:
            os.unlink(partial.name)
            raise


def remove_partial(root: Path) -> None:
    """Remove what killed processes left; only for who holds the cache folder."""
    for partial in root.rglob(f'{_PARTIAL}*'):
        partial.unlink()


def size_of(root: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in root.rglob('*') if file.is_file())


@contextmanager
def exclusive(root: Path, report: Report) -> Iterator[None]:
    """Hold the cache folder for this process alone; wait, and say so, while another holds it.

    Raises:
        ConfigurationError: when the folder cannot be written, also if that shows only inside.
    """
    from filelock import FileLock, Timeout  # needed only where something is missing

    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / '.lock')
        try:
            lock.acquire(timeout=0)
        except Timeout:
            report('waiting for another process that prepares models')
            lock.acquire()
        try:
            yield
        finally:
            lock.release()
    except OSError as error:
        raise ConfigurationError(
            f'cannot write the model cache {root} ({error.strerror or error}); '
            f'set {FOLDER_VARIABLE} to a folder that can be written and has room'
        ) from error
