"""What the tests of nodes need."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def ros(ros_domain: int) -> Iterator[Any]:
    """Return a `Ros` in a domain of its own."""
    from test.nodes.ros import Ros

    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the warnings that nodes log."""
    from rclpy.impl.rcutils_logger import RcutilsLogger

    lines: list[str] = []
    warn = RcutilsLogger.warning

    def note(self: RcutilsLogger, text: str, **options: Any) -> bool:
        lines.append(text)
        return warn(self, text, **options)

    monkeypatch.setattr(RcutilsLogger, 'warning', note)
    return lines
