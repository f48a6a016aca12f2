"""What killed processes leave in shared memory.

A process that leaves Fast DDS removes its segments. One that was killed cannot, and a node that is
killed and started again would fill the shared memory of the machine, 64 MiB each time.
"""

import fcntl
import os
from pathlib import Path
import re
import time

# Fast DDS (SharedMemManager.hpp): a segment and, with `_el`, the file that its process keeps
# locked (flock) while it lives.
_SEGMENT = re.compile(r'fastdds_[0-9a-f]{16}')
# A segment and its lock are not made at once.
_NEW_S = 60.0


def remove_dead_segments(folder: Path = Path('/dev/shm')) -> int:
    """Remove the segments of Fast DDS whose processes have ended, as `fastdds shm clean` does.

    What belongs to other users, or is younger than a minute, stays.

    Returns:
        The number of segments removed.
    """
    if not folder.is_dir():
        return 0
    segments = [path for path in folder.iterdir() if _SEGMENT.fullmatch(path.name)]
    return sum(map(_removed_if_dead, segments))


def _removed_if_dead(segment: Path) -> bool:
    lock_path = segment.with_name(f'{segment.name}_el')
    try:
        if time.time() - segment.stat().st_ctime < _NEW_S:
            return False
        lock = os.open(lock_path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        segment.unlink()
        lock_path.unlink(missing_ok=True)
    except OSError:  # its process lives, or it is not ours
        return False
    finally:
        os.close(lock)
    return True
