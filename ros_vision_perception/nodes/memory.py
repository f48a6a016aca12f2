"""Memory between frames, and after the models are gone."""

import ctypes
import gc


def settle() -> None:
    """Let what is there stay: the garbage collector need not look at it between frames."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Collect what is no longer used, and give free memory back to the system."""
    gc.unfreeze()
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, 'malloc_trim'):  # which other C libraries do not have
        libc.malloc_trim(0)
