"""What several folders of tests need."""

from collections.abc import Iterator
import fcntl
import os
from pathlib import Path
import tempfile
from typing import TextIO

import pytest

_ASSETS = Path(__file__).parents[2] / 'shared' / 'assets'
_DOMAINS = 101  # DDS domains 1 to 101 need no port of the range that Linux gives to clients.


@pytest.fixture(scope='session')
def assets() -> Path:
    """Return the folder of real photographs, videos, bags and networks, beside the checkout."""
    if not _ASSETS.is_dir():
        pytest.skip(f'needs the real data in {_ASSETS}')
    return _ASSETS


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Give the test a DDS domain that no other test on this machine uses meanwhile.

    Nodes made in the test, and processes it starts, see each other and nobody else.
    """
    pytest.importorskip('rclpy', reason='needs ROS 2')
    pytest.importorskip('ros_vision_perception.msg', reason='needs the built messages')
    domain, lock = _lock_domain()
    monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    with lock:
        yield domain


def _lock_domain() -> tuple[int, TextIO]:
    """Return a free domain and the open file that keeps it taken; the system frees it at exit."""
    for step in range(_DOMAINS):
        domain = 1 + (os.getpid() + step) % _DOMAINS
        try:
            file = open(Path(tempfile.gettempdir(), f'ros_domain_{domain}.lock'), 'w')  # noqa: SIM115
        except PermissionError:  # another user's
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        return domain, file
    raise RuntimeError(f'all {_DOMAINS} DDS domains of this machine are taken')
