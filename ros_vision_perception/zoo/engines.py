"""Engines built on this machine: built once, kept under all that they depend on.

<cache folder>/engines/<name>-<key>/engine.plan    as the runtime wrote it
<cache folder>/engines/<name>-<key>/facts.json     what it depends on, and its sha256
"""

from collections.abc import Callable, Mapping
import hashlib
import json
from pathlib import Path

from ros_vision_perception.zoo import cache

SUFFIXES = ('.engine', '.plan')
_ENGINE, _FACTS = 'engine.plan', 'facts.json'


class EngineCache:
    """The engines in a cache folder."""

    def __init__(self, root: Path, report: cache.Report) -> None:
        """Use the folder `root`, made when first written to; `report` is told what takes long."""
        self._cache, self._root = root, root / 'engines'
        self._report = report

    def folder(self, name: str, facts: Mapping[str, str]) -> Path:
        """Return where what depends on `facts` belongs; `name` is for people."""
        text = json.dumps(facts, sort_keys=True)
        return self._root / f'{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}'

    def find(self, name: str, facts: Mapping[str, str]) -> bytes | None:
        """Return the engine that was built under these facts; None when there is no whole one."""
        folder = self.folder(name, facts)
        try:
            plan = (folder / _ENGINE).read_bytes()
            kept = json.loads((folder / _FACTS).read_bytes())
        except (OSError, ValueError):
            return None
        return plan if kept == _with_sum(facts, plan) else None

    def ensure(self, name: str, facts: Mapping[str, str], build: Callable[[], bytes]) -> bytes:
        """Return the engine for these facts; build and keep it where there is no whole one.

        Processes that want the same engine wait for the one that builds it.

        Args:
            name: of the network.
            facts: all that the engine depends on.
            build: called without arguments when there is none.

        Raises:
            ConfigurationError: when the folder cannot be written.
        """
        plan = self.find(name, facts)  # without the lock, so that the folder may be read-only
        if plan is not None:
            return plan
        folder = self.folder(name, facts)
        with cache.exclusive(folder, self._report):
            plan = self.find(name, facts)  # another process may have been faster
            if plan is None:
                self._report(f'{name}: {self._reason(name, facts)}')
                plan = build()
                # Not while another process tidies up the whole cache.
                with cache.exclusive(self._cache, self._report):
                    cache.remove_partial(folder)
                    cache.write(folder / _ENGINE, plan)
                    cache.write(folder / _FACTS, json.dumps(_with_sum(facts, plan)).encode())
            return plan

    def discard(self, name: str, facts: Mapping[str, str]) -> None:
        """Forget an engine that turned out not to run."""
        with cache.exclusive(self.folder(name, facts), self._report):
            (self.folder(name, facts) / _FACTS).unlink(missing_ok=True)

    def _reason(self, name: str, facts: Mapping[str, str]) -> str:
        """Return why an engine is built: what tells the nearest one there is apart."""
        nearest: list[str] | None = None
        if (self.folder(name, facts) / _ENGINE).exists():
            return 'the engine in the cache is damaged; building it again'
        for path in sorted(self._root.glob(f'{name}-*/{_FACTS}')):
            try:
                kept = json.loads(path.read_bytes())
                differences = [
                    f'{key} {kept.get(key)}, now {value}'
                    for key, value in facts.items()
                    if kept.get(key) != value
                ]
            except (OSError, ValueError, AttributeError):
                continue
            if nearest is None or len(differences) < len(nearest):
                nearest = differences
        if nearest:
            return f'the engine in the cache is for {"; ".join(nearest)}; building another'
        return 'building an engine, once; it may take minutes'


def _with_sum(facts: Mapping[str, str], plan: bytes) -> dict[str, str]:
    return {**facts, 'sha256': hashlib.sha256(plan).hexdigest()}
