"""A node in a process of its own, and what it tells about itself."""

from collections.abc import Callable
from pathlib import Path
import subprocess
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from ros_vision_perception.msg import HumanStateArray
from ros_vision_perception.nodes.conversions.stamps import stamp_from_header
from test.nodes.ros import Ros

# What the heap may keep of a few seconds in which nothing is to be kept.
_GROWTH_MB = 12.0


class NodeProcess:
    """A node in a process of its own, seen from outside.

    Attributes:
        process: the process.
        humans: its results so far.
        ages_s: per result, how old its stamp was when it came.
    """

    def __init__(self, ros: Ros, process: subprocess.Popen, name: str) -> None:
        """Wait for the node called `name` and listen to it."""
        self._ros, self._name, self.process = ros, name, process
        self._statuses: list[Any] = []
        self.humans: list[HumanStateArray] = []
        self.ages_s: list[float] = []
        ros.node.create_subscription(HumanStateArray, 'humans', self._hear, 100)
        ros.node.create_subscription(DiagnosticArray, '/diagnostics', self._hear_status, 100)
        self.until(lambda: self.values.get('state') == 'active', 'for the node to work')
        self._memory_mb = 0.0

    @property
    def status(self) -> Any:
        """What it told last."""
        return self._statuses[-1]

    @property
    def values(self) -> dict[str, str]:
        """The values that it told last."""
        if not self._statuses:
            return {}
        return {pair.key: pair.value for pair in self.status.values}

    @property
    def drops(self) -> dict[str, int]:
        """Cause -> number of frames, as told last."""
        told = self.values.items()
        return {
            key.removeprefix('dropped_'): int(value)
            for key, value in told
            if key.startswith('dropped_') and int(value)
        }

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait for a condition while the node lives."""

        def holds() -> Any:
            assert self.process.poll() is None, f'it ended with {self.process.returncode}'
            return condition()

        self._ros.until(holds, what)

    def until_level(self, level: bytes) -> None:
        """Wait until it is as well as this, with news from now on."""
        told = len(self._statuses)
        self.until(
            lambda: len(self._statuses) > told and self.status.level == level,
            f'for the level {level!r}',
        )

    def until_results(self, count: int) -> None:
        """Wait for so many more results."""
        before = len(self.humans)
        self.until(lambda: len(self.humans) >= before + count, f'for {count} results')

    def until_result_at(self, stamp_ns: int) -> None:
        """Wait for the result of an image."""
        self.until(
            lambda: self.humans and stamp_from_header(self.humans[-1].header) == stamp_ns,
            f'for the result at {stamp_ns} ns',
        )

    def remember_memory(self) -> None:
        """Let what it has now be what it may have."""
        self._memory_mb = self._own_memory_mb()

    def assert_well(self) -> None:
        """See that it lives, has no more memory, and that its counters add up in the end.

        Nothing may be under way.
        """
        told = len(self._statuses)
        self.until(lambda: len(self._statuses) > told + 1, 'for its counters')
        frames = {key: int(self.values[key]) for key in ('frames_in', 'frames_out')}
        assert frames['frames_in'] == frames['frames_out'] + sum(self.drops.values()), self.values
        assert frames['frames_out'] >= len(self.humans)
        assert self._own_memory_mb() < self._memory_mb + _GROWTH_MB

    def _own_memory_mb(self) -> float:
        lines = Path(f'/proc/{self.process.pid}/status').read_text().splitlines()
        told = {line.partition(':')[0]: line.split()[1] for line in lines if ' kB' in line}
        return (int(told['VmRSS']) - int(told['RssShmem'])) / 1024

    def _hear(self, message: HumanStateArray) -> None:
        self.humans.append(message)
        self.ages_s.append(time.time() - stamp_from_header(message.header) * 1e-9)

    def _hear_status(self, message: DiagnosticArray) -> None:
        self._statuses += [status for status in message.status if status.name == self._name]


OK, WARN, STALE = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.STALE
